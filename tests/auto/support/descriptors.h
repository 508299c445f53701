// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtNetwork/QNetworkInformation>

#include <algorithm>
#ifdef Q_OS_UNIX
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#endif

// Whether this process may open so many. Most systems allow fewer at first, and more to those who ask.
inline bool allowDescriptors(int count)
{
#ifdef Q_OS_UNIX
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return false;
    if (limit.rlim_cur >= rlim_t(count))
        return true;
    limit.rlim_cur = rlim_t(count);
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
#else
    Q_UNUSED(count)
    return true;
#endif
}

#ifdef Q_OS_UNIX
// As long as it lives, this process gets no descriptor more than it has.
class NoNewDescriptors
{
public:
    NoNewDescriptors()
    {
        getrlimit(RLIMIT_NOFILE, &m_limit);
        const int next = fcntl(0, F_DUPFD, 0);
        ::close(next);
        const rlimit none{rlim_t(next), m_limit.rlim_max};
        m_isSet = setrlimit(RLIMIT_NOFILE, &none) == 0;
    }
    ~NoNewDescriptors() { setrlimit(RLIMIT_NOFILE, &m_limit); }
    bool isSet() const { return m_isSet; }

private:
    Q_DISABLE_COPY_MOVE(NoNewDescriptors)
    rlimit m_limit{};
    bool m_isSet = false;
};
#endif

// What Qt keeps open to hear of changes of the network, from the first pool's start on: it is to be there before anybody counts.
inline void openWhatStays()
{
    QNetworkInformation::loadBackendByFeatures(QNetworkInformation::Feature::Reachability);
}

// How many descriptors this process has open, where the system can tell; -1 elsewhere.
inline int openDescriptors()
{
    openWhatStays();
    const QDir directory(QStringLiteral("/proc/self/fd"));
    if (!directory.exists())
        return -1;
    return int(directory.entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot).size()) - 1; // its own
}

// The sockets among them: unlike event descriptors, Qt's own threads keep none of these.
inline int openSockets()
{
    openWhatStays();
#ifdef Q_OS_UNIX
    const QDir directory(QStringLiteral("/proc/self/fd"));
    if (!directory.exists())
        return -1;
    const QStringList names = directory.entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot);
    return int(std::count_if(names.begin(), names.end(), [&directory](const QString &name) {
        char target[8] = {};
        return readlink(QFile::encodeName(directory.filePath(name)).constData(), target, sizeof target - 1) > 0
                && qstrcmp(target, "socket:") == 0;
    }));
#else
    return -1;
#endif
}

// How many threads this process has, where the system can tell; -1 elsewhere.
inline int threadCount()
{
    openWhatStays();
    const QDir directory(QStringLiteral("/proc/self/task"));
    return directory.exists() ? int(directory.entryList(QDir::Dirs | QDir::NoDotAndDotDot).size()) : -1;
}

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QDir>
#include <QtCore/QElapsedTimer>
#include <QtCore/QFile>
#include <QtNetwork/QNetworkInformation>
#include <QtTest/QTest>

#include <algorithm>
#include <utility>
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
// As long as it lives, this process gets no descriptor more than it has, or only so many.
class NoNewDescriptors
{
public:
#ifdef __SANITIZE_ADDRESS__
    static constexpr int TooFew = 3; // with two of them UBSan looks at the types of objects, and an event loop needs more
#else
    static constexpr int TooFew = 0;
#endif
    explicit NoNewDescriptors(int butSoMany = 0)
    {
        getrlimit(RLIMIT_NOFILE, &m_limit);
        const int next = fcntl(0, F_DUPFD, 0);
        ::close(next);
        const rlimit few{rlim_t(next + butSoMany), m_limit.rlim_max};
        m_isSet = setrlimit(RLIMIT_NOFILE, &few) == 0;
    }
    ~NoNewDescriptors()
    {
        setrlimit(RLIMIT_NOFILE, &m_limit);
    }
    bool isSet() const
    {
        return m_isSet;
    }

private:
    Q_DISABLE_COPY_MOVE(NoNewDescriptors)
    rlimit m_limit{};
    bool m_isSet = false;
};
#endif

// The names of this process's descriptors, where the system can tell, and one more: of the folder in which they stand.
inline QStringList descriptorNames()
{
    return QDir(QStringLiteral("/proc/self/fd")).entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot);
}

// What Qt keeps open to hear of changes of the network, from the first pool's start on: it is to be there before anybody counts.
// Some of it comes late, from Qt's own threads and in the loop's next turns, so this waits until the number stands still.
inline void openWhatStays()
{
    static bool isOpen = false;
    if (std::exchange(isOpen, true)
        || !QNetworkInformation::loadBackendByFeatures(QNetworkInformation::Feature::Reachability))
        return;
    QElapsedTimer still;
    still.start();
    for (qsizetype count = descriptorNames().size(); !still.hasExpired(200);) {
        QTest::qWait(10);
        if (std::exchange(count, descriptorNames().size()) != count)
            still.restart();
    }
}

// How many descriptors this process has open, where the system can tell; -1 elsewhere.
inline int openDescriptors()
{
    openWhatStays();
    return int(descriptorNames().size()) - 1;
}

// The sockets among them: unlike event descriptors, Qt's own threads keep none of these. -1 where the system cannot tell.
inline int openSockets()
{
    openWhatStays();
#ifdef Q_OS_UNIX
    const QStringList names = descriptorNames();
    if (names.isEmpty())
        return -1;
    return int(std::count_if(names.begin(), names.end(), [](const QString &name) {
        char target[8] = {};
        return readlink(QFile::encodeName(QStringLiteral("/proc/self/fd/") + name).constData(), target, sizeof target - 1)
                > 0
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

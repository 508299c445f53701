// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "system/inbox.h"

#include <QtNetwork/qhostaddress.h>
#include <QtNetwork/qhostinfo.h>

#include <chrono>
#include <memory>
#include <optional>
#include <set>

namespace QNetPool {

// Looks up the name that all dials of a plan need: once for those that need it at the same time, and again as soon as the
// addresses do not serve any more. (Qt's own cache, behind QHostInfo::lookupHost(), holds them for a minute.)
//
// Lookups happen in threads that nobody waits for: whoever asked may leave at any time, and the program may end, while a name
// service is silent. Any thread may call it.
class Resolver final : public std::enable_shared_from_this<Resolver>
{
public:
    struct Answer
    {
        QList<QHostAddress> addresses;
        QString error; // if there are none
    };
    using Asker = Inbox<std::pair<quint64, Answer>>;
    using Lookup = std::function<QHostInfo(const QString &host)>; // may block; must not throw

    // How long an answer is good for, while connects succeed: a burst of dials costs one lookup, and a change in the name
    // service is followed within seconds.
    static constexpr std::chrono::milliseconds Lifetime{5000};

    explicit Resolver(QString host, Lookup lookup = &QHostInfo::fromName, std::chrono::milliseconds lifetime = Lifetime);

    // The answer that is known; nothing: the asker will get it, under this number, unless it leaves.
    std::optional<Answer> ask(Asker *asker, quint64 number);
    void cancel(Asker *asker, quint64 number);
    void forget(); // the answer did not serve: the next who asks gets a new one

private:
    using Clock = std::chrono::steady_clock;

    void lookUp();
    void finish(const Answer &answer);

    const QString m_host;
    const Lookup m_lookup;
    const std::chrono::milliseconds m_lifetime;
    std::mutex m_mutex; // guards the following
    std::set<std::pair<Asker *, quint64>> m_waiting;
    bool m_isLookingUp = false;
    bool m_isToBeKept = false; // what is being looked up
    QList<QHostAddress> m_known;
    Clock::time_point m_knownUntil;
};

} // namespace QNetPool

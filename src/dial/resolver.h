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

// Looks up the host name for all dials of a plan: once for simultaneous dials, and again as soon as the addresses do not
// work any more. (Qt's cache behind QHostInfo::lookupHost() keeps them for a minute.)
//
// Lookups run in threads that nothing waits for: a request may be cancelled and the program may end while a name service
// does not answer. Each pool has a few of its own, as a name that is not answered must not delay another pool's. Any thread
// may call it.
class Resolver final : public std::enable_shared_from_this<Resolver>
{
public:
    struct Answer
    {
        QList<QHostAddress> addresses;
        QString error; // if there are none
        bool isExhausted = false; // for want of a descriptor
    };
    using Asker = Inbox<std::pair<quint64, Answer>>;
    using Lookup = std::function<QHostInfo(const QString &host)>; // may block; must not throw

    // How long an answer is used while connects succeed: a burst of dials costs one lookup, and a change in the name service
    // is noticed within seconds.
    static constexpr std::chrono::milliseconds Lifetime{5000};

    explicit Resolver(QString host, Lookup lookup = &QHostInfo::fromName, std::chrono::milliseconds lifetime = Lifetime);

    // Of the pool's next plan: with the same threads, and for the same host itself, so that there is one lookup at a time.
    // What it knows is forgotten.
    std::shared_ptr<Resolver> next(const QString &host);

    // Returns a known answer; if nothing, the asker gets it later, with this number, unless it cancels.
    std::optional<Answer> ask(Asker *asker, quint64 number);
    void cancel(Asker *asker, quint64 number);
    void forget(); // the addresses did not work: the next ask() looks them up again

private:
    using Clock = std::chrono::steady_clock;
    class Threads;

    Resolver(QString host, Lookup lookup, std::chrono::milliseconds lifetime, std::shared_ptr<Threads> threads);
    void lookUp();
    void finish(const Answer &answer);

    const QString m_host;
    const Lookup m_lookup;
    const std::chrono::milliseconds m_lifetime;
    const std::shared_ptr<Threads> m_threads; // of the pool
    std::mutex m_mutex; // guards the following
    std::set<std::pair<Asker *, quint64>> m_waiting;
    bool m_isLookingUp = false;
    bool m_isToBeKept = false; // the answer to the running lookup
    QList<QHostAddress> m_known;
    Clock::time_point m_knownUntil;
};

} // namespace QNetPool

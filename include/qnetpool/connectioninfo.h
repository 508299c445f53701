// SPDX-License-Identifier: BSD-3-Clause
#ifndef QNETPOOL_CONNECTIONINFO_H
#define QNETPOOL_CONNECTIONINFO_H

#include <qnetpool/connectionid.h>

#include <chrono>

namespace QNetPool {

class QNETPOOL_EXPORT ConnectionInfo
{
    Q_GADGET
    Q_PROPERTY(QNetPool::ConnectionId id MEMBER id)
    Q_PROPERTY(QNetPool::ConnectionInfo::State state MEMBER state)
    Q_PROPERTY(std::chrono::milliseconds age MEMBER age)
    Q_PROPERTY(std::chrono::milliseconds timeInState MEMBER timeInState)

public:
    enum class State {
        Pending, // being set up: connect, TLS, ID
        Idle, // in the stock
        Checking, // waiting for or with the validator or the resetter
        Leased, // out with the application
        Unclaimed, // closed by the peer after it sent bytes; only take(id) still returns it
    };
    Q_ENUM(State)

    ConnectionId id; // null while it is pending and has none yet
    State state = State::Pending;
    std::chrono::milliseconds age{}; // since its setup began, or since put()
    std::chrono::milliseconds timeInState{}; // since the state began

    friend bool operator==(const ConnectionInfo &a, const ConnectionInfo &b) noexcept
    {
        return a.id == b.id && a.state == b.state && a.age == b.age && a.timeInState == b.timeInState;
    }
    friend bool operator!=(const ConnectionInfo &a, const ConnectionInfo &b) noexcept { return !(a == b); }
};

} // namespace QNetPool

Q_DECLARE_METATYPE(QNetPool::ConnectionInfo)

#endif

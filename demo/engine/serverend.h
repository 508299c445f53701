// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "announcer.h"
#include "end.h"
#include "fault.h"

#include <set>

namespace Demo {

class Echo;

// In ConnectionMode::Multi it begins the exchanges: it takes any connection, announces its ID and asks. In
// ConnectionMode::Single it takes every connection that arrives and answers on it for as long as the client stays.
class ServerEnd final : public End
{
    Q_OBJECT

public:
    explicit ServerEnd(const Settings &settings);
    ~ServerEnd() override;

    bool start(); // false after trouble()
    Endpoint dataEndpoint() const { return m_data; }
    Endpoint controlEndpoint() const { return m_announcer.endpoint(); }

    bool configure(const QNetPool::ServerPool::Configuration &configuration); // false after trouble()
    void setFault(Fault fault, bool isThere);
    void drop(double share); // of the idle connections, rounded up

    QNetPool::Pool &pool() override { return m_pool; }
    bool canBegin() const override;
    void begin() override;

private:
    void serve(QNetPool::ConnectionId id);
    QList<Echo *> echoes() const;
    QList<Echo *> restingEchoes() const; // whose client has the connection idle

    QNetPool::ServerPool::Configuration withFaults() const;

    QNetPool::ServerPool::Configuration m_requested; // without the faults
    std::set<Fault> m_faults;
    Endpoint m_data; // also while nobody listens there
    QNetPool::ServerPool m_pool;
    Announcer m_announcer;
};

} // namespace Demo

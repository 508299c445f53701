// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "announcer.h"
#include "end.h"

namespace Demo {

// In ConnectionMode::Multi it begins the exchanges: it takes any connection, announces its ID and asks. In
// ConnectionMode::Single it takes every connection that arrives and answers on it for as long as the client stays.
class ServerEnd final : public End
{
    Q_OBJECT

public:
    explicit ServerEnd(const Settings &settings);
    ~ServerEnd() override;

    bool start(); // false after trouble()
    Endpoint dataEndpoint() const;
    Endpoint controlEndpoint() const { return m_announcer.endpoint(); }

    QNetPool::Pool &pool() override { return m_pool; }
    bool canBegin() const override { return m_announcer.hasListeners(); }
    void begin() override;

private:
    void serve(QNetPool::ConnectionId id);

    QNetPool::ServerPool m_pool;
    Announcer m_announcer;
};

} // namespace Demo

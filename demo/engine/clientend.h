// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "end.h"
#include "idfeed.h"

namespace Demo {

// In ConnectionMode::Multi it takes the connections whose IDs it is told, and answers one message on each. In
// ConnectionMode::Single it begins the exchanges: it takes any connection and asks.
class ClientEnd final : public End
{
    Q_OBJECT

public:
    explicit ClientEnd(const Settings &settings);
    ~ClientEnd() override;

    bool start(const Endpoint &data, const Endpoint &control); // false after trouble()

    // As it is, but for the peer, and what the demo's protocol is. False after trouble().
    bool configure(QNetPool::ClientPool::Configuration configuration);

    QNetPool::Pool &pool() override { return m_pool; }
    bool canBegin() const override;
    void begin() override;
    void stop() override;
    bool isSettled() const override;

private:
    void answer(QNetPool::ConnectionId id);

    QNetPool::ClientPool m_pool;
    IdFeed m_feed;
    Endpoint m_data;
};

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#include "clientend.h"

#include "answerer.h"
#include "asker.h"

using namespace QNetPool;

namespace Demo {

ClientEnd::ClientEnd(const Settings &settings) : End(settings), m_pool(settings.client)
{
    forwardErrors();
    connect(&m_feed, &IdFeed::announced, this, &ClientEnd::answer);
    connect(&m_feed, &IdFeed::closed, this, [this] {
        if (isSettled())
            Q_EMIT settled();
    });
    connect(&m_feed, &IdFeed::trouble, this, &End::trouble);
}

ClientEnd::~ClientEnd()
{
    m_pool.close(); // waiters fail while this object can still hear of it
}

bool ClientEnd::start(const Endpoint &data, const Endpoint &control)
{
    m_data = data;
    if (!configure(m_settings.client) || !m_pool.start())
        return false;
    if (m_settings.isMulti())
        m_feed.start(control);
    return true;
}

bool ClientEnd::configure(ClientPool::Configuration configuration)
{
    configuration.host = m_data.host;
    configuration.port = m_data.port;
    configuration.dropUnexpectedBytes = !m_settings.isMulti(); // the server speaks only when it is asked
    return m_pool.setConfiguration(configuration);
}

bool ClientEnd::canBegin() const
{
    // The pool dials for each waiter: waiters during the first fill would make it dial far too many.
    return !m_settings.isMulti() && m_pool.state() != Pool::State::Starting;
}

void ClientEnd::begin()
{
    const QDeadlineTimer deadline = newDeadline();
    exchange({}, deadline, [this, deadline](Connection connection) {
        return new Asker(std::move(connection), m_load.isUsedOnce, deadline, this);
    });
}

void ClientEnd::answer(ConnectionId id)
{
    const QDeadlineTimer deadline = newDeadline();
    const auto isSurplus = [this] {
        return m_load.isUsedOnce || m_pool.idleCount() >= m_pool.configuration().sizing.maximumCapacity;
    };
    exchange(id, deadline, [this, isSurplus, deadline](Connection connection) {
        return new Answerer(std::move(connection), m_load.hold, isSurplus, deadline, this);
    });
}

void ClientEnd::stop()
{
    m_feed.leave();
}

bool ClientEnd::isSettled() const
{
    return End::isSettled() && (!m_settings.isMulti() || m_feed.isClosed());
}

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#include "serverend.h"

#include "asker.h"
#include "echo.h"

using namespace QNetPool;

namespace Demo {

static ServerPool::Configuration configurationOf(const Settings &settings)
{
    ServerPool::Configuration configuration;
    configuration.connectionMode = settings.connectionMode;
    configuration.sslConfiguration = settings.serverTls;
    return configuration;
}

ServerEnd::ServerEnd(const Settings &settings) : End(settings), m_pool(configurationOf(settings))
{
    forwardErrors();
    // A client that leaves hears of every exchange that was begun, so that none is left half done.
    connect(this, &End::settled, &m_announcer, &Announcer::release);
    connect(&m_announcer, &Announcer::leaving, this, [this] {
        if (isSettled())
            m_announcer.release();
    });
    if (!settings.isMulti())
        connect(&m_pool, &Pool::connectionAvailable, this, &ServerEnd::serve);
}

ServerEnd::~ServerEnd()
{
    m_pool.close(); // those who wait fail, and tell so to an object that is still whole
}

bool ServerEnd::start()
{
    if (!m_pool.listen(QHostAddress(m_settings.data.host), m_settings.data.port))
        return false;
    if (!m_settings.isMulti() || m_announcer.listen(m_settings.control))
        return true;
    Q_EMIT trouble(m_announcer.problem());
    return false;
}

Endpoint ServerEnd::dataEndpoint() const
{
    return {m_pool.serverAddress().toString(), m_pool.serverPort()};
}

void ServerEnd::begin()
{
    const QDeadlineTimer deadline = newDeadline();
    exchange({}, deadline, [this, deadline](Connection connection) {
        m_announcer.announce(connection.id());
        return new Asker(std::move(connection), deadline, this);
    });
}

void ServerEnd::serve(ConnectionId id)
{
    Connection connection = m_pool.take(id);
    if (!connection)
        return; // gone again already
    auto *echo = new Echo(std::move(connection), m_load, this);
    observe(echo);
    connect(echo, &Echo::answered, this, [this](ConnectionId served) {
        m_meter.exchanged(served);
        m_meter.concluded(true);
    });
    connect(echo, &Echo::finished, this, [this](const QString &problem) {
        if (problem.isEmpty())
            return;
        Q_EMIT trouble(problem);
        m_meter.concluded(false);
    });
    echo->start();
}

} // namespace Demo

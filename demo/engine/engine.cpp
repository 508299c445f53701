// SPDX-License-Identifier: BSD-3-Clause
#include "engine.h"

using namespace QNetPool;
using namespace std::chrono_literals;

namespace Demo {

Engine::Engine(const Settings &settings, QObject *parent) : QObject(parent), m_settings(settings), m_pacer(settings.rate)
{
    if (settings.hasServer())
        adopt(*(m_server = std::make_unique<ServerEnd>(settings)), QStringLiteral("server"));
    if (settings.hasClient())
        adopt(*(m_client = std::make_unique<ClientEnd>(settings)), QStringLiteral("client"));

    End *server = m_server.get();
    End *client = m_client.get();
    m_beginner = settings.isMulti() ? server : client;
    m_counting = m_beginner ? m_beginner : server ? server : client;
    connect(m_counting, &End::concluded, this, [this](bool isGood) { ++(isGood ? m_exchanges : m_failed); });

    m_pace.setTimerType(Qt::PreciseTimer);
    connect(&m_pace, &QTimer::timeout, this, &Engine::keepPace);
    m_patience.setSingleShot(true);
    connect(&m_patience, &QTimer::timeout, this, &Engine::stopped);
}

Engine::~Engine()
{
    // Exchanges that the end of a pool cuts off are not failures of anything.
    if (m_server)
        m_server->disconnect(this);
    if (m_client)
        m_client->disconnect(this);
}

void Engine::adopt(End &end, const QString &name)
{
    connect(&end, &End::settled, this, &Engine::finishOnceSettled);
    connect(&end, &End::trouble, this,
            [this, name](const QString &message) { Q_EMIT trouble(QStringLiteral("%1: %2").arg(name, message)); });
}

bool Engine::start()
{
    if (m_server && !m_server->start())
        return false;
    if (m_client
        && !m_client->start(m_server ? dataEndpoint() : m_settings.data, m_server ? controlEndpoint() : m_settings.control))
        return false;
    if (m_beginner && m_settings.rate > 0) {
        m_clock.start();
        m_pace.start(m_pacer.pause());
    }
    return true;
}

void Engine::keepPace()
{
    const std::chrono::nanoseconds now(m_clock.nsecsElapsed());
    const int due = m_pacer.due(now - std::exchange(m_paced, now));
    for (int i = 0; i < due && m_beginner->canBegin() && m_beginner->inFlight() < m_settings.maximumInFlight; ++i)
        m_beginner->begin();
}

void Engine::stop()
{
    if (std::exchange(m_isStopping, true))
        return;
    m_pace.stop();
    if (m_server)
        m_server->stop();
    if (m_client)
        m_client->stop();
    m_patience.start(m_settings.exchangeTimeout + 1s);
    finishOnceSettled();
}

void Engine::finishOnceSettled()
{
    if (!m_isStopping || (m_server && !m_server->isSettled()) || (m_client && !m_client->isSettled()))
        return;
    // Not at once: the last connection goes back into its pool when the event that ended its exchange is over.
    m_patience.start(0);
}

Snapshot Engine::snapshot() const
{
    Snapshot now;
    for (End *end : {static_cast<End *>(m_server.get()), static_cast<End *>(m_client.get())}) {
        if (!end)
            continue;
        now.state = end->pool().state();
        now.pool = end->pool().statistics();
        now.interval = end->pool().interval();
        now.errors += now.pool.errors;
    }
    now.exchanges = m_exchanges;
    now.failed = m_failed;
    return now;
}

Endpoint Engine::dataEndpoint() const
{
    return m_server ? m_server->dataEndpoint() : Endpoint();
}

Endpoint Engine::controlEndpoint() const
{
    return m_server ? m_server->controlEndpoint() : Endpoint();
}

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#include "engine.h"

using namespace QNetPool;
using namespace std::chrono_literals;

namespace Demo {

template<typename Visitor> void Engine::forEachEnd(Visitor visit) const
{
    if (m_server)
        visit(*m_server);
    if (m_client)
        visit(*m_client);
}

Engine::Engine(const Settings &settings, QObject *parent)
    : QObject(parent), m_settings(settings), m_pacer(settings.load.rate)
{
    if (settings.hasServer())
        adopt(*(m_server = std::make_unique<ServerEnd>(settings)), QStringLiteral("server"));
    if (settings.hasClient())
        adopt(*(m_client = std::make_unique<ClientEnd>(settings)), QStringLiteral("client"));

    End *server = m_server.get();
    End *client = m_client.get();
    m_beginner = settings.isMulti() ? server : client;
    m_counting = m_beginner ? m_beginner : server ? server : client;

    m_pace.setTimerType(Qt::PreciseTimer);
    connect(&m_pace, &QTimer::timeout, this, &Engine::keepPace);
    connect(&m_housekeeping, &QTimer::timeout, this, &Engine::forgetTheGone);
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
    m_clock.start();
    m_housekeeping.start(1s);
    setLoad(m_settings.load);
    return true;
}

void Engine::forgetTheGone()
{
    forEachEnd([](End &end) {
        QSet<ConnectionId> present;
        const QList<ConnectionInfo> connections = end.pool().connections();
        for (const ConnectionInfo &connection : connections)
            present << connection.id;
        end.meter().forgetAllBut(present);
    });
}

void Engine::setLoad(const Load &load)
{
    forEachEnd([&load](End &end) { end.setLoad(load); });
    m_pacer = Pacer(load.rate);
    m_paced = std::chrono::nanoseconds(m_clock.nsecsElapsed());
    if (m_beginner && load.rate > 0 && !m_isStopping)
        m_pace.start(m_pacer.pause());
    else
        m_pace.stop();
}

void Engine::begin(int count)
{
    for (int i = 0; m_beginner && i < count && m_beginner->canBegin() && m_beginner->inFlight() < m_settings.maximumInFlight;
         ++i)
        m_beginner->begin();
}

void Engine::keepPace()
{
    const std::chrono::nanoseconds now(m_clock.nsecsElapsed());
    begin(m_pacer.due(now - std::exchange(m_paced, now)));
}

void Engine::stop()
{
    if (std::exchange(m_isStopping, true))
        return;
    m_pace.stop();
    forEachEnd([](End &end) { end.stop(); });
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
    forEachEnd([&now](End &end) { // the client comes last
        now.state = end.pool().state();
        now.pool = end.pool().statistics();
        now.interval = end.pool().interval();
        now.errors += now.pool.errors;
    });
    now.exchanges = m_counting->meter().exchanges();
    now.failed = m_counting->meter().failed();
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

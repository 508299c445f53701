// SPDX-License-Identifier: BSD-3-Clause
#include "engine.h"

#include "idtext.h"

#include <QtCore/QMetaEnum>

using namespace QNetPool;
using namespace std::chrono_literals;

namespace Demo {

Engine::Engine(const Settings &settings, Role role) : m_settings(settings), m_pacer(settings.load.rate)
{
    if (role == Role::Server)
        m_end.reset(m_server = new ServerEnd(settings));
    else
        m_end.reset(m_client = new ClientEnd(settings));
    connect(m_end.get(), &End::settled, this, &Engine::finishOnceSettled);
    connect(m_end.get(), &End::trouble, this,
            [this](const QString &message) { m_chronicle.write(Note::Kind::Error, message); });
    observe(m_end->pool());

    m_pace.setTimerType(Qt::PreciseTimer);
    connect(&m_pace, &QTimer::timeout, this, &Engine::keepPace);
    connect(&m_housekeeping, &QTimer::timeout, this, &Engine::dropClosedTraffic);
    m_stopTimeout.setSingleShot(true);
    connect(&m_stopTimeout, &QTimer::timeout, this, [this] {
        if (!std::exchange(m_hasStopped, true)) // what settles later changes nothing
            Q_EMIT stopped();
    });
}

Engine::~Engine()
{
    m_end->disconnect(this); // exchanges that the end of a pool cuts off are not failures of anything
}

void Engine::observe(Pool &pool)
{
    connect(&pool, &Pool::stateChanged, this, [this](Pool::State state) {
        m_chronicle.write(Note::Kind::State, QLatin1String(QMetaEnum::fromType<Pool::State>().valueToKey(int(state))));
    });
    connect(&pool, &Pool::capacityChanged, this,
            [this](int capacity) { m_chronicle.write(Note::Kind::Sizing, tr("capacity %1").arg(capacity)); });
    connect(&pool, &Pool::intervalChanged, this, [this](std::chrono::milliseconds interval) {
        m_chronicle.write(Note::Kind::Sizing, tr("interval %1 ms").arg(interval.count()));
    });
    connect(&pool, &Pool::connectionLost, this,
            [this](ConnectionId id) { m_chronicle.write(Note::Kind::Connection, tr("%1 was lost").arg(idText(id)), id); });
    connect(&pool, &Pool::connectionClosed, this, [this](ConnectionId id, Pool::CloseReason reason) {
        if (reason == Pool::CloseReason::DiedIdle)
            return; // it was lost, as has been said
        const QLatin1String why(QMetaEnum::fromType<Pool::CloseReason>().valueToKey(int(reason)));
        m_chronicle.write(Note::Kind::Connection, tr("%1 was closed: %2").arg(idText(id), why), id);
    });
}

bool Engine::start()
{
    if (m_server ? !m_server->start() : !m_client->start(m_settings.data, m_settings.control))
        return false;
    m_clock.start();
    m_housekeeping.start(1s);
    setLoad(m_settings.load);
    return true;
}

void Engine::setLoad(const Load &load)
{
    m_end->setLoad(load);
    m_pacer = Pacer(load.rate);
    m_paced = std::chrono::nanoseconds(m_clock.nsecsElapsed());
    if (load.rate > 0 && !m_isStopping)
        m_pace.start(m_pacer.pause());
    else
        m_pace.stop();
}

void Engine::begin(int count)
{
    for (int i = 0; i < count && !m_isStopping && m_end->canBegin() && m_end->inFlight() < m_settings.maximumInFlight; ++i)
        m_end->begin();
}

void Engine::keepPace()
{
    const std::chrono::nanoseconds now(m_clock.nsecsElapsed());
    begin(m_pacer.due(now - std::exchange(m_paced, now)));
}

void Engine::dropClosedTraffic()
{
    QSet<ConnectionId> present;
    const QList<ConnectionInfo> connections = m_end->pool().connections();
    for (const ConnectionInfo &connection : connections)
        present << connection.id;
    m_end->meter().keepOnly(present);
}

void Engine::stop()
{
    if (std::exchange(m_isStopping, true))
        return;
    m_pace.stop();
    m_end->stop();
    m_stopTimeout.start(m_settings.exchangeTimeout + 1s);
    finishOnceSettled();
}

void Engine::finishOnceSettled()
{
    // Not at once: the last connection goes back into its pool when the event that ended its exchange is over.
    if (m_isStopping && m_end->isSettled())
        m_stopTimeout.start(0);
}

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#include "serverend.h"

#include "asker.h"
#include "credentials.h"
#include "echo.h"

#include <algorithm>
#include <cmath>

using namespace QNetPool;

namespace Demo {

ServerEnd::ServerEnd(const Settings &settings) : End(settings), m_requested(settings.server), m_pool(settings.server)
{
    forwardErrors();
    // A client that leaves is told of every exchange that has begun, so that none is left half done.
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
    m_pool.close(); // waiters fail while this object can still hear of it
}

bool ServerEnd::start()
{
    if (!m_pool.listen(QHostAddress(m_settings.data.host), m_settings.data.port))
        return false;
    m_data = {m_pool.serverAddress().toString(), m_pool.serverPort()};
    if (!m_settings.isMulti() || m_announcer.listen(m_settings.control))
        return true;
    Q_EMIT trouble(m_announcer.problem());
    return false;
}

bool ServerEnd::canBegin() const
{
    return m_announcer.hasListeners() && m_pool.state() == Pool::State::Ready;
}

bool ServerEnd::configure(const ServerPool::Configuration &configuration)
{
    m_requested = configuration;
    return m_pool.setConfiguration(withFaults());
}

ServerPool::Configuration ServerEnd::withFaults() const
{
    ServerPool::Configuration configuration = m_requested;
    if (m_faults.contains(Fault::PeerRefused))
        configuration.allowedPeers = QStringList{QStringLiteral("192.0.2.1")}; // reserved for documentation
    if (m_faults.contains(Fault::CertificateExpired)) {
        configuration.tls.enabled = true;
        configuration.tls.configuration = showingExpired();
    }
    return configuration;
}

static void hangUp(const QList<Echo *> &echoes)
{
    for (Echo *echo : echoes)
        echo->hangUp();
}

static qsizetype shareOf(qsizetype count, double share)
{
    return std::min(count, qsizetype(std::ceil(share * double(count))));
}

void ServerEnd::setFault(Fault fault, bool isThere)
{
    if (m_faults.contains(fault) == isThere)
        return;
    if (isThere)
        m_faults.insert(fault);
    else
        m_faults.erase(fault);
    if (fault == Fault::Stopped) {
        if (!isThere) {
            m_pool.listen(QHostAddress(m_data.host), m_data.port);
            return;
        }
        m_pool.close();
        hangUp(echoes());
        return;
    }
    m_pool.setConfiguration(withFaults());
    if (!isThere)
        return;
    m_pool.flush();
    hangUp(restingEchoes());
}

void ServerEnd::drop(double share)
{
    QList<ConnectionId> idle;
    const QList<ConnectionInfo> connections = m_pool.connections();
    for (const ConnectionInfo &connection : connections) {
        if (connection.state == ConnectionInfo::State::Idle)
            idle << connection.id;
    }
    for (const ConnectionId id : idle.first(shareOf(idle.size(), share)))
        m_pool.take(id).discard();
    const QList<Echo *> resting = restingEchoes();
    hangUp(resting.first(shareOf(resting.size(), share)));
}

QList<Echo *> ServerEnd::echoes() const
{
    return findChildren<Echo *>(Qt::FindDirectChildrenOnly);
}

QList<Echo *> ServerEnd::restingEchoes() const
{
    QList<Echo *> resting = echoes();
    resting.removeIf([](const Echo *echo) { return echo->isAnswering(); });
    return resting;
}

void ServerEnd::begin()
{
    const QDeadlineTimer deadline = newDeadline();
    exchange({}, deadline, [this, deadline](Connection connection) {
        m_announcer.announce(connection.id());
        return new Asker(std::move(connection), false, deadline, this); // the client says goodbye if it is to be closed
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

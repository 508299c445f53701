// SPDX-License-Identifier: BSD-3-Clause
// Both ends of a pool, as the benchmarks set them up.
#pragma once

#include "../../auto/support/certificates.h"
#include "compare.h"
#include "otherend.h"

#include <QNetPool/ClientPool>
#include <QNetPool/ServerPool>

#include <QtCore/QElapsedTimer>
#include <QtCore/QEventLoop>
#include <QtCore/QTimer>

using namespace QNetPool;

enum class Transport { Tcp, Tls };

inline QString nameOf(Transport transport)
{
    return transport == Transport::Tls ? QStringLiteral("TLS") : QStringLiteral("TCP");
}

// Turns the event loop until the condition holds; fatal if it does not within a minute. It sleeps in between: with a time
// limit, processEvents() would not, and would take a core from those that are measured.
template<typename Condition> void turnUntil(Condition condition, const char *what)
{
    QTimer alarm;
    alarm.start(100);
    QElapsedTimer timer;
    timer.start();
    while (!condition()) {
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
        if (timer.hasExpired(60000))
            qFatal("this did not happen within a minute: %s", what);
    }
}

inline ServerPool::Configuration serverFor(Transport transport, ConnectionMode mode = ConnectionMode::Multi)
{
    ServerPool::Configuration configuration;
    configuration.connectionMode = mode;
    if (transport == Transport::Tls)
        configuration.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    return configuration;
}

inline ClientPool::Configuration clientFor(Transport transport, quint16 port, int capacity,
                                           ConnectionMode mode = ConnectionMode::Multi)
{
    ClientPool::Configuration configuration;
    configuration.host = QStringLiteral("127.0.0.1");
    configuration.port = port;
    configuration.connectionMode = mode;
    configuration.sizing.minimumCapacity = configuration.sizing.maximumCapacity = capacity;
    configuration.sizing.minimumInterval = configuration.sizing.maximumInterval = 1h; // one fill, and quiet after that
    if (transport == Transport::Tls)
        configuration.tls.mode = TlsMode::SelfSigned;
    return configuration;
}

// In a process of its own: a server pool that keeps what it accepts until the parent ends.
inline int servePool(QCoreApplication &application, Transport transport, ConnectionMode mode)
{
    ServerPool server(serverFor(transport, mode));
    if (!server.listen(QHostAddress::LocalHost))
        qFatal("cannot listen");
    tell(QByteArray::number(server.serverPort()));
    answerParent(application);
    return application.exec();
}

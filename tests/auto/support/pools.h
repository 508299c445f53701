// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "certificates.h"
#include "patience.h"

#include <QNetPool/ClientPool>
#include <QNetPool/PoolException>
#include <QNetPool/ServerPool>

#include <QtNetwork/QTcpServer>
#include <QtNetwork/QTcpSocket>
#include <QtTest/QSignalSpy>
#include <QtTest/QTest>

using namespace QNetPool;
using namespace std::chrono_literals;

namespace QTest {
template<> inline char *toString(const ConnectionId &id)
{
    return toString(id.toString());
}
} // namespace QTest

// A client's configuration for a server on loopback, fast enough for tests.
inline ClientPool::Configuration clientOf(quint16 port, int capacity = 4)
{
    ClientPool::Configuration configuration;
    configuration.host = QStringLiteral("127.0.0.1");
    configuration.port = port;
    configuration.sizing.minimumCapacity = configuration.sizing.maximumCapacity = capacity;
    configuration.sizing.minimumInterval = 20ms;
    configuration.sizing.maximumInterval = 100ms;
    return configuration;
}

// The same, for tests that count: only the timer's cycles and waiters make it dial.
inline ClientPool::Configuration stepwiseClientOf(quint16 port, int capacity = 4)
{
    ClientPool::Configuration configuration = clientOf(port, capacity);
    configuration.sizing.rule = ClientPool::Rule::Stepwise;
    return configuration;
}

inline void listen(ServerPool &server)
{
    QVERIFY(server.listen(QHostAddress::LocalHost, 0));
}

// Starts both ends and waits for a full stock on both.
inline void fill(ServerPool &server, ClientPool &client, int capacity = 4)
{
    QVERIFY(client.start());
    QTRY_COMPARE_WITH_TIMEOUT(client.idleCount(), capacity, longer(20000));
    QTRY_COMPARE_WITH_TIMEOUT(server.idleCount(), capacity, longer(20000));
}

// The error code and message of the last errorOccurred() in a spy.
inline Pool::Error lastError(const QSignalSpy &spy)
{
    return spy.last().at(0).value<Pool::Error>();
}

inline QString lastMessage(const QSignalSpy &spy)
{
    return spy.last().at(1).toString();
}

// Sends bytes one way and waits for them at the other end; both sockets live in this thread.
inline QByteArray pass(QTcpSocket *from, QTcpSocket *to, const QByteArray &bytes)
{
    from->write(bytes);
    from->flush();
    if (!QTest::qWaitFor([&] { return to->bytesAvailable() >= bytes.size(); }, longer(5000)))
        return {};
    return to->read(bytes.size());
}

Q_DECLARE_METATYPE(QNetPool::ClientPool::Configuration)

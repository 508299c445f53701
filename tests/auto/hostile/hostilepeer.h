// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "certificates.h"

#include <QtCore/QDeadlineTimer>
#include <QtNetwork/QHostAddress>
#include <QtNetwork/QSslSocket>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <sys/socket.h>
#include <thread>

// One end of a connection, for a script that goes step by step: each step blocks, for 10 s at most.
class Wire
{
public:
    explicit Wire(const std::atomic<bool> &stop) : m_stop(stop) { m_socket.setPeerVerifyMode(QSslSocket::VerifyNone); }

    bool accept(qintptr descriptor) { return m_socket.setSocketDescriptor(descriptor) && sendAtOnce(); }
    bool connectTo(quint16 port)
    {
        m_socket.connectToHost(QHostAddress(QHostAddress::LocalHost), port);
        return m_socket.waitForConnected(patience) && sendAtOnce();
    }

    // TLS as it should be. What was sent before goes out with the last of the handshake.
    bool secureAsServer()
    {
        m_socket.setSslConfiguration(Certificates::showing(QStringLiteral("server")));
        m_socket.startServerEncryption();
        return m_socket.waitForEncrypted(patience);
    }
    bool secureAsClient(const QByteArray &withTheFinished = {})
    {
        m_socket.startClientEncryption();
        m_socket.write(withTheFinished);
        return m_socket.waitForEncrypted(patience);
    }

    void send(const QByteArray &bytes)
    {
        m_socket.write(bytes);
        while ((m_socket.bytesToWrite() > 0 || m_socket.encryptedBytesToWrite() > 0)
               && m_socket.waitForBytesWritten(patience))
            ;
    }
    // Past TLS.
    void sendRaw(const QByteArray &bytes)
    {
        std::ignore = ::send(int(m_socket.socketDescriptor()), bytes.constData(), std::size_t(bytes.size()), MSG_NOSIGNAL);
    }
    // Each byte in a packet of its own.
    void drip(const QByteArray &bytes, std::chrono::milliseconds pause)
    {
        for (qsizetype i = 0; i < bytes.size() && isOpen(); ++i) {
            send(bytes.mid(i, 1));
            hold(pause);
        }
    }
    QByteArray receive(qint64 least)
    {
        while (m_socket.bytesAvailable() < least && m_socket.waitForReadyRead(patience))
            ;
        return m_socket.readAll();
    }
    void hold(std::chrono::milliseconds time)
    {
        const QDeadlineTimer end(time);
        while (!m_stop && isOpen() && !end.hasExpired())
            m_socket.waitForReadyRead(int(std::min<qint64>(end.remainingTime(), 10)));
    }
    void halfClose() { ::shutdown(int(m_socket.socketDescriptor()), SHUT_WR); }
    void close()
    {
        m_socket.disconnectFromHost();
        if (isOpen())
            m_socket.waitForDisconnected(patience);
    }
    void reset()
    {
        const linger now{1, 0};
        setsockopt(int(m_socket.socketDescriptor()), SOL_SOCKET, SO_LINGER, &now, sizeof now);
        m_socket.abort();
    }
    bool isOpen() const { return m_socket.state() != QAbstractSocket::UnconnectedState; }

private:
    static constexpr int patience = 10000;

    bool sendAtOnce()
    {
        m_socket.setSocketOption(QAbstractSocket::LowDelayOption, 1);
        return true;
    }

    QSslSocket m_socket;
    const std::atomic<bool> &m_stop;
};

// What a hostile peer does, one after another. False: it cannot go on.
using Step = std::function<bool(Wire &wire)>;
using Script = QList<Step>;

inline Step send(const QByteArray &bytes)
{
    return [bytes](Wire &wire) { return wire.send(bytes), true; };
}
inline Step sendRaw(const QByteArray &bytes)
{
    return [bytes](Wire &wire) { return wire.sendRaw(bytes), true; };
}
inline Step drip(const QByteArray &bytes, std::chrono::milliseconds pause)
{
    return [bytes, pause](Wire &wire) { return wire.drip(bytes, pause), true; };
}
inline Step receive(qint64 least)
{
    return [least](Wire &wire) { return wire.receive(least).size() >= least; };
}
inline Step hold(std::chrono::milliseconds time)
{
    return [time](Wire &wire) { return wire.hold(time), true; };
}
inline Step halfClose()
{
    return [](Wire &wire) { return wire.halfClose(), true; };
}
inline Step close()
{
    return [](Wire &wire) { return wire.close(), true; };
}
inline Step reset()
{
    return [](Wire &wire) { return wire.reset(), true; };
}
inline Step secureAsServer()
{
    return [](Wire &wire) { return wire.secureAsServer(); };
}
inline Step secureAsClient(const QByteArray &withTheFinished = {})
{
    return [withTheFinished](Wire &wire) { return wire.secureAsClient(withTheFinished); };
}

// Plays a script in a thread of its own, and then says nothing more until the other end closes or the peer is destroyed.
class HostilePeer
{
public:
    HostilePeer(Step begin, Script script)
        : m_thread([this, script = Script{std::move(begin)} + script] {
              Wire wire(m_stop);
              std::ignore = std::all_of(script.begin(), script.end(), [&wire](const Step &step) { return step(wire); });
              wire.hold(std::chrono::minutes(1));
              m_hasEnded = true;
          })
    {
    }
    ~HostilePeer()
    {
        m_stop = true;
        m_thread.join();
    }
    bool hasEnded() const { return m_hasEnded; } // nothing is left of its connection

private:
    std::atomic<bool> m_stop = false;
    std::atomic<bool> m_hasEnded = false;
    std::thread m_thread;
};

inline std::unique_ptr<HostilePeer> attack(quint16 port, Script script)
{
    return std::make_unique<HostilePeer>([port](Wire &wire) { return wire.connectTo(port); }, std::move(script));
}

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QObject>
#include <QtCore/QTimer>
#include <QtCore/QtEndian>
#include <QtNetwork/QTcpServer>
#include <QtNetwork/QTcpSocket>

#include <algorithm>
#include <array>
#include <limits>
#include <sys/socket.h>

enum class Way { ToServer, ToClient };

// A place in a TLS connection, and what happens there.
struct Cut
{
    enum Action { None, Close, Reset, Stall, Pause, Drip } action = None; // Drip: from there on, byte by byte
    Way way = Way::ToServer;
    int record = 0; // in that direction, from 0
    int offset = 0; // within the record, its header of 5 bytes included; what is more than its length is its end
};

// What goes one way: knows where the records begin, and how much may be passed on.
class Stream
{
public:
    void append(const QByteArray &bytes) { m_bytes += bytes; }

    // The lengths of the records that have begun, as far as their headers tell.
    QList<int> records() const
    {
        QList<int> lengths;
        for (qsizetype at = 0; at + 5 <= m_bytes.size(); at += lengths.last())
            lengths << 5 + qFromBigEndian<quint16>(m_bytes.constData() + at + 3);
        return lengths;
    }
    qsizetype size() const { return m_bytes.size(); }
    qsizetype passed() const { return m_passed; }

    // Where the cut is; as far as is known when the record has not come yet.
    qsizetype find(const Cut &cut, bool *isKnown) const
    {
        const QList<int> lengths = records();
        qsizetype at = 0;
        for (int i = 0; i < std::min<int>(cut.record, int(lengths.size())); ++i)
            at += lengths[i];
        *isKnown = lengths.size() > cut.record || (lengths.size() == cut.record && cut.offset < 5);
        if (*isKnown)
            at += lengths.size() > cut.record ? std::min(cut.offset, lengths[cut.record]) : cut.offset;
        return at;
    }
    QByteArray take(qsizetype limit)
    {
        const QByteArray part = m_bytes.mid(m_passed, std::max<qsizetype>(0, limit - m_passed));
        m_passed += part.size();
        return part;
    }

private:
    QByteArray m_bytes; // all there ever were
    qsizetype m_passed = 0;
};

// One connection between two honest ends, with one cut.
class Link : public QObject
{
public:
    Link(QTcpSocket *client, quint16 server, const Cut &cut, QObject *parent)
        : QObject(parent), m_ends{client, new QTcpSocket(this)}, m_cut(cut)
    {
        client->setParent(this);
        for (const Way way : {Way::ToServer, Way::ToClient}) {
            QTcpSocket *from = source(way);
            connect(from, &QTcpSocket::readyRead, this, [this, way] { pass(way); });
            connect(from, &QTcpSocket::disconnected, this, [this, way] { target(way)->disconnectFromHost(); });
        }
        connect(source(Way::ToClient), &QTcpSocket::connected, this, [this] {
            pass(Way::ToClient);
            pass(Way::ToServer);
        });
        m_ends[1]->connectToHost(QHostAddress(QHostAddress::LocalHost), server);
    }

    const Stream &stream(Way way) const { return m_streams[std::size_t(way)]; }
    bool hasCut() const { return m_isOver; }

private:
    QTcpSocket *source(Way way) const { return m_ends[std::size_t(way)]; }
    QTcpSocket *target(Way way) const { return m_ends[1 - std::size_t(way)]; }

    void pass(Way way)
    {
        Stream &stream = m_streams[std::size_t(way)];
        if (m_ends[1]->state() != QAbstractSocket::ConnectedState)
            return;
        stream.append(source(way)->readAll());
        if (m_isStopped)
            return;
        qsizetype limit = std::numeric_limits<qsizetype>::max();
        bool isKnown = false;
        if (way == m_cut.way && m_cut.action != Cut::None && !m_isOver)
            limit = stream.find(m_cut, &isKnown);
        else if (way == m_cut.way && m_cut.action == Cut::Drip)
            limit = stream.passed() + 1;
        send(way, limit);
        if (isKnown && stream.passed() == limit)
            act();
        else if (m_isOver && m_cut.action == Cut::Drip && stream.passed() < stream.size())
            QTimer::singleShot(0, this, [this, way] { pass(way); });
    }

    void send(Way way, qsizetype limit)
    {
        target(way)->write(m_streams[std::size_t(way)].take(limit));
        target(way)->flush();
    }

    void act()
    {
        m_isOver = true;
        switch (m_cut.action) {
        case Cut::None:
            break;
        case Cut::Close:
            m_isStopped = true;
            for (QTcpSocket *end : m_ends)
                end->disconnectFromHost();
            break;
        case Cut::Reset:
            m_isStopped = true;
            for (QTcpSocket *end : m_ends) {
                const linger now{1, 0};
                setsockopt(int(end->socketDescriptor()), SOL_SOCKET, SO_LINGER, &now, sizeof now);
                end->abort();
            }
            break;
        case Cut::Stall:
            m_isStopped = true;
            break;
        case Cut::Pause:
        case Cut::Drip:
            QTimer::singleShot(1, this, [this] { pass(m_cut.way); });
            break;
        }
    }

    const std::array<QTcpSocket *, 2> m_ends; // of the client, of the server
    const Cut m_cut;
    std::array<Stream, 2> m_streams;
    bool m_isOver = false; // the cut was made
    bool m_isStopped = false; // nothing passes any more
};

// Stands between a client and a server, and cuts each connection as the last setCut() said.
class Relay : public QTcpServer
{
public:
    explicit Relay(quint16 server) : m_server(server) { listen(QHostAddress(QHostAddress::LocalHost)); }
    void setCut(const Cut &cut) { m_cut = cut; }
    Link *link() const { return m_link; } // the last one

protected:
    void incomingConnection(qintptr descriptor) override
    {
        auto *socket = new QTcpSocket;
        socket->setSocketDescriptor(descriptor);
        delete m_link;
        m_link = new Link(socket, m_server, m_cut, this);
    }

private:
    const quint16 m_server;
    Cut m_cut;
    Link *m_link = nullptr;
};

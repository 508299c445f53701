// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "recordtracker.h"

#include <QtCore/qcoreevent.h>
#include <QtNetwork/qtcpsocket.h>

#include <atomic>
#include <memory>

namespace QNetPool {

// What the holder of a socket has changed since the last clear(), so that only that need be undone.
class DirtyFlags
{
public:
    enum Flag : quint8 {
        Connections = 1, // of its signals
        Options = 2,
        Descriptor = 4, // was asked for, so that any option may be changed, in later leases, too
        Bytes = 8, // read or written
        All = 15
    };

    bool has(int flags) const noexcept { return m_flags.load(std::memory_order_relaxed) & flags; }
    void clear() noexcept { m_flags.store(0, std::memory_order_relaxed); }
    void set(Flag flag) noexcept // from any thread, as connect() is
    {
        if (!has(flag))
            m_flags.fetch_or(flag, std::memory_order_relaxed);
    }

private:
    std::atomic<quint8> m_flags = All;
};

// Owned by the socket that it observes; filters its events.
class SocketObserver
{
public:
    virtual ~SocketObserver() = default;
    virtual bool filter(QObject *watched, QEvent *event) = 0;
    virtual void aboutToTouchOptions() = 0;
};

// What reports a socket's events to its observer: a PooledSocket itself, or a child of a foreign socket.
class ObservedSocket
{
public:
    virtual ~ObservedSocket() = default;
    virtual QObject *eventFilterObject() noexcept = 0;
    virtual void clearError() { } // impossible for a foreign socket
    virtual void setProblem(const QString &) { } // likewise
    virtual void listenForAnswers() { } // likewise

    void startAnew() // for the next holder
    {
        dirtyFlags.clear();
        awaitsAnswer = false;
    }

    DirtyFlags dirtyFlags;
    bool awaitsAnswer = false; // nothing has arrived since the holder wrote
    bool isPooled = false; // a pool owns the socket: from its setup or put() on, until it is detached
    std::unique_ptr<RecordTracker> records; // of a QSslSocket, since its handshake began
    std::unique_ptr<SocketObserver> observer;

protected:
    void touchOptions(DirtyFlags::Flag flag = DirtyFlags::Options)
    {
        if (observer && !dirtyFlags.has(flag))
            observer->aboutToTouchOptions();
        dirtyFlags.set(flag);
    }
};

// The sockets that a pool creates: a QTcpSocket or QSslSocket that keeps dirty flags. What it cannot see, because it is not
// virtual in Qt, is cheap to compare.
template<typename Socket> class PooledSocket final : public Socket, public ObservedSocket
{
public:
    PooledSocket()
    {
        isPooled = true;
        PooledSocket::listenForAnswers();
    }
    ~PooledSocket() override { observer.reset(); } // which uses the socket

    QObject *eventFilterObject() noexcept override { return this; }
    void setPeer(const QString &name) { Socket::setPeerName(name); } // as connectToHost() would

    void setProblem(const QString &cause) override // why it is not connected any more
    {
        this->setSocketError(QAbstractSocket::SocketResourceError);
        this->setErrorString(cause);
    }

    void clearError() override
    {
        if (this->error() == QAbstractSocket::UnknownSocketError)
            return;
        this->setSocketError(QAbstractSocket::UnknownSocketError);
        this->setErrorString(QString());
    }

    // Before any slot of a holder, which may read the answer and write the next request. QIODevice's reading functions are
    // not virtual, so that arrivals have to do; what a holder leaves unread closes the connection anyway.
    void listenForAnswers() override
    {
        if (!m_listening)
            m_listening = QObject::connect(this, &QIODevice::readyRead, this, [this] { awaitsAnswer = false; });
    }

    bool waitForReadyRead(int msecs) override // in a slot of readyRead(), it does not emit that
    {
        const bool hasArrived = Socket::waitForReadyRead(msecs);
        awaitsAnswer = awaitsAnswer && !hasArrived;
        return hasArrived;
    }

    void setSocketOption(QAbstractSocket::SocketOption option, const QVariant &value) override
    {
        touchOptions();
        Socket::setSocketOption(option, value);
    }

    qintptr socketDescriptor() const override
    {
        const_cast<PooledSocket *>(this)->touchOptions(DirtyFlags::Descriptor);
        return Socket::socketDescriptor();
    }

    void setReadBufferSize(qint64 size) override
    {
        touchOptions();
        Socket::setReadBufferSize(size);
    }

    bool eventFilter(QObject *watched, QEvent *event) override
    {
        return observer ? observer->filter(watched, event) : Socket::eventFilter(watched, event);
    }

protected:
    void connectNotify(const QMetaMethod &signal) override
    {
        dirtyFlags.set(DirtyFlags::Connections);
        Socket::connectNotify(signal);
    }

    void disconnectNotify(const QMetaMethod &signal) override
    {
        listenForAnswers(); // if a holder has disconnected everything
        Socket::disconnectNotify(signal);
    }

    qint64 readData(char *data, qint64 size) override
    {
        dirtyFlags.set(DirtyFlags::Bytes);
        return Socket::readData(data, size);
    }

    qint64 writeData(const char *data, qint64 size) override
    {
        dirtyFlags.set(DirtyFlags::Bytes);
        awaitsAnswer = true;
        return Socket::writeData(data, size);
    }

private:
    QMetaObject::Connection m_listening;
};

} // namespace QNetPool

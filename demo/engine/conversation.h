// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "message.h"

#include <QNetPool/Connection>

#include <QtCore/QDeadlineTimer>
#include <QtCore/QObject>
#include <QtCore/QTimer>

#include <functional>

namespace Demo {

// What one end does on a leased connection. It owns the lease: an end that all went well for gives the connection back,
// any other closes it. Deletes itself when it is over.
class Conversation : public QObject
{
    Q_OBJECT

public:
    void start(); // once finished() is connected
    QNetPool::ConnectionId id() const { return m_lease.id(); }

Q_SIGNALS:
    void transferred(QNetPool::ConnectionId id, qint64 bytes); // either way
    void finished(const QString &problem); // empty: none

protected:
    // The deadline may be QDeadlineTimer::Forever.
    Conversation(QNetPool::Connection lease, const QDeadlineTimer &deadline, QObject *parent);

    virtual void open() { }
    virtual void heard(const Message &message) = 0;
    virtual void peerLeft(const QString &cause);

    void after(std::chrono::milliseconds time, std::function<void()> what); // at once if that is 0; never once it is over
    void say(const Message &message);
    void succeed();
    void fail(const QString &problem);
    void leave(); // closes the connection, without a problem

private:
    void readMore();
    void socketClosed();
    void end(const QString &problem, void (QNetPool::Connection::*endLease)());

    QNetPool::Connection m_lease;
    const QDeadlineTimer m_deadline;
    QTimer m_timer;
    MessageReader m_reader;
    bool m_isOver = false;
};

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "message.h"

#include <QNetPool/Connection>

#include <QtCore/QDeadlineTimer>
#include <QtCore/QObject>
#include <QtCore/QTimer>

namespace Demo {

// What one end does on a leased connection. It owns the lease: an end that all went well for gives the connection back,
// any other closes it. Deletes itself when it is over.
class Conversation : public QObject
{
    Q_OBJECT

public:
    void start(); // once finished() is connected

Q_SIGNALS:
    void finished(const QString &problem); // empty: none

protected:
    // The deadline may be QDeadlineTimer::Forever.
    Conversation(QNetPool::Connection lease, const QDeadlineTimer &deadline, QObject *parent);

    virtual void open() { }
    virtual void heard(const Message &message) = 0;
    virtual void peerLeft(const QString &cause);

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

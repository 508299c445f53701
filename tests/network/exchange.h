// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "traffic.h"

#include <QNetPool/Connection>

#include <QtCore/QFutureWatcher>
#include <QtCore/QTimer>

// One of the Traffic. Ends once, and is gone then.
class Exchange : public QObject
{
public:
    // Why it failed (empty: it has its answer), and what must not be.
    using Ended = std::function<void(const QString &failure, const QString &finding)>;

    Exchange(QNetPool::ClientPool &pool, ServerProcess &server, QByteArray request, Traffic::Patience patience, Ended ended);

private:
    void acquired();
    void ask();
    void readMore();
    void expired();
    void end(const QString &failure, const QString &finding = {});

    ServerProcess &m_server;
    const QByteArray m_request;
    const Traffic::Patience m_patience;
    Ended m_ended;
    QFutureWatcher<QNetPool::Connection> m_waiting;
    QNetPool::Connection m_connection;
    QByteArray m_answer;
    QTimer m_deadline;
};

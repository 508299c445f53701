// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QNetPool/ConnectionId>

#include <QtCore/QProcess>

// The server program in its namespace, told what to do through pipes, which no fault of the network reaches.
class ServerProcess
{
public:
    struct Numbers
    {
        int idle = 0;
        int leased = 0;
        int pending = 0;
        int descriptors = 0; // more than without a pool
        friend bool operator==(const Numbers &, const Numbers &) = default;
    };

    explicit ServerProcess(bool isEncrypted);
    ~ServerProcess();

    pid_t id() const { return pid_t(m_process.processId()); }
    quint16 port() const noexcept { return m_port; } // 0: not known yet
    const Numbers &numbers() const noexcept { return m_numbers; }
    const QString &wrong() const noexcept { return m_wrong; } // the first thing that was

    void serve(QNetPool::ConnectionId id);
    void flush();
    void close();
    bool exit(); // whether it did so in good order

private:
    void read();
    void hear(const QByteArray &line);

    QProcess m_process;
    quint16 m_port = 0;
    Numbers m_numbers;
    QString m_wrong;
};

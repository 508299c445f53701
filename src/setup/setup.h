// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "outcome.h"
#include "setupstep.h"

#include <QtCore/qbasictimer.h>
#include <QtNetwork/qsslerror.h>

#include <functional>

QT_FORWARD_DECLARE_CLASS(QSslSocket)

namespace QNetPool {

// Sets up one connection that needs a socket for it: carries out the steps of its plan, each with a deadline. It ends with
// one call of done from the event loop, never from within a signal of the socket, and with none if it is abandoned or
// destroyed.
class Setup : public QObject
{
public:
    using Done = std::function<void(Setup *setup, SetupOutcome outcome)>;

    ~Setup() override;
    void showProgress(SetupProgress *progress) { m_outcome.progress = progress; } // before begin()
    void begin(Done done);
    void abandon(); // aborts the socket; done is not called

protected:
    Setup(const SetupPlan &plan, QString peer);
    virtual void start() = 0;

    void adopt(std::unique_ptr<QTcpSocket> socket);
    void advance(); // to the next step; what was written may not be sent yet
    virtual void enter(SetupStep step) = 0;
    virtual void encrypted() { advance(); }
    virtual void readMore() { }
    // For messages: what the end of the connection (" within 5 ms", ": it closed the connection") in the ID's step means.
    virtual QString meaningOf(const QString &end) const = 0;

    void setDeadline(std::chrono::milliseconds time);
    void noteConnected(); // records the time since begin() as connectTime
    void fail(Pool::Error error, const QString &message);

    QTcpSocket *socket() const noexcept { return m_socket.get(); }
    QSslSocket *tls() const noexcept;
    QString certificateErrors() const { return m_certificateErrors.join(QLatin1String("; ")); } // that Qt has told
    SetupStep step() const noexcept { return m_step; }
    const QString &peer() const noexcept { return m_peer; }
    SetupOutcome m_outcome;

private:
    void timerEvent(QTimerEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;
    void countReads(bool isCounting);
    void socketFailed();
    QString adviceFor(const QString &cause, bool isClosed) const;
    void handOverOnceSent();
    void succeed();
    QString closedAtOnce() const;
    void abortSocket();
    void finish();

    const SetupPlan m_plan;
    const QString m_peer; // for messages
    Done m_done; // null once called or abandoned
    std::unique_ptr<QTcpSocket> m_socket;
    SetupStep m_step = SetupStep::Connect; // Done: what was written, by a slot of a dialer too, may not be sent yet
    QBasicTimer m_deadline;
    std::chrono::steady_clock::time_point m_stepBegan;
    std::chrono::milliseconds m_limit{};
    QStringList m_certificateErrors;
    qint64 m_received = 0; // in this step, before the first byte for the application
    bool m_isFinished = false;
};

} // namespace QNetPool

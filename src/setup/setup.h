// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "outcome.h"
#include "setupstep.h"

#include <QtCore/qbasictimer.h>
#include <QtNetwork/qsslerror.h>

#include <functional>

QT_FORWARD_DECLARE_CLASS(QSslSocket)

namespace QNetPool {

// One connection on its way into the stock that needs a socket for it: carries out the steps of its plan, each with a deadline.
// Ends with one call of done, out of the event loop and not out of the socket's own signals; nothing is called once it is
// destroyed.
class Setup : public QObject
{
public:
    using Done = std::function<void(Setup *setup, SetupOutcome outcome)>;

    ~Setup() override;
    void begin(Done done);
    void abandon(); // closes the socket; done is not called

protected:
    Setup(const SetupPlan &plan, QString peer);
    virtual void start() = 0;

    void adopt(std::unique_ptr<QTcpSocket> socket);
    void advance(); // the current step is done, but for what Qt has not sent yet
    virtual void enter(SetupStep step) = 0;
    virtual void encrypted() { advance(); }
    virtual void readMore() { }
    virtual QString reasonForClose() const = 0; // why an end of the connection in the current step is an error

    void setDeadline(std::chrono::milliseconds time);
    void noteConnected(); // for the times: it was dialled since begin()
    void fail(Pool::Error error, const QString &message);

    QTcpSocket *socket() const noexcept { return m_socket.get(); }
    QSslSocket *tls() const noexcept;
    SetupStep step() const noexcept { return m_step; }
    const QString &peer() const noexcept { return m_peer; }
    SetupOutcome m_outcome;

private:
    void timerEvent(QTimerEvent *event) override;
    void socketFailed();
    void handOverOnceSent();
    void succeed();
    void abortSocket();
    void finish();

    const SetupPlan m_plan;
    const QString m_peer; // for messages: who is at the other end
    Done m_done; // null once it was called or is not to be called
    std::unique_ptr<QTcpSocket> m_socket;
    SetupStep m_step = SetupStep::Connect;
    QBasicTimer m_deadline;
    std::chrono::steady_clock::time_point m_stepBegan;
    std::chrono::milliseconds m_limit{};
    QStringList m_certificateErrors;
    bool m_isComplete = false; // but for what Qt has not sent yet
    bool m_isFinished = false;
};

} // namespace QNetPool

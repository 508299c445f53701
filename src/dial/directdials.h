// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "dialplan.h"
#include "resolver.h"
#include "setup/idreader.h"
#include "setup/outcome.h"
#include "system/descriptor.h"
#include "system/watcher.h"

#include <QtCore/qbasictimer.h>
#include <QtCore/qobject.h>
#include <QtCore/qvarlengtharray.h>

#include <set>
#include <unordered_map>

namespace QNetPool {

// Sets up connections of a client that need neither a proxy nor a dialer: looks up the host, connects, and without TLS reads
// the ID. All are bare descriptors behind one watcher and one timer, so that thousands cost as little as the system allows.
//
// A name's addresses race (RFC 8305): the next attempt begins AttemptDelay after the last one, or as soon as one fails, and
// the first that is connected wins.
class DirectDials final : public QObject
{
public:
    // Called at any time, even from begin(). With TLS the outcome is a connection that is not encrypted yet.
    using Done = std::function<void(quint64 number, const std::shared_ptr<const DialPlan> &plan, SetupOutcome outcome)>;

    static constexpr std::chrono::milliseconds AttemptDelay{250}; // as the RFC recommends

    DirectDials(Done done, QObject *parent);
    ~DirectDials() override;

    // False: such a dial needs a SocketDial, because of a dialer or a proxy.
    bool canDial(const std::shared_ptr<const DialPlan> &plan);

    void begin(quint64 number, std::shared_ptr<const DialPlan> plan, SetupProgress *progress);
    void abandonAll();

private:
    using Clock = std::chrono::steady_clock;
    enum class Step { LookUp, Connect, ReadId };
    struct DescriptorDial
    {
        std::shared_ptr<const DialPlan> plan;
        Step step = Step::LookUp;
        QList<QHostAddress> addresses;
        QVarLengthArray<Descriptor, 2> attempts; // to the first addresses; invalid: failed
        Clock::time_point nextAttempt = Clock::time_point::max();
        Descriptor descriptor; // of the connection
        quint64 token = 0; // of the descriptor
        IdReader id;
        QString cause; // of the last failed attempt
        Pool::Error error = Pool::Error::ConnectFailed; // as cause
        Clock::time_point stepBegan;
        Clock::time_point deadline;
        SetupOutcome outcome;
    };

    void timerEvent(QTimerEvent *event) override;
    void lookedUp(quint64 number, DescriptorDial &dial, const Resolver::Answer &answer);
    void connectNext(quint64 number, DescriptorDial &dial);
    void handleActivity(quint64 token);
    void connected(quint64 number, DescriptorDial &dial, qsizetype winner);
    void readId(quint64 number, DescriptorDial &dial);
    void setDeadline(quint64 number, DescriptorDial &dial, std::chrono::milliseconds time);
    void setNextAttempt(quint64 number, DescriptorDial &dial, Clock::time_point when);
    void armTimer();
    void expire(quint64 number, DescriptorDial &dial);
    void fail(quint64 number, DescriptorDial &dial, Pool::Error error, const QString &message);
    void failToConnect(quint64 number, DescriptorDial &dial);
    void endAttempt(Descriptor &attempt);
    void endAttempts(DescriptorDial &dial);
    Descriptor takeDescriptor(quint64 number, DescriptorDial &dial);
    void finish(quint64 number, DescriptorDial &dial);

    const Done m_done;
    std::unique_ptr<Watcher> m_watcher;
    Resolver::Asker m_answers;
    std::unordered_map<quint64, DescriptorDial> m_dials;
    std::set<std::pair<Clock::time_point, quint64>> m_deadlines; // and next attempts
    QBasicTimer m_timer;
    Clock::time_point m_timerEnds;
    std::weak_ptr<const DialPlan>
            m_proxyPlan; // m_isDirect is cached for it, since a proxy query takes longer than a connect
    Clock::time_point m_proxyCheckDue;
    bool m_isDirect = false;
};

} // namespace QNetPool

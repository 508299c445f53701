// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "dialplan.h"
#include "setup/idreader.h"
#include "resolver.h"
#include "setup/outcome.h"
#include "system/descriptor.h"
#include "system/watcher.h"

#include <QtCore/qbasictimer.h>
#include <QtCore/qobject.h>
#include <QtCore/qvarlengtharray.h>

#include <set>
#include <unordered_map>

namespace QNetPool {

// A client's connections being set up, where neither a proxy nor a dialer is in between: look up the host, connect, and, if
// there is no TLS, read the ID. They are bare descriptors, watched together, so that thousands cost as little as the system
// allows: no object, no notifier and no timer each.
//
// A name's addresses race as RFC 8305 has it: the next attempt begins AttemptDelay after the last one, or as soon as one has
// failed, and the first that is connected wins.
class DirectDials final : public QObject
{
public:
    // At any time, from begin() on. What is to be encrypted is only connected yet.
    using Done = std::function<void(quint64 number, const std::shared_ptr<const DialPlan> &plan, SetupOutcome outcome)>;

    static constexpr std::chrono::milliseconds AttemptDelay{250}; // as the RFC recommends

    DirectDials(Done done, QObject *parent);
    ~DirectDials() override;

    // Whether this is the way for such a dial: it is not for a dialer or a proxy.
    bool canDial(const std::shared_ptr<const DialPlan> &plan);

    void begin(quint64 number, std::shared_ptr<const DialPlan> plan);
    void abandonAll();

private:
    using Clock = std::chrono::steady_clock;
    enum class Step { LookUp, Connect, ReadId };
    struct DescriptorDial
    {
        std::shared_ptr<const DialPlan> plan;
        Step step = Step::LookUp;
        QList<QHostAddress> addresses;
        QVarLengthArray<Descriptor, 2> attempts; // to as many of the addresses; invalid: failed
        Clock::time_point nextAttempt = Clock::time_point::max();
        Descriptor descriptor; // of the connection
        quint64 token = 0; // of it
        IdReader id;
        QString cause; // why it is not connected, as far as is known
        Pool::Error error = Pool::Error::ConnectFailed; // the code of that
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
    std::weak_ptr<const DialPlan> m_proxyPlan; // whether there is a proxy, which takes longer than a connect
    Clock::time_point m_proxyCheckDue;
    bool m_isDirect = false;
};

} // namespace QNetPool

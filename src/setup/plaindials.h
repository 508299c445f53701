// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "descriptor.h"
#include "dialplan.h"
#include "outcome.h"
#include "watcher.h"

#include <QtCore/qbasictimer.h>
#include <QtCore/qobject.h>

#include <array>
#include <set>
#include <unordered_map>

namespace QNetPool {

// A client's connections of plain TCP being set up: look up the host, connect, read the ID. They are bare descriptors, watched
// together, so that thousands cost as little as the system allows: no object, no notifier and no timer each.
class PlainDials final : public QObject
{
public:
    using Done = std::function<void(quint64 number, SetupOutcome outcome)>; // at any time, from begin() on

    PlainDials(Done done, QObject *parent);
    ~PlainDials() override;

    // Whether this is the way for such a dial: it is not for TLS, a dialer or a proxy.
    bool canDo(const std::shared_ptr<const DialPlan> &plan);

    void begin(quint64 number, std::shared_ptr<const DialPlan> plan);
    void abandonAll();

private:
    using Clock = std::chrono::steady_clock;
    enum class Step { LookUp, Connect, ReadId };
    struct Dial
    {
        std::shared_ptr<const DialPlan> plan;
        Step step = Step::LookUp;
        int lookup = -1;
        QList<QHostAddress> addresses; // that are left to try
        Descriptor descriptor;
        std::array<char, ConnectionId::Size> id;
        qint64 idBytes = 0; // of it are here
        QString cause; // why the last address did not do
        Clock::time_point stepBegan;
        Clock::time_point deadline;
        SetupOutcome outcome;
    };

    void timerEvent(QTimerEvent *event) override;
    void report(quint64 number);
    void connectNext(quint64 number, Dial &dial);
    void connected(quint64 number, Dial &dial);
    void readId(quint64 number, Dial &dial);
    void limit(quint64 number, Dial &dial, std::chrono::milliseconds time);
    void armTimer();
    void expire(quint64 number, Dial &dial);
    void fail(quint64 number, Dial &dial, Pool::Error error, const QString &message);
    Descriptor takeFrom(Dial &dial);
    void finish(quint64 number, Dial &dial);

    const Done m_done;
    std::unique_ptr<Watcher> m_watcher;
    std::unordered_map<quint64, Dial> m_dials;
    std::set<std::pair<Clock::time_point, quint64>> m_deadlines;
    QBasicTimer m_timer;
    Clock::time_point m_timerEnds;
    std::weak_ptr<const DialPlan> m_askedFor; // whether there is a proxy, which takes longer than a connect
    Clock::time_point m_askAgain;
    bool m_isDirect = false;
};

} // namespace QNetPool

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "clientend.h"
#include "pacer.h"
#include "serverend.h"

#include <QtCore/QElapsedTimer>

namespace Demo {

// The numbers of a run at one moment: of the client's pool if it has one, else of the server's.
struct Snapshot
{
    QNetPool::Pool::State state = QNetPool::Pool::State::Stopped;
    QNetPool::PoolStatistics pool;
    std::chrono::milliseconds interval{};
    int errors = 0; // of both ends
    qint64 exchanges = 0; // that went well
    qint64 failed = 0;
};

// A run of the demo: both ends or one, and the pace. Knows no user interface.
class Engine final : public QObject
{
    Q_OBJECT

public:
    explicit Engine(const Settings &settings, QObject *parent = nullptr);
    ~Engine() override;

    bool start(); // false after trouble()
    void stop(); // begins no more exchanges; stopped() follows those in flight
    void setLoad(const Load &load);
    void begin(int count); // exchanges, on top of the load; as many as may be in flight
    bool isStopping() const { return m_isStopping; }

    Snapshot snapshot() const;
    Endpoint dataEndpoint() const; // where the server end listens
    Endpoint controlEndpoint() const;

Q_SIGNALS:
    void stopped();
    void trouble(const QString &message);

private:
    void adopt(End &end, const QString &name);
    template<typename Visitor> void forEachEnd(Visitor visit) const;
    void keepPace();
    void forgetTheGone();
    void finishOnceSettled();

    const Settings m_settings;
    std::unique_ptr<ServerEnd> m_server;
    std::unique_ptr<ClientEnd> m_client;
    End *m_beginner = nullptr; // of exchanges; null if that is not an end of this process
    End *m_counting = nullptr; // the end whose view of exchanges counts, so that each is counted once

    Pacer m_pacer;
    QTimer m_pace;
    QElapsedTimer m_clock;
    std::chrono::nanoseconds m_paced{}; // up to when what was due was begun
    QTimer m_housekeeping;
    QTimer m_patience; // with what does not settle
    bool m_isStopping = false;
};

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "chronicle.h"
#include "clientend.h"
#include "pacer.h"
#include "serverend.h"

#include <QtCore/QElapsedTimer>

namespace Demo {

// One end at work: at its pace, with what happens written down. Knows no user interface.
class Engine final : public QObject
{
    Q_OBJECT

public:
    // The role is that of a server or a client; settings.data and settings.control are where the server is.
    Engine(const Settings &settings, Role role);
    ~Engine() override;

    bool start(); // false after an error in the chronicle
    void stop(); // begins no more exchanges; stopped() follows those in flight
    bool isStopping() const { return m_isStopping; }

    void setLoad(const Load &load);
    void begin(int count); // exchanges, on top of the load; as many as may be in flight

    ServerEnd *server() const { return m_server; } // null at a client's end
    ClientEnd *client() const { return m_client; } // null at a server's end
    End &end() const { return *m_end; }
    Chronicle &chronicle() { return m_chronicle; } // from any thread

Q_SIGNALS:
    void stopped();

private:
    void observe(QNetPool::Pool &pool);
    void keepPace();
    void dropClosedTraffic();
    void finishOnceSettled();

    const Settings m_settings;
    Chronicle m_chronicle; // to the last: the end of a pool is written down, too
    std::unique_ptr<End> m_end;
    ServerEnd *m_server = nullptr; // the end, if it is one
    ClientEnd *m_client = nullptr; // the same

    Pacer m_pacer;
    QTimer m_pace;
    QElapsedTimer m_clock;
    std::chrono::nanoseconds m_paced{}; // up to when what was due was begun
    QTimer m_housekeeping;
    QTimer m_stopTimeout; // with what does not settle
    bool m_isStopping = false;
    bool m_hasStopped = false; // and that was told
};

} // namespace Demo

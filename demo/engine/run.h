// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "scenario.h"
#include "site.h"
#include "snapshot.h"

namespace Demo {

// A run of the demo: both ends or one, each at its site.
class Run final : public QObject
{
    Q_OBJECT

public:
    explicit Run(Settings settings, QObject *parent = nullptr);

    bool start(); // false after an error in a chronicle
    void stop(); // begins no more exchanges; stopped() follows those in flight
    bool isStopping() const { return m_isStopping; }

    const Settings &settings() const { return m_settings; }
    Site *server() const { return m_server.get(); } // null if that end is not here
    Site *client() const { return m_client.get(); } // made by start()
    void perform(const Act &act); // what is for an end that is not here, nobody does

    Snapshot snapshot() const;

Q_SIGNALS:
    void performed(const Demo::Act &act);
    void stopped();

private:
    void carryOut(const Load &load);
    void carryOut(const Freeze &freeze);
    void carryOut(const Break &act);
    void carryOut(const Drop &drop);
    void carryOut(const Burst &burst);
    void carryOut(const Size &size);
    template<typename Visitor> void forEachSite(Visitor visit) const; // the client's last
    Site *counting() const; // each exchange is counted once: where it begins, if that is here
    void add(std::unique_ptr<Site> &site, Role role);
    void noteStopped();

    Settings m_settings;
    std::unique_ptr<Site> m_server;
    std::unique_ptr<Site> m_client;
    bool m_isStopping = false;
    int m_running = 0; // sites
};

} // namespace Demo

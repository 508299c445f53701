// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "gui/log/eventlog.h"
#include "gui/poolview/cell.h"
#include "plots.h"

QT_FORWARD_DECLARE_CLASS(QLabel)

namespace Demo {

class LeaseTable;
class PoolView;
class StatePill;

// All that there is to see of one end but the log, which both share.
class EndView final : public QWidget
{
    Q_OBJECT

public:
    EndView(Role role, EventLog &log, QWidget *parent = nullptr);

    void follow(const Site *site); // null: none any more; what was stays to be seen
    // Shows what there is now, a part at each call, so that no frame has to show all of it. Time is in seconds of any clock.
    void advance(double time);
    void refresh(double time); // all of it at once
    LeaseTable *leases() const { return m_leases; }
    Plots *plots() const { return m_plots; }
    const Sample &lastSample() const { return m_sample; }

private:
    QWidget *makeHeader();
    void look(double time);
    void tell(double time);
    void showConnections();
    QList<Cell> lostCells();
    void showNumbers();

    const Role m_role;
    EventLog &m_log;
    const Site *m_site = nullptr;
    std::optional<Sampler> m_sampler;
    Sample m_sample;
    bool m_areConnectionsDue = false;
    QList<Cell> m_cells; // as they were shown last
    QList<QNetPool::ConnectionId> m_lost; // since then
    StatePill *m_pill;
    QLabel *m_address;
    QLabel *m_numbers;
    Plots *m_plots;
    PoolView *m_poolView;
    LeaseTable *m_leases;
};

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "leasemodel.h"

#include <QtWidgets/QTableView>

namespace Demo {

// Who has been out for how long: the longest first, those that are out for too long marked.
class LeaseTable final : public QTableView
{
    Q_OBJECT

public:
    explicit LeaseTable(QWidget *parent = nullptr);

    using QTableView::show;
    void show(const QList<Lease> &leases) { m_leases.show(leases); } // all that there are
    void setLongAfter(std::chrono::milliseconds time) { m_leases.setLongAfter(time); } // 10 s

private:
    LeaseModel m_leases;
};

} // namespace Demo

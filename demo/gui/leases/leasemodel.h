// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "lease.h"

#include <QtCore/QAbstractTableModel>

namespace Demo {

// The leases, sorted. What is shown anew is compared with what there was, so that a lease's row stays the same one for a view.
class LeaseModel final : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { IdColumn, AgeColumn, ConnectionAgeColumn, BytesColumn, ExchangesColumn, ColumnCount };
    enum Role { IsLongRole = Qt::UserRole };

    explicit LeaseModel(QObject *parent = nullptr);

    void show(const QList<Lease> &leases); // each ID once
    void setLongAfter(std::chrono::milliseconds time);
    const Lease &lease(int row) const { return m_leases[row]; }

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
    void sort(int column, Qt::SortOrder order = Qt::AscendingOrder) override;

private:
    bool isLong(const Lease &lease) const { return lease.age >= m_longAfter; }
    QString text(const Lease &lease, int column) const;
    bool isBefore(const Lease &a, const Lease &b) const;
    void arrange(const QList<int> &rows);
    QList<int> sortedRows(const QList<bool> &isOver) const;

    QList<Lease> m_leases; // as sorted
    std::chrono::milliseconds m_longAfter{10'000};
    int m_sortColumn = AgeColumn;
    Qt::SortOrder m_sortOrder = Qt::DescendingOrder;
};

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#include "leasemodel.h"

#include "engine/idtext.h"
#include "gui/duration.h"

#include <QtCore/QHash>
#include <QtCore/QLocale>

#include <algorithm>
#include <numeric>

using QNetPool::ConnectionId;

namespace Demo {

LeaseModel::LeaseModel(QObject *parent) : QAbstractTableModel(parent) { }

// However many come and go: one insertion and one removal, both at the end, and one change of the order between them.
void LeaseModel::show(const QList<Lease> &leases)
{
    QHash<ConnectionId, int> rows;
    rows.reserve(m_leases.size());
    for (qsizetype row = 0; row < m_leases.size(); ++row)
        rows.insert(m_leases[row].id, int(row));
    QList<bool> isOver(m_leases.size(), true);
    QList<Lease> added;
    for (const Lease &lease : leases) {
        const int row = rows.value(lease.id, -1);
        if (row < 0) {
            added.append(lease);
        } else {
            m_leases[row] = lease;
            isOver[row] = false;
        }
    }
    if (!added.isEmpty()) {
        beginInsertRows({}, int(m_leases.size()), int(m_leases.size() + added.size()) - 1);
        m_leases += added;
        endInsertRows();
    }
    isOver.resize(m_leases.size()); // those added are not
    arrange(sortedRows(isOver));
    const int left = int(m_leases.size() - isOver.count(true));
    if (left < m_leases.size()) {
        beginRemoveRows({}, left, int(m_leases.size()) - 1);
        m_leases.remove(left, m_leases.size() - left);
        endRemoveRows();
    }
    if (left > 0)
        Q_EMIT dataChanged(index(0, 0), index(left - 1, ColumnCount - 1));
}

void LeaseModel::setLongAfter(std::chrono::milliseconds time)
{
    m_longAfter = time;
    if (!m_leases.isEmpty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

void LeaseModel::sort(int column, Qt::SortOrder order)
{
    if (column < 0 || column >= ColumnCount)
        return;
    m_sortColumn = column;
    m_sortOrder = order;
    arrange(sortedRows(QList<bool>(m_leases.size(), false)));
}

// Those that are over come last.
QList<int> LeaseModel::sortedRows(const QList<bool> &isOver) const
{
    QList<int> rows(m_leases.size());
    std::iota(rows.begin(), rows.end(), 0);
    std::stable_sort(rows.begin(), rows.end(), [&](int a, int b) {
        if (isOver[a] != isOver[b])
            return isOver[b];
        return m_sortOrder == Qt::AscendingOrder ? isBefore(m_leases[a], m_leases[b]) : isBefore(m_leases[b], m_leases[a]);
    });
    return rows;
}

bool LeaseModel::isBefore(const Lease &a, const Lease &b) const
{
    switch (m_sortColumn) {
    case IdColumn:
        return a.id.toByteArray() < b.id.toByteArray();
    case AgeColumn:
        return a.age < b.age;
    case ConnectionAgeColumn:
        return a.connectionAge < b.connectionAge;
    case BytesColumn:
        return a.bytes < b.bytes;
    default:
        return a.exchanges < b.exchanges;
    }
}

// The lease of rows[n] goes to row n.
void LeaseModel::arrange(const QList<int> &rows)
{
    if (std::is_sorted(rows.begin(), rows.end()))
        return;
    Q_EMIT layoutAboutToBeChanged({}, VerticalSortHint);
    QList<Lease> leases;
    QList<int> rowAfter(rows.size());
    leases.reserve(rows.size());
    for (const int row : rows) {
        rowAfter[row] = int(leases.size());
        leases.append(m_leases[row]);
    }
    m_leases = std::move(leases);
    const QModelIndexList from = persistentIndexList();
    QModelIndexList to;
    to.reserve(from.size());
    for (const QModelIndex &old : from)
        to.append(index(rowAfter[old.row()], old.column()));
    changePersistentIndexList(from, to);
    Q_EMIT layoutChanged({}, VerticalSortHint);
}

int LeaseModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_leases.size());
}

int LeaseModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant LeaseModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Lease &lease = m_leases[index.row()];
    switch (role) {
    case Qt::DisplayRole:
        return text(lease, index.column());
    case Qt::AccessibleTextRole: // not by colour alone
        return index.column() == AgeColumn && isLong(lease) ? tr("%1, long").arg(text(lease, AgeColumn))
                                                            : text(lease, index.column());
    case Qt::TextAlignmentRole:
        return int((index.column() == IdColumn ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    case IsLongRole:
        return isLong(lease);
    default:
        return {};
    }
}

QString LeaseModel::text(const Lease &lease, int column) const
{
    switch (column) {
    case IdColumn:
        return idText(lease.id);
    case AgeColumn:
        return durationText(lease.age);
    case ConnectionAgeColumn:
        return durationText(lease.connectionAge);
    case BytesColumn:
        return QLocale().formattedDataSize(lease.bytes);
    default:
        return QLocale().toString(lease.exchanges);
    }
}

QVariant LeaseModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((section == IdColumn ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case IdColumn:
        return tr("Connection");
    case AgeColumn:
        return tr("Leased for");
    case ConnectionAgeColumn:
        return tr("Age");
    case BytesColumn:
        return tr("Traffic");
    default:
        return tr("Exchanges");
    }
}

} // namespace Demo

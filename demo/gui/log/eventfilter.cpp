// SPDX-License-Identifier: BSD-3-Clause
#include "eventfilter.h"

#include "eventlog.h"

namespace Demo {

EventFilter::EventFilter(QObject *parent) : QSortFilterProxyModel(parent)
{
    m_isWanted.fill(true);
}

void EventFilter::setWanted(EventKind kind, bool isWanted)
{
    if (std::exchange(m_isWanted[std::size_t(kind)], isWanted) != isWanted)
        invalidate(); // all at once: row by row, thousands of lines would take long
}

void EventFilter::setSearched(const QString &text)
{
    if (std::exchange(m_searched, text) != text)
        invalidate();
}

bool EventFilter::filterAcceptsRow(int row, const QModelIndex &parent) const
{
    if (!m_isWanted[sourceModel()->index(row, 0, parent).data(EventLog::KindRole).toUInt()])
        return false;
    if (m_searched.isEmpty())
        return true;
    for (int column = EventLog::ColumnCount - 1; column >= 0; --column) { // what is mostly searched for stands last
        const QString text = sourceModel()->index(row, column, parent).data().toString();
        if (text.contains(m_searched, Qt::CaseInsensitive))
            return true;
    }
    return false;
}

} // namespace Demo

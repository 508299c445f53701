// SPDX-License-Identifier: BSD-3-Clause
#include "eventlog.h"

#include <algorithm>

using namespace std::chrono_literals;

namespace Demo {

static constexpr std::chrono::milliseconds frame = 50ms; // as fast as anybody reads

EventLog::EventLog(int limit, QObject *parent) : QAbstractTableModel(parent), m_limit(limit), m_frame(this)
{
    m_frame.setSingleShot(true);
    m_frame.setInterval(frame);
    connect(&m_frame, &QTimer::timeout, this, &EventLog::flush);
}

void EventLog::add(EventEnd end, EventKind kind, const QString &text)
{
    add({.time = QDateTime::currentDateTime(), .end = end, .kind = kind, .text = text});
}

void EventLog::add(const Event &event)
{
    if (m_added.size() == m_limit)
        m_added.removeFirst();
    m_added.append(event);
    if (!m_frame.isActive())
        m_frame.start();
}

void EventLog::flush()
{
    m_frame.stop();
    if (m_added.isEmpty())
        return;
    const int excess = int(std::min(m_events.size() + m_added.size() - m_limit, m_events.size()));
    if (excess > 0) {
        beginRemoveRows({}, 0, excess - 1);
        m_events.remove(0, excess);
        endRemoveRows();
    }
    beginInsertRows({}, int(m_events.size()), int(m_events.size() + m_added.size()) - 1);
    m_events += std::exchange(m_added, {});
    endInsertRows();
}

void EventLog::clear()
{
    m_frame.stop();
    beginResetModel();
    m_events.clear();
    m_added.clear();
    endResetModel();
}

int EventLog::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_events.size());
}

int EventLog::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant EventLog::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Event &event = m_events[index.row()];
    switch (role) {
    case Qt::DisplayRole:
        return text(event, index.column());
    case Qt::ToolTipRole: // the whole of what may be cut off; it may look like rich text
        if (index.column() == TextColumn)
            return QStringLiteral("<p>%1</p>").arg(event.text.toHtmlEscaped());
        break;
    case KindRole:
        return int(event.kind);
    case LineRole:
        return toLine(event);
    default:
        break;
    }
    return {};
}

QString EventLog::text(const Event &event, int column)
{
    switch (column) {
    case TimeColumn:
        return event.time.time().toString(QStringLiteral("HH:mm:ss.zzz"));
    case EndColumn:
        return nameOf(event.end);
    case KindColumn:
        return nameOf(event.kind);
    default:
        return event.text.simplified();
    }
}

QVariant EventLog::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignLeft | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case TimeColumn:
        return tr("Time");
    case EndColumn:
        return tr("End");
    case KindColumn:
        return tr("Kind");
    default:
        return tr("What happened");
    }
}

} // namespace Demo

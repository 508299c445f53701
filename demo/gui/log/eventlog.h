// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "event.h"

#include <QtCore/QAbstractTableModel>
#include <QtCore/QTimer>

namespace Demo {

// What has happened, in order; beyond its limit, the oldest lines go. However many events come, the views hear of them once a
// frame.
class EventLog final : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { TimeColumn, EndColumn, KindColumn, TextColumn, ColumnCount };
    enum Role { KindRole = Qt::UserRole, LineRole };

    explicit EventLog(int limit = 10'000, QObject *parent = nullptr);

    void add(EventEnd end, EventKind kind, const QString &text); // now
    void add(const Event &event);
    void flush(); // what was added since the last frame, at once
    void clear();

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    static QString text(const Event &event, int column);

    const int m_limit;
    QList<Event> m_events;
    QList<Event> m_added; // since the last frame
    QTimer m_frame;
};

} // namespace Demo

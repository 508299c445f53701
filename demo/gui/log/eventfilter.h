// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "event.h"

#include <QtCore/QSortFilterProxyModel>

namespace Demo {

// The lines of the kinds that are wanted in which a text is found, whatever its case, in any column.
class EventFilter final : public QSortFilterProxyModel
{
    Q_OBJECT

public:
    explicit EventFilter(QObject *parent = nullptr);

    void setWanted(EventKind kind, bool isWanted);
    void setSearched(const QString &text);

protected:
    bool filterAcceptsRow(int row, const QModelIndex &parent) const override;

private:
    std::array<bool, eventKinds.size()> m_isWanted;
    QString m_searched;
};

} // namespace Demo

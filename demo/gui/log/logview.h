// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "eventfilter.h"
#include "eventlog.h"

#include <QtWidgets/QWidget>

QT_FORWARD_DECLARE_CLASS(QHBoxLayout)
QT_FORWARD_DECLARE_CLASS(QLineEdit)
QT_FORWARD_DECLARE_CLASS(QPushButton)
QT_FORWARD_DECLARE_CLASS(QTableView)

namespace Demo {

// The log with what one needs to read it. It stays at its end unless the user has scrolled up.
class LogView final : public QWidget
{
    Q_OBJECT

public:
    explicit LogView(QWidget *parent = nullptr);

    EventLog &log() { return m_log; }

    void copy(); // the lines that are selected or, if none is, all that are shown
    bool save(const QString &file, QString *problem); // all that are shown
    void clear();

protected:
    void changeEvent(QEvent *event) override;

private:
    void addKinds(QHBoxLayout &bar);
    void addSearch(QHBoxLayout &bar);
    void addActions(QHBoxLayout &bar);
    void setUpTable();
    void keepPlace();
    void colorKinds();
    void chooseFile();
    QList<int> selectedRows() const;
    QString lines(const QList<int> &rows) const;
    QList<int> allRows() const;

    EventLog m_log;
    EventFilter m_filter;
    std::array<QPushButton *, eventKinds.size()> m_kinds{};
    QLineEdit *m_search;
    QTableView *m_table;
    bool m_isAtEnd = true; // before lines come or go
    int m_topRow = 0;
};

} // namespace Demo

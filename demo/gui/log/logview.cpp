// SPDX-License-Identifier: BSD-3-Clause
#include "logview.h"

#include "gui/swatch.h"
#include "gui/table.h"
#include "kinddelegate.h"

#include <QtCore/QSaveFile>
#include <QtGui/QAction>
#include <QtGui/QClipboard>
#include <QtGui/QGuiApplication>
#include <QtWidgets/QFileDialog>
#include <QtWidgets/QHBoxLayout>
#include <QtWidgets/QHeaderView>
#include <QtWidgets/QLineEdit>
#include <QtWidgets/QMessageBox>
#include <QtWidgets/QPushButton>
#include <QtWidgets/QScrollBar>
#include <QtWidgets/QToolButton>

#include <algorithm>
#include <numeric>

namespace Demo {

LogView::LogView(QWidget *parent)
    : QWidget(parent), m_log(10'000, this), m_filter(this), m_search(new QLineEdit(this)), m_table(new QTableView(this))
{
    auto *bar = new QHBoxLayout;
    addKinds(*bar);
    addSearch(*bar);
    addActions(*bar);
    setUpTable();

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addLayout(bar);
    layout->addWidget(m_table);
    setAccessibleName(tr("Event log"));
    colorKinds();
}

void LogView::addKinds(QHBoxLayout &bar)
{
    for (const EventKind kind : eventKinds) {
        auto *button = new QPushButton(nameOf(kind), this);
        button->setAutoDefault(false);
        button->setCheckable(true);
        button->setChecked(true);
        button->setToolTip(tr("Show lines of this kind"));
        button->setAccessibleName(tr("Show lines of the kind %1").arg(nameOf(kind)));
        connect(button, &QPushButton::toggled, this, [this, kind](bool isOn) { m_filter.setWanted(kind, isOn); });
        bar.addWidget(button);
        m_kinds[std::size_t(kind)] = button;
    }
}

void LogView::addSearch(QHBoxLayout &bar)
{
    m_search->setPlaceholderText(tr("Search"));
    m_search->setClearButtonEnabled(true);
    m_search->setAccessibleName(tr("Search the log"));
    m_search->setMinimumWidth(fontMetrics().averageCharWidth() * 16);
    connect(m_search, &QLineEdit::textChanged, &m_filter, &EventFilter::setSearched);
    bar.addWidget(m_search, 1);

    auto *find = new QAction(this);
    find->setShortcut(QKeySequence::Find);
    find->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(find, &QAction::triggered, m_search, [this] { m_search->setFocus(Qt::ShortcutFocusReason); });
    addAction(find);
}

void LogView::addActions(QHBoxLayout &bar)
{
    const auto add = [this, &bar](const QString &name, const QString &text, const QString &toolTip,
                                  void (LogView::*slot)()) {
        auto *button = new QToolButton(this);
        button->setText(text);
        button->setObjectName(name);
        button->setFocusPolicy(Qt::StrongFocus);
        button->setToolTip(toolTip);
        connect(button, &QToolButton::clicked, this, slot);
        bar.addWidget(button);
    };
    add(QStringLiteral("copy"), tr("Copy"), tr("Copy the selected lines, or all that are shown"), &LogView::copy);
    add(QStringLiteral("save"), tr("Save…"), tr("Save all lines that are shown"), &LogView::chooseFile);
    add(QStringLiteral("clear"), tr("Clear"), tr("Remove all lines"), &LogView::clear);

    auto *copy = new QAction(m_table);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    connect(copy, &QAction::triggered, this, &LogView::copy);
    m_table->addAction(copy);
}

void LogView::setUpTable()
{
    m_filter.setSourceModel(&m_log);
    m_table->setModel(&m_filter);
    m_table->setItemDelegateForColumn(EventLog::KindColumn, new KindDelegate(this));
    m_table->setAccessibleName(tr("Events"));
    m_table->setTextElideMode(Qt::ElideRight);
    makePlain(*m_table);
    const auto widthFor = [this](const QString &text) {
        return m_table->fontMetrics().horizontalAdvance(text + QStringLiteral("MMM"));
    };
    m_table->setColumnWidth(EventLog::TimeColumn, widthFor(QStringLiteral("00:00:00.000")));
    m_table->setColumnWidth(EventLog::EndColumn,
                            std::max(widthFor(nameOf(EventEnd::Client)), widthFor(nameOf(EventEnd::Server))));
    int kind = 0;
    for (const EventKind each : eventKinds)
        kind = std::max(kind, widthFor(nameOf(each)) + m_table->fontMetrics().height());
    m_table->setColumnWidth(EventLog::KindColumn, kind);
    keepPlace();
}

// At the end, new lines are followed; elsewhere, the lines that are read stay where they are while the oldest go.
void LogView::keepPlace()
{
    const auto remember = [this] {
        const QScrollBar *bar = m_table->verticalScrollBar();
        m_isAtEnd = bar->value() == bar->maximum();
        m_topRow = bar->value();
    };
    const auto follow = [this] {
        if (m_isAtEnd)
            m_table->scrollToBottom();
    };
    connect(&m_filter, &QAbstractItemModel::rowsAboutToBeInserted, this, remember);
    connect(&m_filter, &QAbstractItemModel::rowsInserted, this, follow);
    connect(&m_filter, &QAbstractItemModel::layoutAboutToBeChanged, this, remember);
    connect(&m_filter, &QAbstractItemModel::layoutChanged, this, follow);
    connect(&m_filter, &QAbstractItemModel::rowsAboutToBeRemoved, this, remember);
    connect(&m_filter, &QAbstractItemModel::rowsRemoved, this, [this](const QModelIndex &, int first, int last) {
        if (!m_isAtEnd)
            m_table->verticalScrollBar()->setValue(m_topRow - (last - first + 1));
    });
}

void LogView::colorKinds()
{
    const int side = fontMetrics().ascent() * 3 / 4;
    for (const EventKind kind : eventKinds) {
        const auto swatch = [&](Hue hue) { return swatchPixmap(colorOf(hue, palette()), side, devicePixelRatioF()); };
        QIcon icon;
        icon.addPixmap(swatch(hueOf(kind)), QIcon::Normal, QIcon::On);
        icon.addPixmap(swatch(Hue::Neutral), QIcon::Normal, QIcon::Off);
        QPushButton &button = *m_kinds[std::size_t(kind)];
        button.setIconSize({side, side});
        button.setIcon(icon);
        button.setFixedWidth(side + fontMetrics().horizontalAdvance(button.text()) + 5 * fontMetrics().averageCharWidth());
    }
}

void LogView::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        colorKinds();
}

void LogView::clear()
{
    m_log.clear();
}

void LogView::copy()
{
    QList<int> rows = selectedRows();
    if (rows.isEmpty())
        rows = allRows();
    QGuiApplication::clipboard()->setText(lines(rows));
}

QList<int> LogView::selectedRows() const
{
    QList<int> rows;
    const QModelIndexList selected = m_table->selectionModel()->selectedRows();
    for (const QModelIndex &index : selected)
        rows.append(index.row());
    std::sort(rows.begin(), rows.end());
    return rows;
}

QList<int> LogView::allRows() const
{
    QList<int> rows(m_filter.rowCount());
    std::iota(rows.begin(), rows.end(), 0);
    return rows;
}

QString LogView::lines(const QList<int> &rows) const
{
    QString lines;
    for (const int row : rows)
        lines += m_filter.index(row, 0).data(EventLog::LineRole).toString() + QLatin1Char('\n');
    return lines;
}

bool LogView::save(const QString &file, QString *problem)
{
    m_log.flush();
    QSaveFile target(file);
    if (target.open(QIODevice::WriteOnly)) {
        target.write(lines(allRows()).toUtf8());
        if (target.commit())
            return true;
    }
    *problem = tr("%1 cannot be written: %2").arg(file, target.errorString());
    return false;
}

void LogView::chooseFile()
{
    auto *dialog = new QFileDialog(this, tr("Save the log"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilter(tr("Text (*.txt *.log)"));
    dialog->setDefaultSuffix(QStringLiteral("txt"));
    dialog->selectFile(QStringLiteral("qnetpool-log.txt"));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &file) {
        QString problem;
        if (save(file, &problem))
            return;
        auto *message = new QMessageBox(QMessageBox::Warning, tr("Save the log"), problem, QMessageBox::Ok, this);
        message->setAttribute(Qt::WA_DeleteOnClose);
        message->open();
    });
    dialog->open();
}

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#include "gui/log/logview.h"

#include <QtCore/QFile>
#include <QtCore/QTemporaryDir>
#include <QtGui/QClipboard>
#include <QtGui/QGuiApplication>
#include <QtTest/QAbstractItemModelTester>
#include <QtTest/QSignalSpy>
#include <QtTest/QTest>
#include <QtWidgets/QAbstractButton>
#include <QtWidgets/QFileDialog>
#include <QtWidgets/QLineEdit>
#include <QtWidgets/QMessageBox>
#include <QtWidgets/QScrollBar>
#include <QtWidgets/QTableView>

using namespace Demo;

static Event eventOf(int number, EventKind kind = EventKind::Connection)
{
    return {.time = QDateTime(QDate(2026, 1, 2), QTime(3, 4, 5)).addMSecs(number),
            .end = number % 2 ? EventEnd::Client : EventEnd::Server,
            .kind = kind,
            .text = QStringLiteral("Event %1").arg(number)};
}

static void addEvents(EventLog &log, int first, int last)
{
    for (int number = first; number <= last; ++number)
        log.add(eventOf(number));
    log.flush();
}

static QStringList textsOf(const QAbstractItemModel &model)
{
    QStringList texts;
    for (int row = 0; row < model.rowCount(); ++row)
        texts.append(model.index(row, EventLog::TextColumn).data().toString());
    return texts;
}

// The view in a window, and its parts.
class Window
{
public:
    Window()
    {
        view.resize(900, 300);
        view.show();
        view.activateWindow();
        isUp = QTest::qWaitForWindowActive(&view);
    }

    QAbstractButton &button(const QString &text)
    {
        const auto buttons = view.findChildren<QAbstractButton *>();
        return **std::find_if(buttons.begin(), buttons.end(),
                              [&](const QAbstractButton *each) { return each->text() == text; });
    }
    QTableView &table() { return *view.findChild<QTableView *>(); }
    QLineEdit &search() { return *view.findChild<QLineEdit *>(); }
    QStringList shown() { return textsOf(*table().model()); }
    QString firstVisible()
    {
        const int row = table().rowAt(table().rowHeight(0) / 2);
        return table().model()->index(row, EventLog::TextColumn).data().toString();
    }
    bool isAtEnd() { return table().verticalScrollBar()->value() == table().verticalScrollBar()->maximum(); }

    LogView view;
    bool isUp = false;
};

class tst_EventLog : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aFloodIsOneInsertion();
    void theOldestGo_data();
    void theOldestGo();
    void aFloodKeepsToTheLimitBeforeItIsShown();
    void columns();
    void clears();

    void kindsAreFiltered();
    void searchFinds_data();
    void searchFinds();
    void theSelectionOutlivesTheFilter();
    void itFollowsTheEnd();
    void whatIsReadStays();
    void copies();
    void copiesByKeys();
    void saves();
    void reportsWhatCannotBeSaved();
    void savesByDialog();
    void theKeyboardIsEnough();
    void itIsTextToo();
};

void tst_EventLog::aFloodIsOneInsertion()
{
    EventLog log;
    QAbstractItemModelTester tester(&log, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QSignalSpy inserted(&log, &QAbstractItemModel::rowsInserted);
    for (int number = 1; number <= 1000; ++number)
        log.add(eventOf(number));
    QCOMPARE(log.rowCount(), 0);
    QTRY_COMPARE(log.rowCount(), 1000);
    QCOMPARE(inserted.size(), 1);
    log.add(EventEnd::Client, EventKind::Action, QStringLiteral("Flush"));
    QTRY_COMPARE(log.rowCount(), 1001);
}

void tst_EventLog::theOldestGo_data()
{
    QTest::addColumn<QList<int>>("batches");
    QTest::newRow("at the limit") << QList<int>{60, 40};
    QTest::newRow("one by one") << QList<int>{100, 1, 1, 1};
    QTest::newRow("beyond it") << QList<int>{60, 60};
    QTest::newRow("all at once") << QList<int>{250};
    QTest::newRow("all anew") << QList<int>{70, 100};
    QTest::newRow("more than all") << QList<int>{100, 330, 7};
}

void tst_EventLog::theOldestGo()
{
    QFETCH(const QList<int>, batches);
    EventLog log(100);
    QAbstractItemModelTester tester(&log, QAbstractItemModelTester::FailureReportingMode::QtTest);
    int last = 0;
    for (const int size : batches) {
        addEvents(log, last + 1, last + size);
        last += size;
        const int rows = std::min(last, 100);
        QCOMPARE(log.rowCount(), rows);
        for (int row = 0; row < rows; ++row)
            QCOMPARE(log.index(row, EventLog::TextColumn).data().toString(),
                     QStringLiteral("Event %1").arg(last - rows + row + 1));
    }
}

void tst_EventLog::aFloodKeepsToTheLimitBeforeItIsShown()
{
    EventLog log(100);
    QSignalSpy inserted(&log, &QAbstractItemModel::rowsInserted);
    addEvents(log, 1, 5000);
    QCOMPARE(inserted.size(), 1);
    QCOMPARE(inserted.first().at(2).toInt(), 99);
    QCOMPARE(textsOf(log).value(0), QStringLiteral("Event 4901"));
}

void tst_EventLog::columns()
{
    EventLog log;
    log.add({.time = QDateTime(QDate(2026, 1, 2), QTime(3, 4, 5, 67)),
             .end = EventEnd::Server,
             .kind = EventKind::Sizing,
             .text = QStringLiteral("two\nlines\t<b>")});
    log.flush();
    const auto text = [&log](int column) { return log.index(0, column).data().toString(); };
    QCOMPARE(text(EventLog::TimeColumn), QStringLiteral("03:04:05.067"));
    QCOMPARE(text(EventLog::EndColumn), QStringLiteral("Server"));
    QCOMPARE(text(EventLog::KindColumn), QStringLiteral("Sizing"));
    QCOMPARE(text(EventLog::TextColumn), QStringLiteral("two lines <b>"));
    const QString line = log.index(0, 0).data(EventLog::LineRole).toString();
    QCOMPARE(line.count(QLatin1Char('\t')), 3);
    QCOMPARE(line, QStringLiteral("2026-01-02T03:04:05.067\tServer\tSizing\ttwo lines <b>"));
    QVERIFY(log.index(0, EventLog::TextColumn).data(Qt::ToolTipRole).toString().contains(QStringLiteral("&lt;b&gt;")));
}

void tst_EventLog::clears()
{
    Window window;
    addEvents(window.view.log(), 1, 10);
    window.view.log().add(eventOf(11)); // not shown yet
    QTest::mouseClick(&window.button(QStringLiteral("Clear")), Qt::LeftButton);
    QCOMPARE(window.shown().size(), 0);
    addEvents(window.view.log(), 12, 12);
    QCOMPARE(window.shown(), QStringList(QStringLiteral("Event 12")));
}

void tst_EventLog::kindsAreFiltered()
{
    Window window;
    QAbstractItemModelTester tester(window.table().model(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    int number = 0;
    for (const EventKind kind : eventKinds)
        window.view.log().add(eventOf(++number, kind));
    window.view.log().flush();
    QCOMPARE(window.shown().size(), 5);
    number = 0;
    for (const EventKind kind : eventKinds) {
        const QString text = QStringLiteral("Event %1").arg(++number);
        QAbstractButton &button = window.button(nameOf(kind));
        QTest::mouseClick(&button, Qt::LeftButton);
        QVERIFY(!button.isChecked());
        QCOMPARE(window.shown().size(), 4);
        QVERIFY(!window.shown().contains(text));
        window.view.log().add(eventOf(number, kind)); // nor later ones
        window.view.log().flush();
        QCOMPARE(window.shown().size(), 4);
        QTest::mouseClick(&button, Qt::LeftButton);
        QCOMPARE(window.shown().count(text), 2);
        window.view.clear();
        int again = 0;
        for (const EventKind each : eventKinds)
            window.view.log().add(eventOf(++again, each));
        window.view.log().flush();
    }
}

void tst_EventLog::searchFinds_data()
{
    QTest::addColumn<QString>("searched");
    QTest::addColumn<QStringList>("found");
    QTest::newRow("whatever its case") << QStringLiteral("EVENT 2") << QStringList{QStringLiteral("Event 2")};
    QTest::newRow("an end") << QStringLiteral("server") << QStringList{QStringLiteral("Event 2"), QStringLiteral("Event 4")};
    QTest::newRow("a time") << QStringLiteral("05.003") << QStringList{QStringLiteral("Event 3")};
    QTest::newRow("a kind") << QStringLiteral("error") << QStringList{QStringLiteral("Event 4")};
    QTest::newRow("no pattern") << QStringLiteral("Event .") << QStringList();
}

void tst_EventLog::searchFinds()
{
    QFETCH(const QString, searched);
    QFETCH(const QStringList, found);
    Window window;
    QAbstractItemModelTester tester(window.table().model(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    addEvents(window.view.log(), 1, 3);
    window.view.log().add(eventOf(4, EventKind::Error));
    window.view.log().flush();
    window.search().setText(searched);
    QCOMPARE(window.shown(), found);
    window.search().clear();
    QCOMPARE(window.shown().size(), 4);
}

void tst_EventLog::theSelectionOutlivesTheFilter()
{
    Window window;
    addEvents(window.view.log(), 1, 50);
    window.table().selectRow(23);
    window.search().setText(QStringLiteral("event 2"));
    const QModelIndexList selected = window.table().selectionModel()->selectedRows(EventLog::TextColumn);
    QCOMPARE(selected.size(), 1);
    QCOMPARE(selected.first().data().toString(), QStringLiteral("Event 24"));
}

void tst_EventLog::itFollowsTheEnd()
{
    Window window;
    QVERIFY(window.isUp);
    for (int batch = 0; batch < 25; ++batch) { // far beyond the limit
        addEvents(window.view.log(), 1000 * batch + 1, 1000 * batch + 1000);
        QCOMPARE(window.table().verticalScrollBar()->maximum() > 0, true);
        QVERIFY(window.isAtEnd());
    }
    const QRect last = window.table().visualRect(window.table().model()->index(9999, 0));
    QVERIFY(window.table().viewport()->rect().contains(last.center()));
    window.search().setText(QStringLiteral("7"));
    QVERIFY(window.isAtEnd());
    window.search().clear();
    QVERIFY(window.isAtEnd());
}

void tst_EventLog::whatIsReadStays()
{
    Window window;
    QVERIFY(window.isUp);
    addEvents(window.view.log(), 1, 9990);
    window.table().verticalScrollBar()->setValue(5000);
    const QString first = window.firstVisible();
    QCOMPARE(first, QStringLiteral("Event 5001"));
    for (int batch = 0; batch < 20; ++batch) { // at first only new ones come, then the oldest go, too
        addEvents(window.view.log(), 10'000 + 100 * batch, 10'099 + 100 * batch);
        QCoreApplication::processEvents();
        QCOMPARE(window.firstVisible(), first);
    }
    window.table().scrollToBottom();
    addEvents(window.view.log(), 20'000, 20'100);
    QVERIFY(window.isAtEnd());
}

void tst_EventLog::copies()
{
    Window window;
    addEvents(window.view.log(), 1, 5);
    QTest::mouseClick(&window.button(QStringLiteral("Copy")), Qt::LeftButton);
    QStringList lines = QGuiApplication::clipboard()->text().split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), 5);
    QCOMPARE(lines[0], QStringLiteral("2026-01-02T03:04:05.001\tClient\tConnection\tEvent 1"));

    window.search().setText(QStringLiteral("server")); // all that are shown
    QTest::mouseClick(&window.button(QStringLiteral("Copy")), Qt::LeftButton);
    QCOMPARE(QGuiApplication::clipboard()->text().count(QLatin1Char('\n')), 2);

    window.search().clear();
    window.table().selectRow(3);
    window.table().selectionModel()->select(window.table().model()->index(1, 0),
                                            QItemSelectionModel::Select | QItemSelectionModel::Rows);
    QTest::mouseClick(&window.button(QStringLiteral("Copy")), Qt::LeftButton);
    lines = QGuiApplication::clipboard()->text().split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), 2);
    QVERIFY(lines[0].endsWith(QStringLiteral("Event 2"))); // in the log's order
    QVERIFY(lines[1].endsWith(QStringLiteral("Event 4")));
}

void tst_EventLog::copiesByKeys()
{
    Window window;
    QVERIFY(window.isUp);
    addEvents(window.view.log(), 1, 5);
    window.table().setFocus();
    window.table().selectRow(2);
    QTest::keySequence(&window.table(), QKeySequence::Copy);
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("2026-01-02T03:04:05.003\tClient\tConnection\tEvent 3\n"));
}

void tst_EventLog::saves()
{
    QTemporaryDir folder;
    const QString name = folder.filePath(QStringLiteral("log.txt"));
    Window window;
    addEvents(window.view.log(), 1, 4);
    window.view.log().add(
            {eventOf(5).time, EventEnd::Client, EventKind::Error, QStringLiteral("déjà vu — 断开")}); // not shown yet
    window.search().setText(QStringLiteral("client"));
    QString problem;
    QVERIFY(window.view.save(name, &problem));
    QVERIFY(problem.isEmpty());
    QFile file(name);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QStringList lines = QString::fromUtf8(file.readAll()).split(QLatin1Char('\n'));
    QCOMPARE(lines.size(), 4); // the last is empty
    QVERIFY(lines[0].endsWith(QStringLiteral("\tEvent 1")));
    QVERIFY(lines[1].endsWith(QStringLiteral("\tEvent 3")));
    QVERIFY(lines[2].endsWith(QStringLiteral("\tdéjà vu — 断开")));
}

void tst_EventLog::reportsWhatCannotBeSaved()
{
    QTemporaryDir folder;
    Window window;
    addEvents(window.view.log(), 1, 4);
    for (const QString &name : {folder.filePath(QStringLiteral("none/log.txt")), folder.path()}) {
        QString problem;
        QVERIFY(!window.view.save(name, &problem));
        QVERIFY2(problem.contains(name) && problem.size() > name.size() + 10, qPrintable(problem));
    }
}

void tst_EventLog::savesByDialog()
{
    QTemporaryDir folder;
    Window window;
    QVERIFY(window.isUp);
    addEvents(window.view.log(), 1, 4);
    QTest::mouseClick(&window.button(QStringLiteral("Save…")), Qt::LeftButton);
    auto *dialog = window.view.findChild<QFileDialog *>();
    QVERIFY(dialog);
    const QString name = folder.filePath(QStringLiteral("log.txt"));
    Q_EMIT dialog->fileSelected(name);
    QVERIFY(QFile::exists(name));
    QVERIFY(!window.view.findChild<QMessageBox *>());
    Q_EMIT dialog->fileSelected(folder.filePath(QStringLiteral("none/log.txt")));
    auto *message = window.view.findChild<QMessageBox *>();
    QVERIFY(message);
    QVERIFY(message->text().contains(QStringLiteral("none/log.txt")));
}

void tst_EventLog::theKeyboardIsEnough()
{
    Window window;
    QVERIFY(window.isUp);
    addEvents(window.view.log(), 1, 4);
    window.table().setFocus();
    QTest::keySequence(&window.table(), QKeySequence::Find);
    QCOMPARE(window.view.focusWidget(), &window.search());

    QSet<QWidget *> reached;
    for (int i = 0; i < 20; ++i) {
        reached.insert(window.view.focusWidget());
        QTest::keyClick(window.view.focusWidget(), Qt::Key_Tab);
    }
    QVERIFY(reached.contains(&window.table()));
    QVERIFY(reached.contains(&window.search()));
    QStringList buttons{QStringLiteral("Copy"), QStringLiteral("Save…"), QStringLiteral("Clear")};
    for (const EventKind kind : eventKinds)
        buttons.append(nameOf(kind));
    for (const QString &button : buttons)
        QVERIFY2(reached.contains(&window.button(button)), qPrintable(button));
    window.button(QStringLiteral("Connection")).setFocus();
    QTest::keyClick(window.view.focusWidget(), Qt::Key_Space);
    QCOMPARE(window.shown().size(), 0);
}

void tst_EventLog::itIsTextToo()
{
    Window window;
    QVERIFY(!window.view.accessibleName().isEmpty());
    QVERIFY(!window.table().accessibleName().isEmpty());
    QVERIFY(!window.search().accessibleName().isEmpty());
    for (const EventKind kind : eventKinds)
        QVERIFY(window.button(nameOf(kind)).accessibleName().contains(nameOf(kind)));
    for (int column = 0; column < EventLog::ColumnCount; ++column)
        QVERIFY(!window.view.log().headerData(column, Qt::Horizontal).toString().isEmpty());
}

QTEST_MAIN(tst_EventLog)
#include "tst_eventlog.moc"

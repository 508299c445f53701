// SPDX-License-Identifier: BSD-3-Clause
#include "gui/colors.h"
#include "gui/leases/leasetable.h"

#include <QtCore/QRandomGenerator>
#include <QtTest/QAbstractItemModelTester>
#include <QtTest/QSignalSpy>
#include <QtTest/QTest>
#include <QtWidgets/QHeaderView>

using namespace Demo;
using namespace std::chrono_literals;
using QNetPool::ConnectionId;

static ConnectionId idOf(int number)
{
    return ConnectionId::fromString(QStringLiteral("%1").arg(number, 8, 10, QLatin1Char('0')));
}

static Lease leaseOf(int number, std::chrono::milliseconds age)
{
    return {.id = idOf(number), .age = age, .connectionAge = age + 65s, .bytes = 1000 * number, .exchanges = 100 - number};
}

class tst_LeaseTable : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void theLongestIsFirst();
    void eachColumnSorts_data();
    void eachColumnSorts();
    void updatesStayInPlace();
    void theSelectionStaysWithItsLease();
    void manySignalsAreNotNeeded();
    void atRandom();
    void aLongLeaseIsMarked_data();
    void aLongLeaseIsMarked();
    void anyIdCanBeRead();
    void theKeyboardIsEnough();

private:
    QAbstractItemModel &model() { return *m_table->model(); }
    QString text(int row, int column) { return model().index(row, column).data().toString(); }
    QStringList ids();

    std::unique_ptr<LeaseTable> m_table;
};

void tst_LeaseTable::init()
{
    m_table = std::make_unique<LeaseTable>();
    new QAbstractItemModelTester(m_table->model(), QAbstractItemModelTester::FailureReportingMode::QtTest, m_table.get());
    m_table->resize(600, 300);
    m_table->show();
    m_table->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(m_table.get()));
}

void tst_LeaseTable::cleanup()
{
    m_table.reset();
}

QStringList tst_LeaseTable::ids()
{
    QStringList ids;
    for (int row = 0; row < model().rowCount(); ++row)
        ids.append(text(row, LeaseModel::IdColumn).right(1));
    return ids;
}

void tst_LeaseTable::theLongestIsFirst()
{
    m_table->show({leaseOf(1, 500ms), leaseOf(2, 61s), leaseOf(3, 2s)});
    QCOMPARE(ids().join(QString()), QStringLiteral("231"));
    QCOMPARE(text(0, LeaseModel::AgeColumn), QStringLiteral("1 min 01 s"));
    QCOMPARE(text(0, LeaseModel::ConnectionAgeColumn), QStringLiteral("2 min 06 s"));
    QCOMPARE(text(0, LeaseModel::BytesColumn), QLocale().formattedDataSize(2000));
    QCOMPARE(text(0, LeaseModel::ExchangesColumn), QStringLiteral("98"));
    QCOMPARE(text(1, LeaseModel::AgeColumn), QStringLiteral("2.0 s"));
    QCOMPARE(text(2, LeaseModel::AgeColumn), QStringLiteral("500 ms"));
    QCOMPARE(m_table->horizontalHeader()->sortIndicatorSection(), int(LeaseModel::AgeColumn));
    QCOMPARE(m_table->horizontalHeader()->sortIndicatorOrder(), Qt::DescendingOrder);
}

void tst_LeaseTable::eachColumnSorts_data()
{
    QTest::addColumn<int>("column");
    QTest::addColumn<QString>("ascending");
    QTest::newRow("ID") << int(LeaseModel::IdColumn) << QStringLiteral("1234");
    QTest::newRow("age") << int(LeaseModel::AgeColumn) << QStringLiteral("2413");
    QTest::newRow("age of the connection") << int(LeaseModel::ConnectionAgeColumn) << QStringLiteral("1432");
    QTest::newRow("traffic") << int(LeaseModel::BytesColumn) << QStringLiteral("3142");
    QTest::newRow("exchanges") << int(LeaseModel::ExchangesColumn) << QStringLiteral("4321");
}

void tst_LeaseTable::eachColumnSorts()
{
    QFETCH(const int, column);
    QFETCH(const QString, ascending);
    m_table->show({{idOf(1), 900ms, 1s, 900, 9},
                   {idOf(2), 100ms, 9min, 5000, 8},
                   {idOf(3), 10s, 100s, 80, 7},
                   {idOf(4), 300ms, 11s, 1000, 6}});
    m_table->sortByColumn(column, Qt::AscendingOrder);
    QCOMPARE(ids().join(QString()), ascending);
    m_table->sortByColumn(column, Qt::DescendingOrder);
    QStringList reversed = ids();
    std::reverse(reversed.begin(), reversed.end());
    QCOMPARE(reversed.join(QString()), ascending);
    m_table->show({{idOf(4), 300ms, 11s, 1000, 6},
                   {idOf(3), 10s, 100s, 80, 7},
                   {idOf(2), 100ms, 9min, 5000, 8},
                   {idOf(1), 900ms, 1s, 900, 9}});
    reversed = ids();
    std::reverse(reversed.begin(), reversed.end());
    QCOMPARE(reversed.join(QString()), ascending); // still
}

void tst_LeaseTable::updatesStayInPlace()
{
    m_table->show({leaseOf(1, 3s), leaseOf(2, 2s), leaseOf(3, 1s)});
    QSignalSpy moved(&model(), &QAbstractItemModel::layoutChanged);
    QSignalSpy reset(&model(), &QAbstractItemModel::modelReset);
    QSignalSpy inserted(&model(), &QAbstractItemModel::rowsInserted);
    QSignalSpy changed(&model(), &QAbstractItemModel::dataChanged);
    m_table->show({leaseOf(3, 1100ms), leaseOf(2, 2100ms), leaseOf(1, 3100ms)});
    QCOMPARE(moved.size() + reset.size() + inserted.size(), 0);
    QCOMPARE(changed.size(), 1);
    QCOMPARE(text(0, LeaseModel::AgeColumn), QStringLiteral("3.1 s"));
}

void tst_LeaseTable::theSelectionStaysWithItsLease()
{
    m_table->show({leaseOf(1, 3s), leaseOf(2, 2s), leaseOf(3, 1s)});
    m_table->selectRow(1);
    const auto selected = [this] {
        QStringList texts;
        const QModelIndexList rows = m_table->selectionModel()->selectedRows();
        for (const QModelIndex &row : rows)
            texts.append(row.data().toString().right(1));
        return texts.join(QString());
    };
    m_table->show({leaseOf(4, 5s), leaseOf(2, 2100ms), leaseOf(3, 1s), leaseOf(5, 10ms)}); // one more before it, one less
    QCOMPARE(selected(), QStringLiteral("2"));
    m_table->sortByColumn(LeaseModel::IdColumn, Qt::AscendingOrder);
    QCOMPARE(ids().join(QString()), QStringLiteral("2345"));
    QCOMPARE(selected(), QStringLiteral("2"));
    m_table->show({leaseOf(1, 5s), leaseOf(3, 1s)});
    QCOMPARE(selected(), QString());
}

void tst_LeaseTable::manySignalsAreNotNeeded()
{
    QList<Lease> leases;
    for (int number = 1; number <= 1000; ++number)
        leases.append(leaseOf(number, std::chrono::milliseconds(number)));
    m_table->show(leases);
    QSignalSpy inserted(&model(), &QAbstractItemModel::rowsInserted);
    QSignalSpy removed(&model(), &QAbstractItemModel::rowsRemoved);
    for (int row = 0; row < 1000; row += 10)
        leases[row] = leaseOf(2000 + row, 0ms);
    m_table->show(leases);
    QCOMPARE(inserted.size(), 1);
    QCOMPARE(removed.size(), 1);
    QCOMPARE(model().rowCount(), 1000);
}

void tst_LeaseTable::atRandom()
{
    QRandomGenerator random(1);
    for (int round = 0; round < 100; ++round) {
        QList<Lease> leases;
        for (int number = 1; number <= 50; ++number) {
            if (random.bounded(2))
                leases.append(leaseOf(number, std::chrono::milliseconds(random.bounded(10'000))));
        }
        m_table->show(leases);
        QCOMPARE(model().rowCount(), leases.size());
        std::stable_sort(leases.begin(), leases.end(), [](const Lease &a, const Lease &b) { return a.age > b.age; });
        const auto &shown = static_cast<LeaseModel &>(model());
        for (int row = 0; row < leases.size(); ++row)
            QCOMPARE(shown.lease(row).age, leases[row].age);
    }
}

void tst_LeaseTable::aLongLeaseIsMarked_data()
{
    QTest::addColumn<QPalette>("palette");
    QTest::newRow("light") << QPalette(QColor(0xee, 0xee, 0xee));
    QTest::newRow("dark") << QPalette(QColor(0x30, 0x30, 0x30));
}

void tst_LeaseTable::aLongLeaseIsMarked()
{
    QFETCH(const QPalette, palette);
    m_table->setPalette(palette);
    m_table->setLongAfter(5s);
    m_table->show({leaseOf(1, 5s), leaseOf(2, 4999ms)});
    const QColor lost = colorOf(Hue::Lost, palette);
    const auto hasLostColor = [&](int row) {
        const QImage image =
                m_table->viewport()->grab(m_table->visualRect(model().index(row, LeaseModel::AgeColumn))).toImage();
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x) {
                if (image.pixelColor(x, y) == lost)
                    return true;
            }
        }
        return false;
    };
    QVERIFY(hasLostColor(0));
    QVERIFY(!hasLostColor(1));
    const auto spoken = [this](int row) {
        return model().index(row, LeaseModel::AgeColumn).data(Qt::AccessibleTextRole).toString();
    };
    QCOMPARE(spoken(0), QStringLiteral("5.0 s, long"));
    QCOMPARE(spoken(1), QStringLiteral("4.9 s"));

    m_table->setLongAfter(1min);
    QVERIFY(!hasLostColor(0));
}

void tst_LeaseTable::anyIdCanBeRead()
{
    Lease lease = leaseOf(1, 1s);
    lease.id = ConnectionId::fromBytes(QByteArrayView("\0\1\2\3\4\5\n\xff", 8));
    m_table->show({lease});
    QCOMPARE(text(0, LeaseModel::IdColumn), QStringLiteral("0x0001020304050aff"));
}

void tst_LeaseTable::theKeyboardIsEnough()
{
    m_table->show({leaseOf(1, 3s), leaseOf(2, 2s)});
    m_table->setFocus();
    QTest::keyClick(m_table.get(), Qt::Key_Down);
    QTest::keyClick(m_table.get(), Qt::Key_Down);
    QCOMPARE(m_table->currentIndex().row(), 1);
    QVERIFY(!m_table->tabKeyNavigation()); // Tab goes on to the next widget
    QVERIFY(!m_table->accessibleName().isEmpty());
    for (int column = 0; column < LeaseModel::ColumnCount; ++column)
        QVERIFY(!model().headerData(column, Qt::Horizontal).toString().isEmpty());
}

QTEST_MAIN(tst_LeaseTable)
#include "tst_leasetable.moc"

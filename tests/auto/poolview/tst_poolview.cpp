// SPDX-License-Identifier: BSD-3-Clause
#include "gui/poolview/cellgrid.h"
#include "gui/poolview/legend.h"
#include "gui/poolview/poolview.h"

#include <QtCore/QRandomGenerator>
#include <QtGui/QHelpEvent>
#include <QtGui/QPaintEvent>
#include <QtTest/QSignalSpy>
#include <QtTest/QTest>
#include <QtWidgets/QToolTip>

using namespace Demo;
using namespace std::chrono_literals;
using QNetPool::ConnectionId;

static ConnectionId idOf(int number)
{
    return ConnectionId::fromString(QStringLiteral("%1").arg(number, 8, 10, QLatin1Char('0')));
}

static QList<ConnectionId> idsOf(const QList<int> &numbers)
{
    QList<ConnectionId> ids;
    for (const int number : numbers)
        ids.append(idOf(number));
    return ids;
}

static Cell cellOf(int number, CellState state = CellState::Idle)
{
    return {.id = idOf(number), .state = state, .age = 65s, .inState = 1s, .bytes = 2048, .exchanges = 7};
}

static Cell pendingCell()
{
    return {.id = {}, .state = CellState::Pending, .age = 20ms, .inState = 20ms};
}

static QList<Cell> cellsOf(int count)
{
    QList<Cell> cells;
    for (int number = 1; number <= count; ++number)
        cells.append(cellOf(number, number % 3 ? CellState::Idle : CellState::Leased));
    return cells;
}

static QPalette darkPalette()
{
    QPalette palette(QColor(0x30, 0x30, 0x30));
    palette.setColor(QPalette::Base, QColor(0x1e, 0x1e, 0x1e));
    palette.setColor(QPalette::Text, Qt::white);
    return palette;
}

// The view in a window of its own, and what can be seen of it.
class Window
{
public:
    explicit Window(QSize size = {400, 300})
    {
        view.resize(size);
        view.show();
        view.activateWindow();
        isUp = QTest::qWaitForWindowActive(&view);
    }

    QColor colorAt(QPoint point) { return view.grab().toImage().pixelColor(point * view.devicePixelRatioF()); }
    QColor colorOfCell(int number) { return colorAt(view.cellRect(idOf(number)).center()); }
    QString toolTipAt(QPoint point)
    {
        QHelpEvent event(QEvent::ToolTip, point, grid().mapToGlobal(point));
        QCoreApplication::sendEvent(&grid(), &event);
        return QToolTip::text();
    }
    CellGrid &grid() { return *view.findChild<CellGrid *>(); }
    QString counts() { return view.findChild<Legend *>()->accessibleDescription(); }
    bool isSelected(int number) { return grid().accessibleDescription().contains(idOf(number).toString()); }

    PoolView view;
    bool isUp = false;
};

class tst_PoolView : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aConnectionKeepsItsSeat();
    void theLowestFreeSeatIsGivenFirst();
    void allMoveUpOnceLessThanHalfIsTaken();
    void seatsAtRandom();
    void cellsFitIntoTheArea_data();
    void cellsFitIntoTheArea();
    void lossesFadeForTwoSeconds();
    void aLossGoesWithoutBeingToldAgain();
    void returnedConnectionIsNotLost();
    void pendingOnesSitWhereTheNextWillSit();
    void idleForLongIsParkedLong();
    void onlyWhatChangedIsTold();

    void aCellHasItsStatesColor_data();
    void aCellHasItsStatesColor();
    void colorsFollowThePalette();
    void cellsStayWhereTheyAre();
    void aLostCellFadesAway();
    void onlyTheChangedCellIsPaintedAgain();
    void manyCells_data();
    void manyCells();
    void theRestIsCounted();
    void hiddenItCollectsNothing();

    void toolTipTellsAboutTheCell();
    void toolTipIsNoMarkup();
    void arrowsMoveTheSelection();
    void arrowsPassEmptySeats();
    void theSelectionGoesWithItsConnection();
    void enterActivates();
    void doubleClickActivates();
    void tabReachesIt();
    void itIsTextToo();
};

void tst_PoolView::aConnectionKeepsItsSeat()
{
    Seats seats;
    QCOMPARE(seats.assign(idsOf({1, 2, 3, 4, 5})), QList<int>({0, 1, 2, 3, 4}));
    QCOMPARE(seats.assign(idsOf({5, 3, 1})), QList<int>({4, 2, 0}));
    QCOMPARE(seats.end(), 5);
    QCOMPARE(seats.taken(), 3);
    QCOMPARE(seats.of(idOf(2)), -1);
    QVERIFY(seats.at(1).isNull());
    QCOMPARE(seats.at(2), idOf(3));
}

void tst_PoolView::theLowestFreeSeatIsGivenFirst()
{
    Seats seats;
    seats.assign(idsOf({1, 2, 3, 4, 5, 6}));
    seats.assign(idsOf({1, 3, 5, 6}));
    QCOMPARE(seats.lowestFree(3), QList<int>({1, 3, 6}));
    QCOMPARE(seats.assign(idsOf({1, 3, 5, 6, 7, 8, 9})), QList<int>({0, 2, 4, 5, 1, 3, 6}));
}

void tst_PoolView::allMoveUpOnceLessThanHalfIsTaken()
{
    Seats seats;
    seats.assign(idsOf({1, 2, 3, 4, 5, 6}));
    QCOMPARE(seats.assign(idsOf({2, 4, 6})), QList<int>({1, 3, 5})); // half is enough
    QCOMPARE(seats.assign(idsOf({2, 6})), QList<int>({0, 1}));
    QCOMPARE(seats.end(), 2);
    QVERIFY(seats.assign({}).isEmpty());
    QCOMPARE(seats.end(), 0);
}

// Whoever comes and goes: nobody shares a seat, and nobody moves while half of the seats are taken.
void tst_PoolView::seatsAtRandom()
{
    QRandomGenerator random(1);
    Seats seats;
    QHash<ConnectionId, int> before;
    for (int round = 0; round < 300; ++round) {
        QList<ConnectionId> ids;
        const int share = random.bounded(1, 100);
        for (int number = 1; number <= 200; ++number) {
            if (random.bounded(100) < share)
                ids.append(idOf(number));
        }
        const QList<int> assigned = seats.assign(ids);
        QCOMPARE(QSet<int>(assigned.begin(), assigned.end()).size(), ids.size());
        QVERIFY(seats.taken() * 2 >= seats.end());
        QHash<ConnectionId, int> now;
        for (qsizetype i = 0; i < ids.size(); ++i) {
            QCOMPARE(seats.at(assigned[i]), ids[i]);
            now.insert(ids[i], assigned[i]);
        }
        const bool isCompact = seats.taken() == seats.end(); // perhaps because all have moved up
        for (auto it = before.cbegin(); !isCompact && it != before.cend(); ++it)
            QVERIFY(!now.contains(it.key()) || now[it.key()] == it.value());
        before = now;
    }
}

void tst_PoolView::cellsFitIntoTheArea_data()
{
    QTest::addColumn<int>("cells");
    QTest::addColumn<QSize>("size");
    QTest::newRow("one") << 1 << QSize(400, 300);
    QTest::newRow("a hundred") << 100 << QSize(400, 300);
    QTest::newRow("narrow") << 100 << QSize(30, 1000);
    QTest::newRow("5,000") << 5000 << QSize(600, 200);
    QTest::newRow("65,536") << 65536 << QSize(768, 768);
}

void tst_PoolView::cellsFitIntoTheArea()
{
    QFETCH(const int, cells);
    QFETCH(const QSize, size);
    const QRect area(QPoint(7, 5), size);
    const CellLayout layout(area, cells, {.smallest = 3, .largest = 30});
    QVERIFY(layout.room() >= cells);
    QVERIFY(layout.side() >= 3);
    for (int cell = 0; cell < cells; ++cell) {
        const QRect rect = layout.rect(cell);
        QVERIFY(area.contains(rect));
        QCOMPARE(rect.size(), QSize(layout.side(), layout.side()));
        QCOMPARE(layout.cellAt(rect.topLeft()), cell); // and so none covers another
        QCOMPARE(layout.cellAt(rect.bottomRight()), cell);
    }
    QCOMPARE(layout.cellAt(area.topLeft() - QPoint(1, 0)), -1);
    QCOMPARE(layout.cellAt(area.bottomRight() + QPoint(1, 1)), -1);
}

void tst_PoolView::lossesFadeForTwoSeconds()
{
    CellMap map;
    map.show({cellOf(1), cellOf(2)}, 0ms);
    Cell lost = cellOf(1, CellState::Lost);
    lost.inState = 0ms;
    QCOMPARE(map.show({lost, cellOf(2)}, 100ms), QList<int>({0}));
    QCOMPARE(map.look(0).state, CellState::Lost);
    QCOMPARE(map.look(0).faded, quint8(0));
    QVERIFY(map.fades());

    int faded = 0;
    for (auto now = 200ms; now < 2100ms; now += 100ms) {
        map.advance(now);
        QVERIFY(!map.look(0).isEmpty);
        QVERIFY(map.look(0).faded >= faded);
        faded = map.look(0).faded;
        QCOMPARE(map.at(0)->inState, now - 100ms);
    }
    QCOMPARE(faded, CellMap::fadeSteps - 1);
    QCOMPARE(map.advance(2100ms), QList<int>({0}));
    QVERIFY(!map.at(0));
    QVERIFY(!map.fades());
    QCOMPARE(map.count(CellState::Lost), 0);
    QCOMPARE(map.count(CellState::Idle), 1);
}

void tst_PoolView::aLossGoesWithoutBeingToldAgain()
{
    CellMap map;
    Cell lost = cellOf(1, CellState::Lost);
    lost.inState = 500ms;
    map.show({lost, cellOf(2)}, 1000ms);
    map.show({cellOf(2)}, 2499ms);
    QCOMPARE(map.count(CellState::Lost), 1);
    map.show({cellOf(2)}, 2500ms);
    QCOMPARE(map.count(CellState::Lost), 0);
    lost.inState = 2000ms; // and is not told of again
    map.show({lost, cellOf(2)}, 2500ms);
    QCOMPARE(map.count(CellState::Lost), 0);
}

void tst_PoolView::returnedConnectionIsNotLost()
{
    CellMap map;
    map.show({cellOf(1, CellState::Lost)}, 0ms);
    map.show({cellOf(1, CellState::Leased)}, 100ms);
    QCOMPARE(map.look(0).state, CellState::Leased);
    QVERIFY(!map.fades());
}

void tst_PoolView::pendingOnesSitWhereTheNextWillSit()
{
    CellMap map;
    map.show({cellOf(1), cellOf(2), cellOf(3)}, 0ms);
    map.show({cellOf(1), cellOf(3), pendingCell(), pendingCell()}, 0ms);
    QCOMPARE(map.look(1).state, CellState::Pending);
    QCOMPARE(map.look(3).state, CellState::Pending);
    QCOMPARE(map.count(CellState::Pending), 2);
    QCOMPARE(map.show({cellOf(1), cellOf(3), cellOf(4), pendingCell()}, 0ms), QList<int>({1}));
    QCOMPARE(map.at(1)->id, idOf(4));
}

void tst_PoolView::idleForLongIsParkedLong()
{
    CellMap map;
    map.setParkedLongAfter(5s);
    Cell cell = cellOf(1);
    cell.inState = 4999ms;
    map.show({cell}, 0ms);
    QCOMPARE(map.look(0).state, CellState::Idle);
    cell.inState = 5s;
    map.show({cell}, 0ms);
    QCOMPARE(map.look(0).state, CellState::ParkedLong);
    QVERIFY(describe(*map.at(0)).contains(nameOf(CellState::ParkedLong)));
    cell.state = CellState::Leased;
    map.show({cell}, 0ms);
    QCOMPARE(map.look(0).state, CellState::Leased);
}

void tst_PoolView::onlyWhatChangedIsTold()
{
    CellMap map;
    QList<Cell> cells = cellsOf(100);
    QCOMPARE(map.show(cells, 0ms).size(), 100);
    for (Cell &cell : cells)
        cell.age += 100ms;
    QVERIFY(map.show(cells, 100ms).isEmpty());
    cells[16].state = CellState::Leased;
    cells[42].state = CellState::Leased;
    cells.removeLast();
    QCOMPARE(map.show(cells, 200ms), QList<int>({16, 42, 99}));
}

void tst_PoolView::aCellHasItsStatesColor_data()
{
    QTest::addColumn<QPalette>("palette");
    QTest::addColumn<CellState>("state");
    for (const CellState state : cellStates) {
        QTest::addRow("light, %s", qPrintable(nameOf(state))) << QPalette(QColor(0xee, 0xee, 0xee)) << state;
        QTest::addRow("dark, %s", qPrintable(nameOf(state))) << darkPalette() << state;
    }
}

void tst_PoolView::aCellHasItsStatesColor()
{
    QFETCH(const QPalette, palette);
    QFETCH(const CellState, state);
    Window window;
    QVERIFY(window.isUp);
    window.view.setPalette(palette);
    Cell cell = state == CellState::Pending ? pendingCell() : cellOf(2, state);
    cell.inState = 0ms;
    window.view.show({cellOf(1), cell, cellOf(3)});

    const QColor expected = colorOf(hueOf(state), palette);
    if (state != CellState::Pending) {
        QCOMPARE(window.colorOfCell(2), expected);
        return;
    }
    // It has no ID to be found by: it sits behind those that have one.
    const QRect last = window.view.cellRect(idOf(3));
    QCOMPARE(window.colorAt(last.center() + QPoint(last.width() + 3, 0)), expected);
}

void tst_PoolView::colorsFollowThePalette()
{
    Window window;
    QVERIFY(window.isUp);
    window.view.show({cellOf(1, CellState::Leased)});
    const QColor light = window.colorOfCell(1);
    window.view.setPalette(darkPalette());
    QCOMPARE(window.colorOfCell(1), colorOf(Hue::Leased, darkPalette()));
    QVERIFY(window.colorOfCell(1) != light);
    QCOMPARE(window.colorAt(window.grid().geometry().bottomRight() - QPoint(3, 3)), darkPalette().color(QPalette::Base));
}

void tst_PoolView::cellsStayWhereTheyAre()
{
    Window window;
    QVERIFY(window.isUp);
    window.view.show({cellOf(1), cellOf(2), cellOf(3), cellOf(4)});
    const QRect third = window.view.cellRect(idOf(3));
    const QRect second = window.view.cellRect(idOf(2));
    QVERIFY(third.isValid());
    window.view.show({cellOf(4), cellOf(3, CellState::Leased), cellOf(1)});
    QCOMPARE(window.view.cellRect(idOf(3)), third);
    QCOMPARE(window.colorOfCell(3), colorOf(Hue::Leased, window.view.palette()));
    QVERIFY(window.view.cellRect(idOf(2)).isNull());
    QCOMPARE(window.colorAt(second.center()), window.view.palette().color(QPalette::Base));
    window.view.show({cellOf(5), cellOf(4), cellOf(3), cellOf(1)});
    QCOMPARE(window.view.cellRect(idOf(5)), second);
}

void tst_PoolView::aLostCellFadesAway()
{
    Window window;
    QVERIFY(window.isUp);
    Cell lost = cellOf(1, CellState::Lost);
    lost.inState = 0ms;
    window.view.show({lost, cellOf(2)});
    QVERIFY(window.counts().contains(QStringLiteral("Lost 1")));
    const QPoint center = window.view.cellRect(idOf(1)).center();
    const QColor background = window.view.palette().color(QPalette::Base);
    const auto isFading = [&] {
        const QColor color = window.colorAt(center);
        return color != colorOf(Hue::Lost, window.view.palette()) && color != background;
    };
    QTRY_VERIFY(isFading());
    QTRY_COMPARE(window.colorAt(center), background);
    QVERIFY(window.counts().contains(QStringLiteral("Lost 0")));
    QCOMPARE(window.colorOfCell(2), colorOf(Hue::Idle, window.view.palette()));
}

void tst_PoolView::onlyTheChangedCellIsPaintedAgain()
{
    class Watch : public QObject
    {
    public:
        bool eventFilter(QObject *, QEvent *event) override
        {
            if (event->type() == QEvent::Paint)
                painted += static_cast<QPaintEvent *>(event)->region();
            return false;
        }
        QRegion painted;
    } watch;
    Window window({600, 400});
    QVERIFY(window.isUp);
    QList<Cell> cells = cellsOf(1000);
    window.view.show(cells);
    window.view.repaint();
    QCoreApplication::processEvents();

    window.grid().installEventFilter(&watch);
    cells[501].state = CellState::Leased;
    cells[501].age += 1s;
    window.view.show(cells);
    const QRect cell = window.grid().cellRect(cells[501].id);
    QTRY_COMPARE(watch.painted, QRegion(cell));
}

void tst_PoolView::manyCells_data()
{
    QTest::addColumn<int>("count");
    QTest::addColumn<QSize>("size");
    QTest::newRow("1") << 1 << QSize(400, 300);
    QTest::newRow("5,000") << 5000 << QSize(600, 400);
    QTest::newRow("65,536") << 65536 << QSize(900, 850);
}

void tst_PoolView::manyCells()
{
    QFETCH(const int, count);
    QFETCH(const QSize, size);
    Window window(size);
    QVERIFY(window.isUp);
    QList<Cell> cells = cellsOf(count);
    window.view.show(cells);
    const QImage image = window.view.grab().toImage();
    const QPalette palette = window.view.palette();
    QCOMPARE(window.grid().unseen(), 0);
    for (int number = 1; number <= count; number += 97) {
        const QRect rect = window.view.cellRect(idOf(number));
        QVERIFY(std::min(rect.width(), rect.height()) >= 3);
        const QColor expected = colorOf(number % 3 ? Hue::Idle : Hue::Leased, palette);
        QCOMPARE(image.pixelColor(rect.center() * image.devicePixelRatio()), expected);
    }
    cells.last().state = CellState::ParkedLong;
    window.view.show(cells);
    QCOMPARE(window.colorOfCell(count), colorOf(Hue::Stale, palette));
}

void tst_PoolView::theRestIsCounted()
{
    Window window({400, 200});
    QVERIFY(window.isUp);
    window.view.show(cellsOf(20));
    const auto darkPixels = [&window] { // of a text in the last line
        const QImage image = window.grid().grab().toImage();
        const int scale = qRound(image.devicePixelRatio());
        int count = 0;
        for (int y = image.height() - 14 * scale; y < image.height() - 4 * scale; ++y) {
            for (int x = image.width() / 2; x < image.width() - 4 * scale; ++x)
                count += image.pixelColor(x, y).lightness() < 100 ? 1 : 0;
        }
        return count;
    };
    QCOMPARE(darkPixels(), 0);
    window.view.show(cellsOf(65536));
    QVERIFY(window.grid().unseen() > 0);
    QVERIFY(darkPixels() > 0);
    int shown = 0;
    for (int number = 1; number <= 65536; ++number)
        shown += window.view.cellRect(idOf(number)).isNull() ? 0 : 1;
    QCOMPARE(shown + window.grid().unseen(), 65536);
    window.view.show(cellsOf(20));
    QCOMPARE(window.grid().unseen(), 0);
    QCOMPARE(darkPixels(), 0);
}

void tst_PoolView::hiddenItCollectsNothing()
{
    Window window;
    QVERIFY(window.isUp);
    window.view.show({cellOf(1)});
    QCOMPARE(window.colorOfCell(1), colorOf(Hue::Idle, window.view.palette()));
    window.view.hide();
    window.view.show({cellOf(1, CellState::Leased)});
    QCOMPARE(window.colorOfCell(1), colorOf(Hue::Leased, window.view.palette()));
}

void tst_PoolView::toolTipTellsAboutTheCell()
{
    Window window;
    QVERIFY(window.isUp);
    window.view.show({cellOf(1), cellOf(2, CellState::Leased), pendingCell()});
    const QString text = window.toolTipAt(window.grid().cellRect(idOf(2)).center());
    for (const QString &part : {idOf(2).toString(), QStringLiteral("Leased for 1.0 s"), QStringLiteral("Age 1 min 05 s"),
                                QLocale().formattedDataSize(2048), QStringLiteral("Exchanges 7")})
        QVERIFY2(text.contains(part), qPrintable(text));

    const QRect second = window.grid().cellRect(idOf(2));
    QVERIFY(window.toolTipAt(second.center() + QPoint(second.width() + 3, 0)).contains(QStringLiteral("Pending for 20 ms")));
    window.toolTipAt(window.grid().rect().bottomRight() - QPoint(9, 9));
    QTRY_VERIFY(!QToolTip::isVisible());
}

void tst_PoolView::toolTipIsNoMarkup()
{
    Window window;
    QVERIFY(window.isUp);
    Cell cell = cellOf(1);
    cell.id = ConnectionId::fromString(u"<b>&x</b");
    window.view.show({cell});
    QVERIFY(window.toolTipAt(window.grid().cellRect(cell.id).center()).contains(QStringLiteral("&lt;b&gt;&amp;x&lt;/b")));
    cell.id = ConnectionId::fromBytes(QByteArrayView("\0\1\2\3\4\5\n\xff", 8));
    QVERIFY(describe(cell).contains(QStringLiteral("0x0001020304050aff")));
}

void tst_PoolView::arrowsMoveTheSelection()
{
    Window window({300, 300});
    QVERIFY(window.isUp);
    window.view.show(cellsOf(100));
    const int second = [&] { // the first cell of the second row
        int number = 1;
        while (window.view.cellRect(idOf(number)).y() == window.view.cellRect(idOf(1)).y())
            ++number;
        return number;
    }();
    window.view.setFocus();
    QTest::keyClick(&window.grid(), Qt::Key_Home);
    QVERIFY(window.isSelected(1));
    QVERIFY(QToolTip::text().contains(idOf(1).toString()));
    QTest::keyClick(&window.grid(), Qt::Key_Right);
    QVERIFY(window.isSelected(2));
    QVERIFY(QToolTip::text().contains(idOf(2).toString()));
    QTest::keyClick(&window.grid(), Qt::Key_Down);
    QVERIFY(window.isSelected(second + 1));
    QTest::keyClick(&window.grid(), Qt::Key_Left);
    QVERIFY(window.isSelected(second));
    QTest::keyClick(&window.grid(), Qt::Key_Up);
    QVERIFY(window.isSelected(1));
    QTest::keyClick(&window.grid(), Qt::Key_Left);
    QVERIFY(window.isSelected(1));
    QTest::keyClick(&window.grid(), Qt::Key_End);
    QVERIFY(window.isSelected(100));
    QTest::keyClick(&window.grid(), Qt::Key_Down);
    QVERIFY(window.isSelected(100));

    // What is selected can be seen, and what becomes of it can be heard of.
    const QImage focused = window.view.grab().toImage();
    QTest::keyClick(&window.grid(), Qt::Key_Home);
    QVERIFY(focused != window.view.grab().toImage());
    window.view.show({cellOf(1, CellState::Leased), cellOf(2)});
    QVERIFY(window.grid().accessibleDescription().contains(QStringLiteral("Leased")));
}

void tst_PoolView::arrowsPassEmptySeats()
{
    Window window;
    QVERIFY(window.isUp);
    window.view.show(cellsOf(4));
    window.view.show({cellOf(1), cellOf(4)});
    QTest::keyClick(&window.grid(), Qt::Key_Home);
    QTest::keyClick(&window.grid(), Qt::Key_Right);
    QVERIFY(window.isSelected(4));
    QTest::keyClick(&window.grid(), Qt::Key_Left);
    QVERIFY(window.isSelected(1));
    window.view.show({});
    QVERIFY(window.grid().accessibleDescription().isEmpty());
    QTest::keyClick(&window.grid(), Qt::Key_Right);
    QTest::keyClick(&window.grid(), Qt::Key_Home);
    QTest::keyClick(&window.grid(), Qt::Key_End);
    QVERIFY(window.grid().accessibleDescription().isEmpty());
}

void tst_PoolView::theSelectionGoesWithItsConnection()
{
    Window window;
    QVERIFY(window.isUp);
    window.view.show(cellsOf(10));
    QTest::keyClick(&window.grid(), Qt::Key_End);
    QVERIFY(window.isSelected(10));
    const QRect before = window.view.cellRect(idOf(10));
    window.view.show({cellOf(9), cellOf(10)});
    QVERIFY(window.view.cellRect(idOf(10)) != before);
    QTest::keyClick(&window.grid(), Qt::Key_Left);
    QVERIFY(window.isSelected(9));
    window.view.show({cellOf(11), cellOf(10)}); // takes the seat, and looks the same
    QVERIFY(window.isSelected(11));
}

void tst_PoolView::enterActivates()
{
    Window window;
    QVERIFY(window.isUp);
    QSignalSpy activated(&window.view, &PoolView::cellActivated);
    window.view.show({cellOf(1), cellOf(2), pendingCell()});
    QTest::keyClick(&window.grid(), Qt::Key_Home);
    QTest::keyClick(&window.grid(), Qt::Key_Right);
    QTest::keyClick(&window.grid(), Qt::Key_Return);
    QTest::keyClick(&window.grid(), Qt::Key_Enter);
    QCOMPARE(activated.size(), 2);
    QCOMPARE(activated.last().first().value<ConnectionId>(), idOf(2));
    QTest::keyClick(&window.grid(), Qt::Key_Right);
    QTest::keyClick(&window.grid(), Qt::Key_Return);
    QCOMPARE(activated.size(), 2); // nothing to activate yet
}

void tst_PoolView::doubleClickActivates()
{
    Window window;
    QVERIFY(window.isUp);
    QSignalSpy activated(&window.view, &PoolView::cellActivated);
    window.view.show(cellsOf(10));
    QTest::mouseClick(&window.grid(), Qt::LeftButton, {}, window.grid().cellRect(idOf(4)).center());
    QVERIFY(window.isSelected(4));
    QCOMPARE(activated.size(), 0);
    QTest::mouseDClick(&window.grid(), Qt::LeftButton, {}, window.grid().cellRect(idOf(5)).center());
    QCOMPARE(activated.size(), 1);
    QCOMPARE(activated.first().first().value<ConnectionId>(), idOf(5));
    QTest::mouseDClick(&window.grid(), Qt::LeftButton, {}, window.grid().rect().bottomRight() - QPoint(9, 9));
    QCOMPARE(activated.size(), 1);
}

void tst_PoolView::tabReachesIt()
{
    QWidget parent;
    auto *first = new QWidget(&parent);
    first->setFocusPolicy(Qt::StrongFocus);
    auto *view = new PoolView(&parent);
    parent.show();
    parent.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&parent));
    first->setFocus();
    view->show(cellsOf(3));
    QTest::keyClick(first, Qt::Key_Tab);
    auto *grid = view->findChild<CellGrid *>();
    QCOMPARE(parent.focusWidget(), grid);
    QVERIFY(grid->accessibleDescription().contains(idOf(1).toString())); // there is one to start from
    QTest::keyClick(grid, Qt::Key_Tab);
    QCOMPARE(parent.focusWidget(), first);
}

void tst_PoolView::itIsTextToo()
{
    Window window;
    QVERIFY(window.isUp);
    window.view.show({cellOf(1), cellOf(2, CellState::Leased), cellOf(3, CellState::Leased), pendingCell()});
    QCOMPARE(window.counts(), QStringLiteral("Pending 1, Idle 1, Parked long 0, Leased 2, Lost 0"));
    QVERIFY(!window.view.accessibleName().isEmpty());
    QVERIFY(!window.grid().accessibleName().isEmpty());
    QVERIFY(!window.view.findChild<Legend *>()->accessibleName().isEmpty());
}

QTEST_MAIN(tst_PoolView)
#include "tst_poolview.moc"

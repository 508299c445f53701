// SPDX-License-Identifier: BSD-3-Clause
#include "gui/plot/columns.h"
#include "gui/plot/history.h"
#include "gui/plot/number.h"
#include "gui/plot/plot.h"
#include "gui/plot/plotlayout.h"
#include "gui/plot/scale.h"

#include <QtGui/QImage>
#include <QtTest/QSignalSpy>
#include <QtTest/QTest>
#include <QtWidgets/QApplication>

#include <array>
#include <cmath>
#include <limits>
#include <memory>

using namespace Demo;

static constexpr double missing = std::numeric_limits<double>::quiet_NaN();

using Kind = Series::Kind;
using Time = std::optional<double>;

namespace {

QPalette palette(bool dark)
{
    QPalette palette;
    palette.setColor(QPalette::Base, dark ? Qt::black : Qt::white);
    palette.setColor(QPalette::Text, dark ? Qt::white : Qt::black);
    return palette;
}

// A plot of ten seconds, with what a test needs to know of its pixels.
class Stage
{
public:
    explicit Stage(std::vector<Series> series, bool dark = false)
        : m_series(series), plot(QStringLiteral("Stock"), QStringLiteral("connections"), std::move(series), {.span = 10})
    {
        plot.setPalette(palette(dark));
        plot.resize(600, 240);
        plot.show();
    }

    // One sample every tenth of a second, from 100 s to 110 s.
    template<typename Function> void fill(Function valuesAt)
    {
        for (int i = 0; i <= 100; ++i)
            plot.append(timeOf(i), valuesAt(timeOf(i)));
    }

    static double timeOf(int sample) { return 100 + sample / 10.0; }

    QRectF area() const
    {
        return PlotLayout(plot.size(), plot.font(), m_series, QStringLiteral("Stock"), QStringLiteral("connections"), true)
                .area;
    }
    double x(double time) const { return area().right() - (110 - time) / 10 * area().width(); }
    double y(double value, double top) const { return area().bottom() - value / top * area().height(); }
    QColor color(Hue hue) const { return colorOf(hue, plot.palette()); }

    QImage image(double scale = 1)
    {
        QImage image(plot.size() * scale, QImage::Format_RGB32);
        image.setDevicePixelRatio(scale);
        plot.render(&image);
        return image;
    }

    // The rows of a column that have the colour: the first and the last, in the widget's coordinates; -1: none has it.
    std::pair<double, double> rows(const QImage &image, double time, const QColor &color) const
    {
        const double scale = image.devicePixelRatio();
        std::pair<double, double> found(-1, -1);
        for (int row = int(area().top() * scale); row < int((area().bottom() + 2) * scale); ++row)
            if (image.pixelColor(int(x(time) * scale), row) == color)
                found = {found.first < 0 ? row / scale : found.first, row / scale};
        return found;
    }

    // From elsewhere, since the mouse may be there already, from another test.
    void hover(double time)
    {
        QTest::mouseMove(&plot, QPoint(1, 1));
        QTest::mouseMove(&plot, QPoint(int(std::lround(x(time))), int(area().center().y())));
    }

private:
    std::vector<Series> m_series;

public:
    Plot plot;
};

Series line(const QString &name = QStringLiteral("idle"), Hue hue = Hue::Idle)
{
    return {name, hue};
}

std::array<double, 1> one(double value)
{
    return {value};
}

} // namespace

class tst_Plot : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void historyKeepsItsSpan();
    void historyKeepsNoMoreSamplesThanItMay();
    void historyRefusesWhatIsNotLater();
    void historyFindsTheNearestSample();
    void historyForgetsMarks();
    void ticksAreRound_data();
    void ticksAreRound();
    void theAxisHoldsItsMaximum_data();
    void theAxisHoldsItsMaximum();
    void theAxisStaysCalm();
    void numbersAreShort_data();
    void numbersAreShort();
    void columnsHaveTheLowestAndTheHighest();
    void stepsAreNotSloped();

    void lineFollowsItsValues_data();
    void lineFollowsItsValues();
    void stepHoldsItsValue();
    void bandIsBetweenItsEdges();
    void filledAreaIsBelowTheLine();
    void missingValuesLeaveAGap();
    void manySamplesLoseNoPeak();
    void marksAreLinesInTheirColours();
    void pausedViewIsFrozenWhileRecordingGoesOn();
    void pausedByKey();
    void hoverMovesTheCursor();
    void hoverFollowsWhatComes();
    void keysMoveTheCursor();
    void cursorLeavesWithItsSample();
    void cursorIsShared();
    void readoutIsPainted();
    void accessibleTexts();
    void descriptionsAreNotFlooded();
    void survivesOddValues_data();
    void survivesOddValues();
    void survivesAnySize();
};

void tst_Plot::historyKeepsItsSpan()
{
    History history(2, {.span = 60});
    for (int i = 0; i < 6000; ++i)
        QVERIFY(history.append(i / 10.0, std::array{double(i), 2.0 * i}));
    QCOMPARE(history.end(), 599.9);
    QCOMPARE(history.size(), 601); // both ends
    QVERIFY(history.time(0) <= history.begin()); // so that the line comes in at the edge
    QVERIFY(history.time(1) > history.begin());
    QCOMPARE(history.value(600, 0), 5999.0);
    QCOMPARE(history.value(600, 1), 11998.0);
    QCOMPARE(history.value(0, 0), 5399.0);
    QCOMPARE(history.maximum(), 11998.0);
}

void tst_Plot::historyKeepsNoMoreSamplesThanItMay()
{
    History history(1, {.span = 60, .samples = 100});
    for (int i = 0; i < 1000; ++i)
        history.append(i / 100.0, one(i));
    QCOMPARE(history.size(), 100);
    QCOMPARE(history.value(0, 0), 900.0);
    QCOMPARE(history.value(99, 0), 999.0);
}

void tst_Plot::historyRefusesWhatIsNotLater()
{
    History history(2);
    QVERIFY(history.append(5, one(1)));
    QVERIFY(!history.append(5, one(2)));
    QVERIFY(!history.append(4, one(2)));
    QVERIFY(!history.append(missing, one(2)));
    QVERIFY(!history.append(std::numeric_limits<double>::infinity(), one(2)));
    QCOMPARE(history.size(), 1);
    QCOMPARE(history.value(0, 0), 1.0);
    QVERIFY(std::isnan(history.value(0, 1))); // was not given
}

void tst_Plot::historyFindsTheNearestSample()
{
    History history(1, {.span = 10, .samples = 64});
    QCOMPARE(history.nearest(3), -1);
    history.append(0, one(0));
    QCOMPARE(history.nearest(-5), 0);
    QCOMPARE(history.nearest(5), 0);
    for (int i = 1; i < 200; ++i) // the ring goes round
        history.append(i, one(i));
    const int size = history.size();
    QCOMPARE(history.nearest(-1000), 0);
    QCOMPARE(history.nearest(1000), size - 1);
    QCOMPARE(history.time(history.nearest(195.4)), 195.0);
    QCOMPARE(history.time(history.nearest(195.6)), 196.0);
    QCOMPARE(history.time(history.nearest(195)), 195.0);
}

void tst_Plot::historyForgetsMarks()
{
    History history(1, {.span = 10, .marks = 3});
    history.append(0, one(0));
    history.addMark({2, QStringLiteral("second")});
    history.addMark({1, QStringLiteral("first")});
    QCOMPARE(history.marks().front().text, QStringLiteral("first")); // in order of time
    history.append(11.5, one(0));
    QCOMPARE(history.marks().size(), 1U);
    QCOMPARE(history.marks().front().text, QStringLiteral("second"));
    history.append(13, one(0));
    QVERIFY(history.marks().empty());
    for (int i = 0; i < 10; ++i)
        history.addMark({13, QString::number(i)});
    QCOMPARE(history.marks().size(), 3U);
    QCOMPARE(history.marks().back().text, QStringLiteral("9"));
}

void tst_Plot::ticksAreRound_data()
{
    QTest::addColumn<double>("range");
    QTest::addColumn<int>("most");
    QTest::addColumn<double>("step");

    QTest::newRow("1 by 5") << 1.0 << 5 << 0.2;
    QTest::newRow("10 by 5") << 10.0 << 5 << 2.0;
    QTest::newRow("10 by 4") << 10.0 << 4 << 5.0;
    QTest::newRow("60 by 6") << 60.0 << 6 << 10.0;
    QTest::newRow("60 by 5") << 60.0 << 5 << 20.0;
    QTest::newRow("999 by 1") << 999.0 << 1 << 1000.0;
    QTest::newRow("0.003 by 3") << 0.003 << 3 << 0.001;
    QTest::newRow("no steps") << 7.0 << 0 << 10.0;
}

void tst_Plot::ticksAreRound()
{
    QFETCH(double, range);
    QFETCH(int, most);
    QTEST(tickStep(range, most), "step");
}

void tst_Plot::theAxisHoldsItsMaximum_data()
{
    QTest::addColumn<double>("maximum");
    for (const double maximum : {1e-12, 0.001, 0.3, 1.0, 7.0, 19.0, 20.0, 99.9, 5000.0, 1e9, 1e100, 1e300})
        QTest::addRow("%g", maximum) << maximum;
}

void tst_Plot::theAxisHoldsItsMaximum()
{
    QFETCH(double, maximum);
    for (int most = 1; most < 12; ++most) {
        const Axis axis = axisFor(maximum, most);
        QVERIFY(std::isfinite(axis.top) && axis.top >= maximum * (1 - 1e-9));
        QVERIFY(axis.stepCount() >= 1 && axis.stepCount() <= most);
        const Axis whole = axisFor(maximum, most, true);
        QVERIFY(whole.top >= maximum * (1 - 1e-9) && whole.step >= 1);
    }
}

void tst_Plot::theAxisStaysCalm()
{
    CalmMaximum maximum;
    maximum.follow(10, 0);
    QCOMPARE(maximum.value(), 10.0);
    maximum.follow(50, 0.1); // rises at once
    QCOMPARE(maximum.value(), 50.0);
    maximum.follow(20, 1);
    maximum.follow(30, 2);
    maximum.follow(missing, 3.9);
    QCOMPARE(maximum.value(), 50.0);
    maximum.follow(10, 4); // three seconds of less, and 30 was the most
    QCOMPARE(maximum.value(), 30.0);
    maximum.follow(10, 6);
    maximum.follow(30, 6.5); // once more
    maximum.follow(10, 8);
    QCOMPARE(maximum.value(), 30.0);
    maximum.follow(10, 11);
    QCOMPARE(maximum.value(), 10.0);
}

void tst_Plot::numbersAreShort_data()
{
    QTest::addColumn<double>("value");
    QTest::addColumn<QString>("text");

    QTest::newRow("missing") << missing << QStringLiteral("–");
    QTest::newRow("infinite") << std::numeric_limits<double>::infinity() << QStringLiteral("–");
    QTest::newRow("0") << 0.0 << QStringLiteral("0");
    QTest::newRow("whole") << 9999.0 << QStringLiteral("9999");
    QTest::newRow("0.02") << 0.02 << QStringLiteral("0.020");
    QTest::newRow("1.234") << 1.234 << QStringLiteral("1.23");
    QTest::newRow("12.34") << 12.34 << QStringLiteral("12.3");
    QTest::newRow("123.4") << 123.4 << QStringLiteral("123");
    QTest::newRow("-2.5") << -2.5 << QStringLiteral("-2.50");
    QTest::newRow("12,345") << 12345.0 << QStringLiteral("12.3\u00a0k");
    QTest::newRow("1.5 million") << 1.5e6 << QStringLiteral("1.50\u00a0M");
    QTest::newRow("huge") << 1e300 << QStringLiteral("1e+300");
}

void tst_Plot::numbersAreShort()
{
    QFETCH(double, value);
    QTEST(shortNumber(value, QLocale::c()), "text");
    QCOMPARE(tickLabel(0.3, 0.1, 0.5, QLocale::c()), QStringLiteral("0.3"));
    QCOMPARE(tickLabel(500, 500, 10500, QLocale::c()), QStringLiteral("0.5\u00a0k"));
    QCOMPARE(tickLabel(0, 500, 10500, QLocale::c()), QStringLiteral("0"));
}

void tst_Plot::columnsHaveTheLowestAndTheHighest()
{
    std::vector<Extent> columns(4, Extent::none());
    addLine(columns, {{1.1, 50}, {1.2, 10}, {1.3, 90}, {1.4, 50}, {3.4, 50}});
    QVERIFY(columns[0].isNone());
    QCOMPARE(columns[1].low, 10.0);
    QCOMPARE(columns[1].high, 90.0);
    QCOMPARE(columns[2].low, 50.0); // without a point of its own
    QCOMPARE(columns[2].high, 50.0);
    QVERIFY(!columns[3].isNone());
    const std::vector<Extent> wide = widened(columns, 1);
    QCOMPARE(wide[0].high, 90.0);
    QCOMPARE(wide[2].low, 10.0);
    QCOMPARE(wide[3].high, 50.0);

    std::vector<Extent> clipped(2, Extent::none());
    addLine(clipped, {{-10, 0}, {10, 20}}); // from far outside to far outside
    QCOMPARE(clipped[0].low, 10.0);
    QCOMPARE(clipped[0].high, 11.0);
    QCOMPARE(clipped[1].high, 12.0);
}

void tst_Plot::stepsAreNotSloped()
{
    const QList<QPointF> steps = stepped({{0, 1}, {10, 1}, {20, 5}});
    QCOMPARE(steps, QList<QPointF>({{0, 1}, {10, 1}, {20, 1}, {20, 5}}));
}

void tst_Plot::lineFollowsItsValues_data()
{
    QTest::addColumn<bool>("dark");
    QTest::addColumn<double>("scale");
    QTest::newRow("light") << false << 1.0;
    QTest::newRow("dark") << true << 1.0;
    QTest::newRow("light, 200 %") << false << 2.0;
    QTest::newRow("dark, 200 %") << true << 2.0;
}

// A ramp from 0 to 90: the axis goes to 100.
void tst_Plot::lineFollowsItsValues()
{
    QFETCH(bool, dark);
    QFETCH(double, scale);
    Stage stage({line()}, dark);
    stage.fill([](double time) { return one(9 * (time - 100)); });
    const QImage image = stage.image(scale);
    QCOMPARE(image.pixelColor(2, 2), QColor(dark ? Qt::black : Qt::white));
    for (const double time : {101.0, 104.0, 109.0}) {
        const auto [first, last] = stage.rows(image, time, stage.color(Hue::Idle));
        const double expected = stage.y(9 * (time - 100), 100);
        QVERIFY2(std::abs(first - expected) <= 2 && std::abs(last - expected) <= 2,
                 qPrintable(QStringLiteral("%1 to %2, not %3").arg(first).arg(last).arg(expected)));
    }
}

void tst_Plot::stepHoldsItsValue()
{
    Stage stage({{QStringLiteral("capacity"), Hue::Capacity, Kind::Step}});
    stage.plot.append(100, one(20));
    stage.plot.append(105, one(80));
    stage.plot.append(110, one(80));
    const QImage image = stage.image();
    const QColor color = stage.color(Hue::Capacity);
    const double low = stage.y(20, 100);
    const double high = stage.y(80, 100);
    for (const double time : {101.0, 103.0, 104.8})
        QVERIFY(std::abs(stage.rows(image, time, color).first - low) <= 2
                && stage.rows(image, time, color).second - low <= 2);
    for (const double time : {105.2, 107.0, 109.9})
        QVERIFY(std::abs(stage.rows(image, time, color).second - high) <= 2);
    const auto [top, bottom] = stage.rows(image, 105, color); // the riser
    QVERIFY(std::abs(top - high) <= 2 && std::abs(bottom - low) <= 2);
}

void tst_Plot::bandIsBetweenItsEdges()
{
    Stage stage({{QStringLiteral("allowed"), Hue::Capacity, Kind::Band}});
    stage.fill([](double) { return std::array{20.0, 80.0}; });
    const QImage image = stage.image();
    const auto at = [&](double value) { return image.pixelColor(int(stage.x(104.3)), int(stage.y(value, 100))); };
    const QColor inside = at(50.5);
    QVERIFY(inside != Qt::white);
    QVERIFY(inside != stage.color(Hue::Capacity)); // translucent
    QCOMPARE(at(30.5), inside);
    QCOMPARE(at(72.5), inside);
    QCOMPARE(at(91.5), QColor(Qt::white));
    QCOMPARE(at(11.5), QColor(Qt::white));
}

void tst_Plot::filledAreaIsBelowTheLine()
{
    Series filled = line();
    filled.isFilled = true;
    Stage stage({filled});
    stage.fill([](double) { return one(60); });
    stage.plot.append(110.05, one(90)); // the axis goes to 100
    const QImage image = stage.image();
    const auto at = [&](double value) { return image.pixelColor(int(stage.x(104.3)), int(stage.y(value, 100))); };
    QVERIFY(at(30.5) != QColor(Qt::white));
    QVERIFY(at(30.5) != stage.color(Hue::Idle));
    QCOMPARE(at(70.5), QColor(Qt::white));
}

void tst_Plot::missingValuesLeaveAGap()
{
    Stage stage({line()});
    stage.fill([](double time) { return one(time > 104 && time < 106 ? missing : 50); });
    const QImage image = stage.image();
    QVERIFY(stage.rows(image, 103, stage.color(Hue::Idle)).first > 0);
    QCOMPARE(stage.rows(image, 105, stage.color(Hue::Idle)).first, -1.0);
    QVERIFY(stage.rows(image, 107, stage.color(Hue::Idle)).first > 0);
}

// More samples than pixels: one of them is high.
void tst_Plot::manySamplesLoseNoPeak()
{
    const std::vector<Series> series{line()};
    Stage stage(series);
    Plot plot(QStringLiteral("Stock"), QStringLiteral("connections"), series, {.span = 10, .samples = 20000});
    plot.setPalette(palette(false));
    plot.resize(stage.plot.size());
    for (int i = 0; i <= 10000; ++i)
        plot.append(100 + i / 1000.0, one(i == 4321 ? 90 : 10));
    QImage image(plot.size(), QImage::Format_RGB32);
    plot.render(&image);
    QVERIFY(std::abs(stage.rows(image, 104.321, stage.color(Hue::Idle)).first - stage.y(90, 100)) <= 2);
}

void tst_Plot::marksAreLinesInTheirColours()
{
    Stage stage({line()});
    stage.fill([](double) { return one(0); });
    const QImage before = stage.image();
    stage.plot.addMark({105, QStringLiteral("refused"), Severity::Error});
    stage.plot.addMark({95, QStringLiteral("long ago"), Severity::Error});
    const QImage image = stage.image();
    const int x = int(std::lround(stage.x(105)));
    const QRectF area = stage.area();
    QCOMPARE(image.pixelColor(x + 1, int(area.top()) + 3), stage.color(Hue::Lost)); // the flag
    for (const double share : {0.3, 0.6, 0.9}) {
        const int row = int(area.top() + share * area.height());
        QVERIFY(image.pixel(x, row) != before.pixel(x, row));
        QCOMPARE(image.pixel(x + 3, row), before.pixel(x + 3, row));
    }
}

void tst_Plot::pausedViewIsFrozenWhileRecordingGoesOn()
{
    Stage stage({line()});
    stage.fill([](double) { return one(50); });
    QSignalSpy changed(&stage.plot, &Plot::pausedChanged);
    stage.plot.setPaused(true);
    QVERIFY(stage.plot.isPaused());
    QCOMPARE(changed.size(), 1);
    stage.plot.setPaused(true);
    QCOMPARE(changed.size(), 1);
    const QImage paused = stage.image();
    for (int i = 1; i <= 1000; ++i) // ten times the span
        stage.plot.append(110 + i / 10.0, one(i));
    stage.plot.addMark({205, QStringLiteral("refused"), Severity::Error});
    QCOMPARE(stage.image(), paused);
    stage.plot.setPaused(false);
    QCOMPARE(changed.size(), 2);
    stage.plot.setFocus();
    QTest::keyClick(&stage.plot, Qt::Key_Home);
    QCOMPARE(stage.plot.cursorTime(), Time(200.0)); // the last ten seconds are there
    QTest::keyClick(&stage.plot, Qt::Key_End);
    QCOMPARE(stage.plot.cursorTime(), Time(210.0));
}

void tst_Plot::pausedByKey()
{
    Stage stage({line()});
    QSignalSpy changed(&stage.plot, &Plot::pausedChanged);
    QTest::keyClick(&stage.plot, Qt::Key_Space);
    QCOMPARE(changed.takeFirst().at(0).toBool(), true);
    QTest::keyClick(&stage.plot, Qt::Key_Space);
    QCOMPARE(changed.takeFirst().at(0).toBool(), false);
}

void tst_Plot::hoverMovesTheCursor()
{
    Stage stage({line()});
    stage.hover(105);
    QVERIFY(!stage.plot.cursorTime()); // there is no sample yet
    stage.fill([](double) { return one(50); });
    QSignalSpy moved(&stage.plot, &Plot::cursorMoved);
    stage.hover(103);
    QTRY_VERIFY(stage.plot.cursorTime() && std::abs(*stage.plot.cursorTime() - 103) < 0.11);
    QVERIFY(!moved.isEmpty());
    QCOMPARE(moved.last().first().value<Time>(), stage.plot.cursorTime());
    stage.hover(108);
    QTRY_VERIFY(std::abs(*stage.plot.cursorTime() - 108) < 0.11);
    QTest::mouseMove(&stage.plot, QPoint(3, 3)); // beside the area
    QTRY_VERIFY(!stage.plot.cursorTime());
    stage.hover(105);
    QTRY_VERIFY(stage.plot.cursorTime());
    QEvent leave(QEvent::Leave);
    QApplication::sendEvent(&stage.plot, &leave);
    QVERIFY(!stage.plot.cursorTime());
    QCOMPARE(moved.last().first().value<Time>(), Time());
}

void tst_Plot::hoverFollowsWhatComes()
{
    Stage stage({line()});
    stage.fill([](double) { return one(50); });
    stage.hover(105);
    QTRY_VERIFY(stage.plot.cursorTime());
    const double before = *stage.plot.cursorTime();
    stage.plot.append(111, one(50));
    QVERIFY(std::abs(*stage.plot.cursorTime() - before - 1) < 0.11); // it stays below the mouse
    stage.plot.setCursorTime(102); // another plot's: the mouse has no say in it until it moves
    stage.plot.append(111.5, one(50));
    QCOMPARE(stage.plot.cursorTime(), Time(102));
}

void tst_Plot::keysMoveTheCursor()
{
    Stage stage({line()});
    QTest::keyClick(&stage.plot, Qt::Key_Left);
    QVERIFY(!stage.plot.cursorTime()); // there is no sample yet
    stage.fill([](double) { return one(50); });
    QSignalSpy moved(&stage.plot, &Plot::cursorMoved);
    const auto timeAfter = [&](Qt::Key key) {
        QTest::keyClick(&stage.plot, key);
        return stage.plot.cursorTime();
    };
    QCOMPARE(timeAfter(Qt::Key_Left), Time(Stage::timeOf(100)));
    QCOMPARE(timeAfter(Qt::Key_Left), Time(Stage::timeOf(99)));
    QCOMPARE(timeAfter(Qt::Key_Right), Time(Stage::timeOf(100)));
    QCOMPARE(moved.size(), 3);
    QCOMPARE(timeAfter(Qt::Key_Right), Time(Stage::timeOf(100))); // the last
    QCOMPARE(timeAfter(Qt::Key_Home), Time(Stage::timeOf(0)));
    QCOMPARE(timeAfter(Qt::Key_Left), Time(Stage::timeOf(0))); // the first
    QCOMPARE(timeAfter(Qt::Key_End), Time(Stage::timeOf(100)));
    QCOMPARE(timeAfter(Qt::Key_Escape), Time());
    QCOMPARE(moved.size(), 6);
    QCOMPARE(moved.last().first().value<Time>(), Time());
}

void tst_Plot::cursorLeavesWithItsSample()
{
    Stage stage({line()});
    stage.fill([](double) { return one(50); });
    QTest::keyClick(&stage.plot, Qt::Key_Home);
    QTest::keyClick(&stage.plot, Qt::Key_Right);
    QCOMPARE(stage.plot.cursorTime(), Time(Stage::timeOf(1)));
    stage.plot.append(110.05, one(50));
    QVERIFY(stage.plot.cursorTime());
    QSignalSpy moved(&stage.plot, &Plot::cursorMoved);
    stage.plot.append(110.2, one(50));
    QVERIFY(!stage.plot.cursorTime());
    QCOMPARE(moved.size(), 1);
}

void tst_Plot::cursorIsShared()
{
    Stage upper({line()});
    Stage lower({line(QStringLiteral("waits with a long name")), line(QStringLiteral("another one")),
                 line(QStringLiteral("a third"))});
    connect(&upper.plot, &Plot::cursorMoved, &lower.plot, &Plot::setCursorTime);
    connect(&lower.plot, &Plot::cursorMoved, &upper.plot, &Plot::setCursorTime);
    connect(&upper.plot, &Plot::pausedChanged, &lower.plot, &Plot::setPaused);
    connect(&lower.plot, &Plot::pausedChanged, &upper.plot, &Plot::setPaused);
    upper.fill([](double) { return one(5000); });
    lower.fill([](double) { return std::array{0.5, 0.1, 0.2}; });
    // Whatever the values, the time axes are one below the other.
    QCOMPARE(lower.area().left(), upper.area().left());
    QCOMPARE(lower.area().right(), upper.area().right());
    const QImage before = lower.image();
    QTest::keyClick(&upper.plot, Qt::Key_Home);
    QCOMPARE(lower.plot.cursorTime(), Time(100.0));
    QTest::keyClick(&lower.plot, Qt::Key_Right);
    QCOMPARE(upper.plot.cursorTime(), Time(Stage::timeOf(1)));
    QVERIFY(lower.image() != before);
    QTest::keyClick(&lower.plot, Qt::Key_Escape);
    QVERIFY(!upper.plot.cursorTime());
    QCOMPARE(lower.image(), before);
    QTest::keyClick(&lower.plot, Qt::Key_Space);
    QVERIFY(upper.plot.isPaused());
}

// At the cursor, there are the time's line and a box that covers the curve.
void tst_Plot::readoutIsPainted()
{
    Stage stage({line()});
    stage.fill([](double) { return one(50); });
    const QImage before = stage.image();
    stage.plot.setCursorTime(102);
    const QImage image = stage.image();
    const int x = int(std::lround(stage.x(102)));
    const int row = int(stage.area().bottom()) - 5;
    QVERIFY(image.pixelColor(x, row).lightness() < before.pixelColor(x, row).lightness());
    QCOMPARE(image.copy(0, 0, x, image.height()), before.copy(0, 0, x, before.height())); // the box is to the right
    QVERIFY(image.copy(x + 2, 0, 200, image.height()) != before.copy(x + 2, 0, 200, before.height()));
    stage.plot.setCursorTime(110);
    const QImage atTheEnd = stage.image();
    const int middle = int(stage.area().center().x());
    QVERIFY(atTheEnd.copy(middle, 0, middle, image.height()) != before.copy(middle, 0, middle, before.height()));
    QCOMPARE(atTheEnd.copy(0, 0, x, image.height()), before.copy(0, 0, x, before.height()));
}

void tst_Plot::accessibleTexts()
{
    Stage stage({line(), {QStringLiteral("allowed"), Hue::Capacity, Kind::Band}});
    stage.plot.setLocale(QLocale::c());
    QCOMPARE(stage.plot.accessibleName(), QStringLiteral("Stock"));
    QCOMPARE(stage.plot.accessibleDescription(), QStringLiteral("No values yet."));
    stage.fill([](double time) { return std::array{time - 100, 2.0, 20.0}; });
    QTRY_COMPARE(stage.plot.accessibleDescription(), QStringLiteral("idle 10, allowed 2–20 (connections)."));
    QTest::keyClick(&stage.plot, Qt::Key_Home);
    QTRY_COMPARE(stage.plot.accessibleDescription(), QStringLiteral("10.0 s ago: idle 0, allowed 2–20 (connections)."));
    stage.plot.setPaused(true);
    QTRY_COMPARE(stage.plot.accessibleDescription(),
                 QStringLiteral("Paused. 10.0 s ago: idle 0, allowed 2–20 (connections)."));
}

// Whatever comes, the first of it is told at once and the last of it a second later, with nothing between.
void tst_Plot::descriptionsAreNotFlooded()
{
    Stage stage({line()});
    stage.fill([](double) { return one(50); });
    QCOMPARE(stage.plot.accessibleDescription(), QStringLiteral("No values yet."));
    QTRY_VERIFY(stage.plot.accessibleDescription().contains(QStringLiteral("idle 50")));
    stage.plot.append(111, one(7));
    QVERIFY(stage.plot.accessibleDescription().contains(QStringLiteral("idle 50")));
    QTRY_VERIFY(stage.plot.accessibleDescription().contains(QStringLiteral("idle 7")));
}

void tst_Plot::survivesOddValues_data()
{
    QTest::addColumn<QList<double>>("values");
    constexpr double infinity = std::numeric_limits<double>::infinity();
    constexpr double largest = std::numeric_limits<double>::max();
    QTest::newRow("no samples") << QList<double>();
    QTest::newRow("one") << QList<double>{5};
    QTest::newRow("one that is missing") << QList<double>{missing};
    QTest::newRow("all are missing") << QList<double>(50, missing);
    QTest::newRow("every other is missing") << QList<double>{1, missing, 2, missing, 3};
    QTest::newRow("equal") << QList<double>(50, 7);
    QTest::newRow("all 0") << QList<double>(50, 0);
    QTest::newRow("negative") << QList<double>{-1, -1e300, 5};
    QTest::newRow("infinite") << QList<double>{infinity, 1, -infinity, 2};
    QTest::newRow("huge") << QList<double>{0, largest, 1, largest};
    QTest::newRow("tiny") << QList<double>{0, std::numeric_limits<double>::denorm_min(), 1e-300};
}

void tst_Plot::survivesOddValues()
{
    QFETCH(QList<double>, values);
    Stage stage({line(),
                 {QStringLiteral("capacity"), Hue::Capacity, Kind::Step},
                 {QStringLiteral("allowed"), Hue::Leased, Kind::Band}});
    for (qsizetype i = 0; i < values.size(); ++i) {
        const double value = values.at(i);
        stage.plot.append(100 + double(i) * 0.1, std::array{value, value, value, value});
        stage.plot.setCursorTime(100);
        QVERIFY(!stage.image().isNull());
    }
    stage.plot.addMark({99, QStringLiteral("odd")});
    for (const Qt::Key key : {Qt::Key_Home, Qt::Key_Right, Qt::Key_End, Qt::Key_Left, Qt::Key_Space, Qt::Key_Escape})
        QTest::keyClick(&stage.plot, key);
    const QImage image = stage.image();
    if (values.contains(5.0))
        QVERIFY(stage.rows(image, 110, stage.color(Hue::Capacity)).first > 0); // as far as it can be shown
}

void tst_Plot::survivesAnySize()
{
    Stage stage({line(), line(QStringLiteral("a name that is much longer than there is room for in a plot so narrow"))});
    stage.fill([](double time) { return std::array{time, 2 * time}; });
    for (const QSize size : {QSize(1, 1), QSize(40, 400), QSize(400, 12), QSize(3000, 90)}) {
        stage.plot.resize(size);
        stage.plot.setCursorTime(105);
        QCOMPARE(stage.image(1.5).size(), size * 1.5);
    }
    QVERIFY(stage.plot.minimumSizeHint().width() <= stage.plot.sizeHint().width());
    QVERIFY(stage.plot.minimumSizeHint().height() <= stage.plot.sizeHint().height());
    QFont font = stage.plot.font();
    const QSize before = stage.plot.minimumSizeHint();
    font.setPointSizeF(2 * font.pointSizeF());
    stage.plot.setFont(font);
    QVERIFY(stage.plot.minimumSizeHint().height() > before.height() * 3 / 2);
}

QTEST_MAIN(tst_Plot)
#include "tst_plot.moc"

// SPDX-License-Identifier: BSD-3-Clause
#include "gui/icons.h"
#include "gui/theme.h"
#include "gui/window/mainwindow.h"

#include <QtCore/QDir>
#include <QtCore/QHash>
#include <QtGui/QAction>
#include <QtTest/QTest>
#include <QtWidgets/QApplication>
#include <QtWidgets/QPushButton>
#include <QtWidgets/QToolBar>

#include <algorithm>
#include <cmath>

using namespace Demo;

// Whatever the window names is there, can be seen on any background and told from all others.
class tst_Icons : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void noneIsMissingAndNoneIsLeftOver();
    void bothResolutions_data();
    void bothResolutions();
    void theyDifferInShape();
    void contrast_data();
    void contrast();
    void theApplicationHasAllSizes();
    void theToolBar();
    void theButtons();
};

namespace {

constexpr int applicationSizes[] = {16, 24, 32, 48, 64, 128, 256};

QStringList names()
{
    return QStringLiteral("burst check drain drop expire flush freeze pause refuse start stop stop-server")
            .split(QLatin1Char(' '));
}

void eachName()
{
    QTest::addColumn<QString>("name");
    for (const QString &name : names())
        QTest::newRow(qPrintable(name)) << name;
}

QImage load(const QString &file)
{
    return QImage(QStringLiteral(":/icons/%1.png").arg(file)).convertToFormat(QImage::Format_ARGB32);
}

template<typename Accepts> int count(const QImage &image, Accepts accepts)
{
    int found = 0;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x)
            found += accepts(x, y, image.pixel(x, y));
    }
    return found;
}

// Of the pixels through which nothing shines, what most are.
QColor mainColour(const QImage &image)
{
    QHash<QRgb, int> votes;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            if (qAlpha(image.pixel(x, y)) == 255)
                ++votes[image.pixel(x, y)];
        }
    }
    const auto most = std::max_element(votes.cbegin(), votes.cend());
    return most == votes.cend() ? QColor() : QColor(most.key());
}

// As WCAG 2 defines them.
double luminance(const QColor &color)
{
    const auto linear = [](double part) { return part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

double contrastOf(const QColor &one, const QColor &other)
{
    const auto [darker, lighter] = std::minmax({luminance(one), luminance(other)});
    return (lighter + 0.05) / (darker + 0.05);
}

// As a display of that resolution shows it, in a pixmap's format.
QImage shown(const QIcon &icon, qreal resolution, int size = 24)
{
    return icon.pixmap(QSize(size, size), resolution).toImage();
}

bool isSame(const QImage &shown, const QString &file)
{
    return !shown.isNull()
            && shown.convertToFormat(QImage::Format_ARGB32_Premultiplied)
            == load(file).convertToFormat(QImage::Format_ARGB32_Premultiplied);
}

bool isShown(const QIcon &icon, const QString &name)
{
    return isSame(shown(icon, 2), name + QStringLiteral("@2x"));
}

} // namespace

void tst_Icons::noneIsMissingAndNoneIsLeftOver()
{
    QStringList expected;
    for (const QString &name : names())
        expected << name + QStringLiteral(".png") << name + QStringLiteral("@2x.png");
    for (const int size : applicationSizes)
        expected << QStringLiteral("application-%1.png").arg(size);
    QStringList present = QDir(QStringLiteral(":/icons")).entryList();
    expected.sort();
    present.sort();
    QCOMPARE(present, expected);
}

void tst_Icons::bothResolutions_data()
{
    eachName();
}

void tst_Icons::bothResolutions()
{
    QFETCH(const QString, name);
    for (const int resolution : {1, 2}) {
        const QImage image = load(resolution == 1 ? name : name + QStringLiteral("@2x"));
        QCOMPARE(image.size(), QSize(24, 24) * resolution);
        const int inked = count(image, [](int, int, QRgb pixel) { return qAlpha(pixel) > 128; });
        QVERIFY2(inked > image.width() * image.height() / 10, qPrintable(QString::number(inked)));
        QVERIFY(inked < image.width() * image.height() / 2); // something to see between the lines
        const QImage display = shown(icon(name), resolution);
        QCOMPARE(display.devicePixelRatio(), qreal(resolution));
        QCOMPARE(display.size(), image.size());
    }
    QVERIFY(isShown(icon(name), name)); // the fine one, and not the other one enlarged
}

// So that nobody needs to see colours.
void tst_Icons::theyDifferInShape()
{
    for (const QString &name : names()) {
        const QImage image = load(name);
        for (const QString &other : names()) {
            const QImage otherImage = load(other);
            const int different = count(image, [&](int x, int y, QRgb pixel) {
                return std::abs(qAlpha(pixel) - qAlpha(otherImage.pixel(x, y))) > 128;
            });
            QVERIFY2(name == other || different > 60,
                     qPrintable(QStringLiteral("%1 and %2 differ in %3 pixels").arg(name, other).arg(different)));
        }
    }
}

void tst_Icons::contrast_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<Theme>("theme");
    for (const Theme theme : {Theme::Light, Theme::Dark}) {
        const char *const title = theme == Theme::Light ? "light" : "dark";
        for (const QString &name : names())
            QTest::addRow("%s, %s", qPrintable(name), title) << name + QStringLiteral("@2x") << theme;
        for (const int size : applicationSizes)
            QTest::addRow("application %d, %s", size, title) << QStringLiteral("application-%1").arg(size) << theme;
    }
}

void tst_Icons::contrast()
{
    QFETCH(const QString, file);
    QFETCH(const Theme, theme);
    const QColor color = mainColour(load(file));
    QVERIFY(color.isValid());
    apply(theme);
    for (const QPalette::ColorRole role : {QPalette::Window, QPalette::Button}) {
        const QColor background = QApplication::palette().color(role);
        const double contrast = contrastOf(color, background);
        QVERIFY2(contrast >= 3,
                 qPrintable(QStringLiteral("%1 on %2: %3").arg(color.name(), background.name()).arg(contrast)));
    }
}

void tst_Icons::theApplicationHasAllSizes()
{
    const QIcon icon = applicationIcon();
    for (const int size : applicationSizes) {
        const QString file = QStringLiteral("application-%1").arg(size);
        QCOMPARE(load(file).size(), QSize(size, size));
        QVERIFY(isSame(shown(icon, 1, size), file));
    }
    QCOMPARE(MainWindow(Settings()).windowIcon().availableSizes(), icon.availableSizes());
}

void tst_Icons::theToolBar()
{
    MainWindow window{Settings()};
    const auto *bar = window.findChild<QToolBar *>();
    QCOMPARE(bar->toolButtonStyle(), Qt::ToolButtonTextBesideIcon);
    const auto find = [bar](const char *text) -> const QAction * {
        for (const QAction *action : bar->actions()) {
            if (action->text() == QLatin1String(text))
                return action;
        }
        return nullptr;
    };
    for (const auto &[text, name] : {std::pair("Start", "start"), std::pair("Flush", "flush"), std::pair("Drain", "drain"),
                                     std::pair("Check", "check"), std::pair("Pause the view", "pause")}) {
        QVERIFY2(find(text), text);
        QVERIFY2(isShown(find(text)->icon(), QLatin1String(name)), text);
    }
    window.start();
    QVERIFY(find("Stop"));
    QVERIFY(isShown(find("Stop")->icon(), QStringLiteral("stop")));
    window.stop();
    QTRY_VERIFY(find("Start"));
    QVERIFY(isShown(find("Start")->icon(), QStringLiteral("start")));
}

void tst_Icons::theButtons()
{
    const MainWindow window{Settings()};
    for (const auto &[button, name] :
         {std::pair("stop", "stop-server"), std::pair("freeze", "freeze"), std::pair("refuse", "refuse"),
          std::pair("expire", "expire"), std::pair("drop", "drop"), std::pair("burst", "burst")}) {
        const auto *found = window.findChild<QPushButton *>(QLatin1String(button));
        QVERIFY2(found, button);
        QVERIFY2(isShown(found->icon(), QLatin1String(name)), button);
        QVERIFY2(!found->text().isEmpty(), button); // for who does not know the picture, and for a screen reader
    }
}

QTEST_MAIN(tst_Icons)
#include "tst_icons.moc"

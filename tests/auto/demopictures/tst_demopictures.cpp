// SPDX-License-Identifier: BSD-3-Clause
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QProcess>
#include <QtCore/QSettings>
#include <QtCore/QTemporaryDir>
#include <QtGui/QImage>
#include <QtNetwork/QTcpServer>
#include <QtTest/QTest>

// The program as a person starts it: the pictures that it takes of its window, and what it prints.
class tst_DemoPictures : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void themesDiffer();
    void twiceAsLargeIsTwiceAsSharp();
    void languageIsUsed();
    void framesAreInTheJsonLine();
    void scenarioIsPlayed();
    void eachEndHasItsWindow();
    void failedStartIsReported();
    void optionsAreNotRemembered();
    void badOptionIsNamed_data();
    void badOptionIsNamed();

private:
    struct Outcome
    {
        int exitCode = -1;
        QByteArray printed;
        QByteArray complained;
    };
    Outcome run(const QStringList &arguments, const QString &scale = QStringLiteral("1"));
    QImage picture(const QStringList &arguments, const QString &scale = QStringLiteral("1"));

    QTemporaryDir m_folder;
};

tst_DemoPictures::Outcome tst_DemoPictures::run(const QStringList &arguments, const QString &scale)
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("QT_QPA_PLATFORM"), QStringLiteral("offscreen"));
    environment.insert(QStringLiteral("QT_SCALE_FACTOR"), scale);
    environment.insert(QStringLiteral("XDG_CONFIG_HOME"), m_folder.path()); // nobody's settings
    QProcess demo;
    demo.setProcessEnvironment(environment);
    demo.start(QStringLiteral(QNETPOOL_DEMO), arguments);
    if (!demo.waitForFinished(60000) || demo.exitStatus() != QProcess::NormalExit)
        return {};
    return {demo.exitCode(), demo.readAllStandardOutput(), demo.readAllStandardError()};
}

QImage tst_DemoPictures::picture(const QStringList &arguments, const QString &scale)
{
    const QString file = m_folder.filePath(QStringLiteral("window.png"));
    QFile::remove(file);
    const Outcome outcome = run(QStringList{QStringLiteral("--screenshot"), file, QStringLiteral("--after"),
                                            QStringLiteral("2"), QStringLiteral("--language"), QStringLiteral("en")}
                                        + arguments,
                                scale);
    return outcome.exitCode == 0 ? QImage(file) : QImage();
}

// Of 255, on average.
static double brightness(const QImage &image)
{
    const QImage small = image.scaled(64, 64, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
    double sum = 0;
    for (int y = 0; y < small.height(); ++y) {
        for (int x = 0; x < small.width(); ++x)
            sum += qGray(small.pixel(x, y));
    }
    return sum / (64 * 64);
}

void tst_DemoPictures::themesDiffer()
{
    const QImage light = picture({QStringLiteral("--theme"), QStringLiteral("light")});
    const QImage dark = picture({QStringLiteral("--theme"), QStringLiteral("dark")});
    QCOMPARE(light.size(), QSize(1280, 800));
    QCOMPARE(dark.size(), QSize(1280, 800));
    QVERIFY(brightness(light) > 200);
    QVERIFY(brightness(dark) < 80);
}

void tst_DemoPictures::twiceAsLargeIsTwiceAsSharp()
{
    const QImage picture = this->picture({}, QStringLiteral("2"));
    QCOMPARE(picture.size(), QSize(2560, 1600));
    // Of an enlarged picture, both pixels of each pair would be the same.
    int differing = 0;
    for (int y = 0; y < picture.height(); ++y) {
        for (int x = 0; x < picture.width(); x += 2)
            differing += picture.pixel(x, y) != picture.pixel(x + 1, y);
    }
    QVERIFY(differing > 10000);
}

void tst_DemoPictures::languageIsUsed()
{
#ifdef QNETPOOL_DEMO_TRANSLATED
    const QStringList still{QStringLiteral("--rate"), QStringLiteral("0")};
    const QImage english = picture(still);
    const QImage chinese = picture(still + QStringList{QStringLiteral("--language"), QStringLiteral("zh_CN")});
    QCOMPARE(chinese.size(), english.size());
    QVERIFY(chinese.copy(0, 0, 640, 40) != english.copy(0, 0, 640, 40)); // the tool bar
#else
    QVERIFY(!picture({QStringLiteral("--language"), QStringLiteral("zh_CN")})
                     .isNull()); // without the texts, it is as it was
#endif
}

static QJsonObject lastLineOf(const QByteArray &printed)
{
    return QJsonDocument::fromJson(printed.trimmed().split('\n').last()).object();
}

void tst_DemoPictures::framesAreInTheJsonLine()
{
    const Outcome outcome = run({QStringLiteral("--measure-frames"), QStringLiteral("--seconds"), QStringLiteral("3"),
                                 QStringLiteral("--rate"), QStringLiteral("100")});
    QCOMPARE(outcome.exitCode, 0);
    const QJsonObject told = lastLineOf(outcome.printed);
    QVERIFY(told[QStringLiteral("exchanges")].toInt() > 0);
    QVERIFY(told[QStringLiteral("target")].toInt() >= 5);
    QVERIFY(told[QStringLiteral("setup_ms")].toDouble() > 0);
    const double waited = told[QStringLiteral("wait_share")].toDouble(-1);
    QVERIFY(waited >= 0 && waited <= 1);
    QVERIFY(told[QStringLiteral("frames")].toInt() > 10);
    const double p50 = told[QStringLiteral("frame_ms_p50")].toDouble();
    const double p99 = told[QStringLiteral("frame_ms_p99")].toDouble();
    const double maximum = told[QStringLiteral("frame_ms_max")].toDouble();
    QVERIFY(p50 > 0 && p50 <= p99 && p99 <= maximum);
}

void tst_DemoPictures::scenarioIsPlayed()
{
    const Outcome outcome = run({QStringLiteral("--scenario"), QStringLiteral("fill"), QStringLiteral("--min"),
                                 QStringLiteral("40"), QStringLiteral("--max"), QStringLiteral("40"),
                                 QStringLiteral("--seconds"), QStringLiteral("3"), QStringLiteral("--measure-frames")});
    QCOMPARE(outcome.exitCode, 0);
    const QJsonObject told = lastLineOf(outcome.printed);
    QCOMPARE(told[QStringLiteral("idle")].toInt(), 40);
    QCOMPARE(told[QStringLiteral("exchanges")].toInt(), 0); // it asks for none, unlike a run without it
}

void tst_DemoPictures::eachEndHasItsWindow()
{
    const QStringList ends[] = {
            {QStringLiteral("--role"), QStringLiteral("server"), QStringLiteral("--listen"), QStringLiteral("127.0.0.1:0")},
            {QStringLiteral("--role"), QStringLiteral("client"), QStringLiteral("--connect"),
             QStringLiteral("127.0.0.1:1")}};
    for (const QStringList &end : ends)
        QVERIFY(!picture(end).isNull());
}

void tst_DemoPictures::failedStartIsReported()
{
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress::LocalHost));
    const Outcome outcome =
            run({QStringLiteral("--role"), QStringLiteral("server"), QStringLiteral("--listen"),
                 QStringLiteral("127.0.0.1:%1").arg(other.serverPort()), QStringLiteral("--seconds"), QStringLiteral("5")});
    QCOMPARE(outcome.exitCode, 2);
    QVERIFY2(outcome.complained.contains("in use"), outcome.complained.constData());
}

// What is said on the command line is about that run alone.
void tst_DemoPictures::optionsAreNotRemembered()
{
    QSettings store(m_folder.filePath(QStringLiteral("QNetPool/qnetpool-demo.conf")), QSettings::IniFormat);
    store.setValue(QStringLiteral("rate"), 77);
    store.sync();
    QCOMPARE(run({QStringLiteral("--seconds"), QStringLiteral("1"), QStringLiteral("--min"), QStringLiteral("7")}).exitCode,
             0);
    store.sync();
    QCOMPARE(store.value(QStringLiteral("rate")).toInt(), 77);
    QVERIFY(store.contains(QStringLiteral("geometry")));
    QCOMPARE(run({QStringLiteral("--seconds"), QStringLiteral("1")}).exitCode, 0);
    store.sync();
    QCOMPARE(store.value(QStringLiteral("rate")).toInt(), 77);
    QVERIFY(store.contains(QStringLiteral("client")));
}

void tst_DemoPictures::badOptionIsNamed_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QByteArray>("complaint");
    const auto add = [](const char *arguments, const char *complaint) {
        QTest::newRow(arguments) << QString::fromLatin1(arguments).split(QLatin1Char(' ')) << QByteArray(complaint);
    };
    add("--theme pink", "--theme: \"pink\" is neither system, light nor dark");
    add("--after 3", "--after: it only applies with --screenshot");
    add("--headless --measure-frames", "--measure-frames: it only applies without --headless");
    add("--screenshot /nowhere/at/all.png --after 1", "cannot write /nowhere/at/all.png");
}

void tst_DemoPictures::badOptionIsNamed()
{
    QFETCH(const QStringList, arguments);
    QFETCH(const QByteArray, complaint);
    const Outcome outcome = run(arguments);
    QCOMPARE(outcome.exitCode, 2);
    QVERIFY2(outcome.complained.contains(complaint), outcome.complained.constData());
}

QTEST_GUILESS_MAIN(tst_DemoPictures)
#include "tst_demopictures.moc"

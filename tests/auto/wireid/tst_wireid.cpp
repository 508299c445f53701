// SPDX-License-Identifier: BSD-3-Clause
#include "setup/wireid.h"

#include <QtTest/QTest>

using namespace QNetPool;

class tst_WireId : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void sizesAreThoseOfTheDesign();
    void hexIsTheEightBytesThemselves();
    void binaryIsWhatTheDigitsMean();
    void hexTakesAnyEightBytes();
    void binaryTakesAnyFourBytes();
    void everyIdOfAServerSurvivesTheWire_data();
    void everyIdOfAServerSurvivesTheWire();
    void wrongSizesAreNull_data();
    void wrongSizesAreNull();
    void nullIdHasNoBytes();
};

void tst_WireId::sizesAreThoseOfTheDesign()
{
    QCOMPARE(wireSize(IdFormat::Hex), 8);
    QCOMPARE(wireSize(IdFormat::Binary), 4);
}

void tst_WireId::hexIsTheEightBytesThemselves()
{
    QCOMPARE(toWire(ConnectionId::fromString(u"0a1b2c3d"), IdFormat::Hex), QByteArray("0a1b2c3d"));
    QCOMPARE(fromWire("0a1b2c3d", IdFormat::Hex), ConnectionId::fromString(u"0a1b2c3d"));
    QCOMPARE(fromWire("0A1B2C3D", IdFormat::Hex), ConnectionId::fromString(u"0A1B2C3D")); // taken as it is
}

void tst_WireId::binaryIsWhatTheDigitsMean()
{
    QCOMPARE(toWire(ConnectionId::fromString(u"0a1bff3d"), IdFormat::Binary), QByteArray("\x0a\x1b\xff\x3d"));
    QCOMPARE(fromWire("\x0a\x1b\xff\x3d", IdFormat::Binary), ConnectionId::fromString(u"0a1bff3d")); // lower case
}

void tst_WireId::hexTakesAnyEightBytes()
{
    for (int value = 0; value < 256; ++value) {
        QByteArray bytes("zz zz\nzz");
        bytes[3] = char(value);
        const ConnectionId id = fromWire(bytes, IdFormat::Hex);
        QCOMPARE(id.toByteArray(), bytes);
        QCOMPARE(toWire(id, IdFormat::Hex), bytes);
    }
    QVERIFY(fromWire(QByteArray(8, '\0'), IdFormat::Hex).isNull()); // but for those that name nothing
}

void tst_WireId::binaryTakesAnyFourBytes()
{
    for (int value = 0; value < 256; ++value) {
        for (qsizetype place = 0; place < 4; ++place) {
            QByteArray bytes(4, '\0');
            bytes[place] = char(value);
            const ConnectionId id = fromWire(bytes, IdFormat::Binary);
            QVERIFY(!id.isNull()); // four zero bytes are eight digits
            QCOMPARE(id.toByteArray(), bytes.toHex());
            QCOMPARE(toWire(id, IdFormat::Binary), bytes);
        }
    }
}

void tst_WireId::everyIdOfAServerSurvivesTheWire_data()
{
    QTest::addColumn<IdFormat>("format");
    QTest::newRow("hex") << IdFormat::Hex;
    QTest::newRow("binary") << IdFormat::Binary;
}

void tst_WireId::everyIdOfAServerSurvivesTheWire()
{
    QFETCH(const IdFormat, format);
    quint32 number = 0;
    for (int i = 0; i < 1000; ++i) {
        number = number * 1664525u + 1013904223u; // any numbers, the same each time
        const ConnectionId id = ConnectionId::fromString(QStringLiteral("%1").arg(number, 8, 16, QLatin1Char('0')));
        QVERIFY(!id.isNull());
        const QByteArray bytes = toWire(id, format);
        QCOMPARE(bytes.size(), wireSize(format));
        QCOMPARE(fromWire(bytes, format), id);
    }
}

void tst_WireId::wrongSizesAreNull_data()
{
    QTest::addColumn<int>("size");
    for (int size = 0; size <= 17; ++size)
        QTest::addRow("%d bytes", size) << size;
}

void tst_WireId::wrongSizesAreNull()
{
    QFETCH(const int, size);
    const QByteArray bytes(size, 'a');
    QCOMPARE(fromWire(bytes, IdFormat::Hex).isNull(), size != 8);
    QCOMPARE(fromWire(bytes, IdFormat::Binary).isNull(), size != 4);
}

void tst_WireId::nullIdHasNoBytes()
{
    QCOMPARE(toWire({}, IdFormat::Hex), QByteArray());
    QCOMPARE(toWire({}, IdFormat::Binary), QByteArray());
}

QTEST_APPLESS_MAIN(tst_WireId)
#include "tst_wireid.moc"

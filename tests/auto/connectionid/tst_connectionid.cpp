// SPDX-License-Identifier: BSD-3-Clause
#include <QNetPool/ConnectionId>

#include <QtCore/QDebug>
#include <QtCore/QHash>
#include <QtCore/QSet>
#include <QtCore/QVariant>
#include <QtTest/QTest>

#include <type_traits>

using namespace QNetPool;

static_assert(ConnectionId::Size == 8);
static_assert(ConnectionId().isNull() && ConnectionId() == ConnectionId() && !(ConnectionId() != ConnectionId()));
static_assert(std::is_trivially_copyable_v<ConnectionId> && sizeof(ConnectionId) == ConnectionId::Size);

class tst_ConnectionId : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void defaultNamesNoConnection();
    void eightBytesAreAnId();
    void everyByteSurvivesAtEveryPlace();
    void eightZeroBytesAreNull();
    void anythingButEightBytesIsNull_data();
    void anythingButEightBytesIsNull();
    void textBeyondLatin1IsNull_data();
    void textBeyondLatin1IsNull();
    void caseMatters();
    void oneByteTellsTwoIdsApart();
    void worksAsKeyOfHashes();
    void travelsInAVariant();
    void debugOutputIsReadable_data();
    void debugOutputIsReadable();
    void debugOutputEscapesInNoquoteModeToo();
    void debugOutputLeavesTheStreamAsItWas();
};

static ConnectionId numbered(int number)
{
    return ConnectionId::fromBytes(QByteArray::number(10000000 + number));
}

static QString debugged(ConnectionId id)
{
    QString text;
    QDebug(&text).nospace() << id;
    return text;
}

void tst_ConnectionId::defaultNamesNoConnection()
{
    const ConnectionId id;
    QVERIFY(id.isNull());
    QCOMPARE(id.toString(), QString());
    QCOMPARE(id.toByteArray(), QByteArray());
    QCOMPARE(ConnectionId::fromString(id.toString()), id);
    QCOMPARE(ConnectionId::fromBytes(id.toByteArray()), id);
}

void tst_ConnectionId::eightBytesAreAnId()
{
    const ConnectionId id = ConnectionId::fromString(u"0a1b2c3d");
    QVERIFY(!id.isNull());
    QCOMPARE(id.toString(), QStringLiteral("0a1b2c3d"));
    QCOMPARE(id.toByteArray(), QByteArray("0a1b2c3d"));
    QCOMPARE(ConnectionId::fromBytes("0a1b2c3d"), id);
}

void tst_ConnectionId::everyByteSurvivesAtEveryPlace()
{
    for (int value = 0; value < 256; ++value) {
        for (qsizetype place = 0; place < ConnectionId::Size; ++place) {
            QByteArray bytes(ConnectionId::Size, 'x');
            bytes[place] = char(value);
            const ConnectionId id = ConnectionId::fromBytes(bytes);
            QVERIFY(!id.isNull());
            QCOMPARE(id.toByteArray(), bytes);
            QCOMPARE(id.toString().size(), ConnectionId::Size);
            QCOMPARE(id.toString().at(place).unicode(), char16_t(value));
            QCOMPARE(ConnectionId::fromString(id.toString()), id);

            QByteArray others(ConnectionId::Size, '\0'); // nothing ends at a zero byte
            others[place] = char(value);
            QCOMPARE(ConnectionId::fromBytes(others).isNull(), value == 0);
            QCOMPARE(ConnectionId::fromBytes(others).toByteArray(), value == 0 ? QByteArray() : others);
        }
    }
}

void tst_ConnectionId::eightZeroBytesAreNull()
{
    const QByteArray zeros(ConnectionId::Size, '\0');
    QVERIFY(ConnectionId::fromBytes(zeros).isNull());
    QCOMPARE(ConnectionId::fromBytes(zeros), ConnectionId());
    QCOMPARE(ConnectionId::fromString(QString::fromLatin1(zeros)), ConnectionId());
    QVERIFY(!ConnectionId::fromString(u"00000000").isNull()); // eight digits
}

void tst_ConnectionId::anythingButEightBytesIsNull_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("null") << QByteArray();
    QTest::newRow("empty") << QByteArray("");
    QTest::newRow("one") << QByteArray("x");
    QTest::newRow("four") << QByteArray("\x01\x02\x03\x04");
    QTest::newRow("seven") << QByteArray("0123456");
    QTest::newRow("nine") << QByteArray("012345678");
    QTest::newRow("sixteen") << QByteArray("0123456789abcdef");
}

void tst_ConnectionId::anythingButEightBytesIsNull()
{
    QFETCH(const QByteArray, bytes);
    QVERIFY(ConnectionId::fromBytes(bytes).isNull());
    QVERIFY(ConnectionId::fromString(QString::fromLatin1(bytes)).isNull());
}

void tst_ConnectionId::textBeyondLatin1IsNull_data()
{
    QTest::addColumn<QString>("text");
    QTest::newRow("first beyond") << QStringLiteral("\u01000000000");
    QTest::newRow("low byte looks like a digit") << QStringLiteral("0000000\u0130");
    QTest::newRow("surrogates") << QStringLiteral("000\U0001F600000"); // eight UTF-16 code units
}

void tst_ConnectionId::textBeyondLatin1IsNull()
{
    QFETCH(const QString, text);
    QCOMPARE(text.size(), ConnectionId::Size);
    QVERIFY(ConnectionId::fromString(text).isNull());
}

void tst_ConnectionId::caseMatters()
{
    QVERIFY(ConnectionId::fromString(u"abcdef01") != ConnectionId::fromString(u"ABCDEF01"));
}

void tst_ConnectionId::oneByteTellsTwoIdsApart()
{
    const ConnectionId id = ConnectionId::fromString(u"01234567");
    for (qsizetype place = 0; place < ConnectionId::Size; ++place) {
        QByteArray bytes = id.toByteArray();
        bytes[place] = char(bytes[place] ^ 1);
        const ConnectionId other = ConnectionId::fromBytes(bytes);
        QVERIFY(other != id);
        QVERIFY(!(other == id));
    }
}

void tst_ConnectionId::worksAsKeyOfHashes()
{
    constexpr int count = 1000;
    QHash<ConnectionId, int> numbers;
    QSet<ConnectionId> ids;
    QSet<size_t> hashes;
    for (int i = 0; i < count; ++i) {
        numbers.insert(numbered(i), i);
        ids << numbered(i);
        hashes << qHash(numbered(i), 1);
        QCOMPARE(qHash(numbered(i), 1), qHash(ConnectionId::fromString(numbered(i).toString()), 1));
    }
    QCOMPARE(numbers.size(), count);
    QCOMPARE(ids.size(), count);
    QVERIFY2(hashes.size() > count * 99 / 100, qPrintable(QString::number(hashes.size())));
    for (int i = 0; i < count; ++i)
        QCOMPARE(numbers.value(numbered(i), -1), i);
    ids << numbered(7);
    QCOMPARE(ids.size(), count);
    QVERIFY(!ids.contains(ConnectionId()));
    QVERIFY(ids.remove(numbered(7)));
    QVERIFY(!ids.contains(numbered(7)));
    QVERIFY(!ids.remove(numbered(7)));
}

void tst_ConnectionId::travelsInAVariant()
{
    const ConnectionId id = ConnectionId::fromString(u"01234567");
    const QVariant variant = QVariant::fromValue(id);
    QCOMPARE(variant.metaType(), QMetaType::fromType<ConnectionId>());
    QCOMPARE(variant.metaType().name(), "QNetPool::ConnectionId");
    QCOMPARE(variant.value<ConnectionId>(), id);
    QVERIFY(variant == QVariant::fromValue(ConnectionId::fromBytes("01234567")));
    QVERIFY(variant != QVariant::fromValue(ConnectionId::fromBytes("01234568")));
    QVERIFY(QVariant(QMetaType::fromType<ConnectionId>()).value<ConnectionId>().isNull());
    QVERIFY(QVariant(42).value<ConnectionId>().isNull());
    QCOMPARE(QMetaType::fromName("QNetPool::ConnectionId"), variant.metaType()); // queued signals find it by name

    QString text;
    QDebug stream(&text);
    QVERIFY(variant.metaType().debugStream(stream, variant.constData()));
    QVERIFY2(text.contains(QLatin1String("01234567")), qPrintable(text));
}

void tst_ConnectionId::debugOutputIsReadable_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("expected");
    QTest::newRow("null") << QByteArray() << QStringLiteral("ConnectionId()");
    QTest::newRow("hex") << QByteArray("0a1b2c3d") << QStringLiteral("ConnectionId(0a1b2c3d)");
    QTest::newRow("printable") << QByteArray("!~Az09-_") << QStringLiteral("ConnectionId(!~Az09-_)");
    QTest::newRow("space") << QByteArray("0123 567") << QStringLiteral("ConnectionId(\"0123 567\")");
    QTest::newRow("delete") << QByteArray("0123\x7f"
                                          "zzz")
                            << QStringLiteral("ConnectionId(\"0123\\x7Fzzz\")");
    QTest::newRow("line break") << QByteArray("0123\nzzz") << QStringLiteral("ConnectionId(\"0123\\nzzz\")");
    QTest::newRow("zero byte") << QByteArray("0123\0zzz", 8) << QStringLiteral("ConnectionId(\"0123\\x00zzz\")");
    QTest::newRow("high byte") << QByteArray("0123\xffzzz") << QStringLiteral("ConnectionId(\"0123\\xFFzzz\")");
}

void tst_ConnectionId::debugOutputIsReadable()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const QString, expected);
    QCOMPARE(debugged(ConnectionId::fromBytes(bytes)), expected);
}

// A log line is written with noquote() as often as not, and the peer chooses the bytes: they must not forge a line.
void tst_ConnectionId::debugOutputEscapesInNoquoteModeToo()
{
    const ConnectionId id = ConnectionId::fromBytes("a\nqt:ok\x1b");
    QVERIFY(!id.isNull());
    QString text;
    QDebug(&text).nospace().noquote() << id;
    QVERIFY2(!text.contains(QLatin1Char('\n')) && !text.contains(QLatin1Char('\x1b')), qPrintable(text));
}

void tst_ConnectionId::debugOutputLeavesTheStreamAsItWas()
{
    QString text;
    QDebug(&text) << ConnectionId::fromString(u"01234567") << QStringLiteral("a") << 1;
    QCOMPARE(text.trimmed(), QStringLiteral("ConnectionId(01234567) \"a\" 1"));
    text.clear();
    QDebug(&text).noquote() << ConnectionId::fromString(u"0123 567") << QStringLiteral("a") << 1;
    QVERIFY2(text.trimmed().endsWith(QLatin1String(") a 1")), qPrintable(text));
}

QTEST_APPLESS_MAIN(tst_ConnectionId)
#include "tst_connectionid.moc"

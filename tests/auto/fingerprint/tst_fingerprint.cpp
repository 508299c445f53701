// SPDX-License-Identifier: BSD-3-Clause
#include "setup/tls.h"

#include <QtCore/QCryptographicHash>
#include <QtNetwork/QSslSocket>
#include <QtTest/QTest>

using namespace QNetPool;

class tst_Fingerprint : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void isReadHoweverItIsWritten_data();
    void isReadHoweverItIsWritten();
    void everyByteCanBeWritten();
    void whatIsNoFingerprintIsEmpty_data();
    void whatIsNoFingerprintIsEmpty();
    void withoutPinsEveryPeerMatches();
    void peerWithoutCertificateMatchesNoPin();

private:
    const QByteArray digits = "00ff10a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e";
};

static QByteArray withColons(const QByteArray &hex)
{
    return QByteArray::fromHex(hex).toHex(':');
}

void tst_Fingerprint::isReadHoweverItIsWritten_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("digits") << digits;
    QTest::newRow("upper-case digits") << digits.toUpper();
    QTest::newRow("mixed case") << digits.left(32) + digits.mid(32).toUpper();
    QTest::newRow("colons") << withColons(digits);
    QTest::newRow("upper case and colons, as openssl prints it") << withColons(digits).toUpper();
    QTest::newRow("a colon less") << withColons(digits).remove(2, 1);
    QTest::newRow("one colon") << digits.left(32) + ':' + digits.mid(32);
    QTest::newRow("bytes") << QByteArray::fromHex(digits);
}

void tst_Fingerprint::isReadHoweverItIsWritten()
{
    QFETCH(const QByteArray, text);
    QCOMPARE(parseFingerprint(text), QByteArray::fromHex(digits));
    QCOMPARE(parseFingerprint(text).size(), 32);
}

void tst_Fingerprint::everyByteCanBeWritten()
{
    for (int value = 0; value < 256; ++value) {
        const QByteArray bytes = QByteArray(31, char(value)) + '\xff'; // white space and colons among them
        QCOMPARE(parseFingerprint(bytes), bytes);
        QCOMPARE(parseFingerprint(bytes.toHex()), bytes);
        QCOMPARE(parseFingerprint(bytes.toHex(':')), bytes);
        QCOMPARE(parseFingerprint(bytes.toHex(':').toUpper()), bytes);
    }
}

void tst_Fingerprint::whatIsNoFingerprintIsEmpty_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("null") << QByteArray();
    QTest::newRow("empty") << QByteArray("");
    QTest::newRow("white space") << QByteArray("   ");
    QTest::newRow("colons") << QByteArray(31, ':');
    QTest::newRow("space behind") << digits + ' ';
    QTest::newRow("line feed behind") << digits + '\n';
    QTest::newRow("line feed behind colons") << withColons(digits) + '\n';
    QTest::newRow("white space before") << " \t" + digits;
    QTest::newRow("colon before") << ':' + digits;
    QTest::newRow("colon behind") << withColons(digits) + ':';
    QTest::newRow("colon within a byte") << digits.left(1) + ':' + digits.mid(1);
    QTest::newRow("two colons between bytes") << withColons(digits).replace(2, 1, "::");
    QTest::newRow("one digit less") << digits.left(63);
    QTest::newRow("one byte less") << digits.left(62);
    QTest::newRow("one digit more") << digits + '0';
    QTest::newRow("one byte more") << digits + "00";
    QTest::newRow("a letter that is no digit") << digits.left(63) + 'g';
    QTest::newRow("a letter too many") << digits + 'g';
    QTest::newRow("a letter inside") << digits.left(32) + 'x' + digits.mid(32);
    QTest::newRow("0x") << "0x" + digits;
    QTest::newRow("white space inside") << digits.left(32) + ' ' + digits.mid(32);
    QTest::newRow("white space instead of colons") << QByteArray::fromHex(digits).toHex(' ');
    QTest::newRow("dashes") << QByteArray::fromHex(digits).toHex('-');
    QTest::newRow("the name of the algorithm") << "SHA256:" + digits;
    QTest::newRow("zero byte behind") << digits + '\0';
    QTest::newRow("SHA-1") << QCryptographicHash::hash("x", QCryptographicHash::Sha1).toHex();
    QTest::newRow("SHA-1, bytes") << QCryptographicHash::hash("x", QCryptographicHash::Sha1);
    QTest::newRow("SHA-512") << QCryptographicHash::hash("x", QCryptographicHash::Sha512).toHex();
    QTest::newRow("MD5") << QCryptographicHash::hash("x", QCryptographicHash::Md5).toHex();
    QTest::newRow("31 bytes") << QByteArray(31, 'a');
    QTest::newRow("33 bytes") << QByteArray(33, 'a');
    QTest::newRow("64 bytes that are no digits") << QByteArray(64, 'z');
    QTest::newRow("Base64") << QByteArray::fromHex(digits).toBase64();
}

void tst_Fingerprint::whatIsNoFingerprintIsEmpty()
{
    QFETCH(const QByteArray, text);
    QCOMPARE(parseFingerprint(text), QByteArray());
}

void tst_Fingerprint::withoutPinsEveryPeerMatches()
{
    const QSslSocket socket;
    QVERIFY(matchesPin(socket, {}));
}

// Its digest is that of nothing at all, which anyone can write into a list of pins.
void tst_Fingerprint::peerWithoutCertificateMatchesNoPin()
{
    const QSslSocket socket;
    const QByteArray ofNothing = QCryptographicHash::hash({}, QCryptographicHash::Sha256);
    QCOMPARE(peerFingerprint(socket), ofNothing.toHex());
    QVERIFY(!matchesPin(socket, {ofNothing}));
    QVERIFY(!matchesPin(socket, {parseFingerprint(digits), ofNothing}));
    QVERIFY(!matchesPin(socket, {parseFingerprint(digits)}));
    QVERIFY(!matchesPin(socket, {QByteArray()})); // a pin that could not be read
}

QTEST_GUILESS_MAIN(tst_Fingerprint)
#include "tst_fingerprint.moc"

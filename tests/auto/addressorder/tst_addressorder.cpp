// SPDX-License-Identifier: BSD-3-Clause
#include "dial/addressorder.h"

#include <QtTest/QTest>

using namespace QNetPool;

// In which order a name's addresses are tried: RFC 8305, section 4.
class tst_AddressOrder : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void familiesTakeTurns_data();
    void familiesTakeTurns();
};

void tst_AddressOrder::familiesTakeTurns_data()
{
    QTest::addColumn<QString>("found");
    QTest::addColumn<QString>("order");
    QTest::newRow("none") << ""
                          << "";
    QTest::newRow("one") << "192.0.2.1"
                         << "192.0.2.1";
    QTest::newRow("one family keeps its order") << "192.0.2.2 192.0.2.1 192.0.2.3"
                                                << "192.0.2.2 192.0.2.1 192.0.2.3";
    QTest::newRow("two families take turns") << "2001:db8::1 2001:db8::2 192.0.2.1 192.0.2.2"
                                             << "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2";
    QTest::newRow("the first one is first") << "192.0.2.1 192.0.2.2 2001:db8::1"
                                            << "192.0.2.1 2001:db8::1 192.0.2.2";
    QTest::newRow("the longer one goes on") << "2001:db8::1 192.0.2.1 192.0.2.2 192.0.2.3"
                                            << "2001:db8::1 192.0.2.1 192.0.2.2 192.0.2.3";
    QTest::newRow("they take turns already") << "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2"
                                             << "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2";
}

void tst_AddressOrder::familiesTakeTurns()
{
    QFETCH(const QString, found);
    QFETCH(const QString, order);
    QList<QHostAddress> addresses;
    for (const QString &text : found.split(u' ', Qt::SkipEmptyParts))
        addresses << QHostAddress(text);
    QStringList result;
    for (const QHostAddress &address : interleaved(addresses))
        result << address.toString();
    QCOMPARE(result.join(u' '), order);
}

QTEST_APPLESS_MAIN(tst_AddressOrder)
#include "tst_addressorder.moc"

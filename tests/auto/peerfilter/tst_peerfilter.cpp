// SPDX-License-Identifier: BSD-3-Clause
#include "accept/peerfilter.h"

#include <QtTest/QTest>

using namespace QNetPool;

class tst_PeerFilter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void onlyListedPeersMayConnect_data();
    void onlyListedPeersMayConnect();
    void anEntryOfManyIsEnough();
    void emptyListAllowsAnyPeer();
    void nullPeerIsAllowedOnlyWhereAnyIs();
    void garbageIsRefusedByName_data();
    void garbageIsRefusedByName();
    void firstOffenderIsNamed();
    void goodEntriesNameNoOffender();
    void unmappedTurnsMappedAddressesIntoIpv4_data();
    void unmappedTurnsMappedAddressesIntoIpv4();
};

static QHostAddress address(const char *text)
{
    return QHostAddress(QString::fromLatin1(text));
}

static QStringList listOf(std::initializer_list<const char *> entries)
{
    QStringList list;
    for (const char *entry : entries)
        list << QString::fromLatin1(entry);
    return list;
}

void tst_PeerFilter::onlyListedPeersMayConnect_data()
{
    QTest::addColumn<QString>("entry");
    QTest::addColumn<QStringList>("allowed");
    QTest::addColumn<QStringList>("refused");
    const auto row = [](const char *name, const char *entry, std::initializer_list<const char *> allowed,
                        std::initializer_list<const char *> refused) {
        QTest::newRow(name) << QString::fromLatin1(entry) << listOf(allowed) << listOf(refused);
    };
    row("IPv4 address", "192.0.2.7", {"192.0.2.7", "::ffff:192.0.2.7"},
        {"192.0.2.6", "192.0.2.8", "193.0.2.7", "::ffff:192.0.2.8", "::192.0.2.7", "::", "::1", "0.0.0.0"});
    row("IPv4 address with blanks", " 192.0.2.7\t", {"192.0.2.7"}, {"192.0.2.8"});
    row("IPv4 subnet", "192.0.2.0/24", {"192.0.2.0", "192.0.2.1", "192.0.2.255", "::ffff:192.0.2.99"},
        {"192.0.1.255", "192.0.3.0", "::ffff:192.0.3.0", "::1"});
    row("IPv4 subnet with blanks", "\t192.0.2.0/24 ", {"192.0.2.1"}, {"192.0.3.0"});
    row("IPv4 subnet, not at a byte's edge", "10.0.0.64/27", {"10.0.0.64", "10.0.0.95"}, {"10.0.0.63", "10.0.0.96"});
    row("IPv4 subnet by a mask", "172.16.0.0/255.240.0.0", {"172.16.0.1", "172.31.255.255"},
        {"172.15.255.255", "172.32.0.0"});
    row("IPv4 subnet with bits of a host", "10.1.2.3/8", {"10.0.0.1", "10.1.2.3", "10.255.255.255"},
        {"9.255.255.255", "11.0.0.0"});
    row("IPv4 subnet of one", "192.0.2.7/32", {"192.0.2.7", "::ffff:192.0.2.7"}, {"192.0.2.6", "192.0.2.8"});
    row("all of IPv4", "0.0.0.0/0", {"0.0.0.0", "127.0.0.1", "255.255.255.255", "::ffff:8.8.8.8"},
        {"::1", "2001:db8::1", "fe80::1"});
    row("IPv4 loopback", "127.0.0.1", {"127.0.0.1", "::ffff:127.0.0.1"}, {"127.0.0.2", "::1"});

    row("IPv6 address", "2001:db8::7", {"2001:db8::7", "2001:0db8:0:0:0:0:0:7"},
        {"2001:db8::8", "2001:db8:1::7", "192.0.2.7", "::ffff:192.0.2.7"});
    row("IPv6 subnet", "2001:db8::/32", {"2001:db8::", "2001:db8::1", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"},
        {"2001:db7:ffff::", "2001:db9::", "192.0.2.7", "32.1.13.184"}); // the last has the subnet's first bytes
    row("IPv6 subnet, not at a byte's edge", "2001:db8::/33", {"2001:db8:7fff::1"}, {"2001:db8:8000::1"});
    row("IPv6 subnet with bits of a host", "2001:db8::1/64", {"2001:db8::2"}, {"2001:db8:0:1::1"});
    row("IPv6 subnet of one", "2001:db8::7/128", {"2001:db8::7"}, {"2001:db8::6"});
    row("all of IPv6", "::/0", {"::1", "2001:db8::1", "fe80::1%lo"}, {"127.0.0.1", "::ffff:127.0.0.1"});
    row("IPv6 loopback", "::1", {"::1"}, {"::2", "127.0.0.1", "::ffff:127.0.0.1"});

    row("mapped address", "::ffff:192.0.2.7", {"192.0.2.7", "::ffff:192.0.2.7"}, {"192.0.2.8", "::ffff:192.0.2.8", "::1"});
    row("mapped address in hexadecimal", "::ffff:c000:207", {"192.0.2.7", "::ffff:192.0.2.7"}, {"192.0.2.8"});
    row("mapped subnet", "::ffff:10.0.0.0/104", {"10.0.0.1", "::ffff:10.255.255.255"},
        {"11.0.0.0", "::ffff:11.0.0.0", "::1"});
    row("all mapped addresses", "::ffff:0:0/96", {"8.8.8.8", "::ffff:8.8.8.8"}, {"::1", "::8.8.8.8"});
    row("more than the mapped addresses", "::/64", {"::1", "::8.8.8.8"}, {"8.8.8.8", "::ffff:8.8.8.8"}); // an IPv6 subnet
    row("mapped subnet of one", "::ffff:192.0.2.7/128", {"192.0.2.7", "::ffff:192.0.2.7"}, {"192.0.2.8"});

    row("scope of the peer", "fe80::1", {"fe80::1", "fe80::1%eth0", "fe80::1%7"}, {"fe80::2", "fe80::2%eth0"});
    row("scope of the entry", "fe80::1%eth0", {"fe80::1", "fe80::1%eth0", "fe80::1%wlan0"}, {"fe80::2%eth0"});
    row("scope of a subnet's peer", "fe80::/10", {"fe80::1", "fe80::1%eth0", "febf::1%eth0"}, {"fec0::1%eth0"});
    row("scope of the subnet", "fe80::%eth0/64", {"fe80::1", "fe80::1%wlan0"}, {"fe80:0:0:1::1%eth0"});
}

void tst_PeerFilter::onlyListedPeersMayConnect()
{
    QFETCH(const QString, entry);
    QFETCH(const QStringList, allowed);
    QFETCH(const QStringList, refused);
    QString offender;
    const std::optional<PeerFilter> filter = PeerFilter::fromStrings({entry}, &offender);
    QVERIFY2(filter, qPrintable(offender));
    for (const QString &peer : allowed)
        QVERIFY2(filter->allows(QHostAddress(peer)), qPrintable(peer));
    for (const QString &peer : refused) {
        QVERIFY2(!QHostAddress(peer).isNull(), qPrintable(peer)); // not refused for being misspelt here
        QVERIFY2(!filter->allows(QHostAddress(peer)), qPrintable(peer));
    }
}

void tst_PeerFilter::anEntryOfManyIsEnough()
{
    QString offender;
    const QStringList entries = listOf({"192.0.2.7", "10.0.0.0/8", "2001:db8::/32", "::1"});
    const auto filter = PeerFilter::fromStrings(entries, &offender);
    QVERIFY(filter);
    for (const char *peer : {"192.0.2.7", "10.9.8.7", "2001:db8::9", "::1", "::ffff:10.9.8.7"})
        QVERIFY2(filter->allows(address(peer)), peer);
    for (const char *peer : {"192.0.2.8", "11.9.8.7", "2001:db9::9", "::2", "127.0.0.1"})
        QVERIFY2(!filter->allows(address(peer)), peer);
}

void tst_PeerFilter::emptyListAllowsAnyPeer()
{
    QString offender;
    const auto filter = PeerFilter::fromStrings({}, &offender);
    QVERIFY(filter);
    QVERIFY(offender.isEmpty());
    for (const char *peer : {"127.0.0.1", "8.8.8.8", "::1", "2001:db8::1", "::ffff:8.8.8.8", "fe80::1%eth0"})
        QVERIFY2(filter->allows(address(peer)), peer);
    QVERIFY(PeerFilter().allows(address("8.8.8.8")));
}

void tst_PeerFilter::nullPeerIsAllowedOnlyWhereAnyIs()
{
    QString offender;
    QVERIFY(PeerFilter::fromStrings({}, &offender)->allows(QHostAddress()));
    for (const char *entry : {"192.0.2.7", "0.0.0.0", "0.0.0.0/0", "::/0", "::"})
        QVERIFY2(!PeerFilter::fromStrings(listOf({entry}), &offender)->allows(QHostAddress()), entry);
}

void tst_PeerFilter::garbageIsRefusedByName_data()
{
    QTest::addColumn<QString>("entry");
    for (const char *entry : {"",
                              " ",
                              "localhost",
                              "*",
                              "any",
                              "example.com",
                              "256.1.1.1",
                              "1.2.3.4.5",
                              "1.2.3.4 5",
                              "1.2.3.4,5.6.7.8",
                              "1.2.3.4:80",
                              "1.2.3.4%eth0",
                              "[::1]",
                              "::g",
                              "1:2:3:4:5:6:7:8:9",
                              "1.2.3.4/",
                              "/",
                              "/24",
                              "10",
                              "010.1.1.1",
                              "010.0.0.0/8",
                              "0x7f.0.0.1",
                              "1.2.3.4/33",
                              "1.2.3.4/-1",
                              "1.2.3.4/x",
                              "1.2.3.4/24/8",
                              "1.2.3.4/255.0.255.0",
                              "::1/129",
                              "::ffff:1.2.3.4/129",
                              "::1/x",
                              "fe80::/64%eth0",
                              "localhost/8"})
        QTest::addRow("\"%s\"", entry) << QString::fromLatin1(entry);
    QTest::newRow("null") << QString();
    QTest::newRow("beyond ASCII") << QStringLiteral("\u0661.2.3.4");
}

void tst_PeerFilter::garbageIsRefusedByName()
{
    QFETCH(const QString, entry);
    QString offender = QStringLiteral("nobody");
    QVERIFY(!PeerFilter::fromStrings({entry}, &offender));
    QCOMPARE(offender, entry);
}

void tst_PeerFilter::firstOffenderIsNamed()
{
    QString offender;
    QVERIFY(!PeerFilter::fromStrings(listOf({"192.0.2.7", "10.0.0.0/8", " nonsense ", "::g"}), &offender));
    QCOMPARE(offender, QStringLiteral(" nonsense ")); // as it was written
}

void tst_PeerFilter::goodEntriesNameNoOffender()
{
    QString offender;
    QVERIFY(PeerFilter::fromStrings(listOf({"192.0.2.7", "10.0.0.0/8", "::1", "fe80::/10"}), &offender));
    QCOMPARE(offender, QString());
}

void tst_PeerFilter::unmappedTurnsMappedAddressesIntoIpv4_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char *text, const char *expected) {
        QTest::newRow(text) << QString::fromLatin1(text) << QString::fromLatin1(expected);
    };
    row("::ffff:192.0.2.7", "192.0.2.7");
    row("::ffff:c000:207", "192.0.2.7");
    row("::ffff:0.0.0.0", "0.0.0.0");
    row("::ffff:255.255.255.255", "255.255.255.255");
    row("192.0.2.7", "192.0.2.7");
    row("0.0.0.0", "0.0.0.0");
    row("::1", "::1"); // no IPv4 address, though it means the same machine as one
    row("::192.0.2.7", "::192.0.2.7");
    row("::fffe:192.0.2.7", "::fffe:192.0.2.7");
    row("64:ff9b::192.0.2.7", "64:ff9b::192.0.2.7");
    row("2001:db8::7", "2001:db8::7");
    row("fe80::1%eth0", "fe80::1%eth0");
    row("::", "::");
}

void tst_PeerFilter::unmappedTurnsMappedAddressesIntoIpv4()
{
    QFETCH(const QString, text);
    QFETCH(const QString, expected);
    const QHostAddress result = unmapped(QHostAddress(text));
    QCOMPARE(result, QHostAddress(expected));
    QCOMPARE(result.protocol(), QHostAddress(expected).protocol());
    QCOMPARE(unmapped(result), result);
    QVERIFY(unmapped(QHostAddress()).isNull());
}

QTEST_APPLESS_MAIN(tst_PeerFilter)
#include "tst_peerfilter.moc"

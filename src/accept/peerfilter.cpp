// SPDX-License-Identifier: BSD-3-Clause
#include "peerfilter.h"

#include <QtCore/qendian.h>

#include <algorithm>

namespace QNetPool {

namespace {

constexpr int mappedPrefix = 96; // bits of ::ffff:0:0

bool isMapped(const QHostAddress &address)
{
    if (address.protocol() != QAbstractSocket::IPv6Protocol)
        return false;
    // QHostAddress::toIPv4Address() would convert :: to 0.0.0.0, too.
    static const QHostAddress subnet(QStringLiteral("::ffff:0:0"));
    return address.isInSubnet(subnet, mappedPrefix);
}

// Returns a null address if the text is neither an address nor a subnet.
std::pair<QHostAddress, int> parse(const QString &text)
{
    if (text.startsWith(u'/'))
        return {};
    // QHostAddress reads 10 as 0.0.0.10 and 010.1.1.1 as 8.1.1.1: not what is meant in a list of allowed peers.
    const QString addressText = text.section(u'/', 0, 0);
    const QHostAddress address(addressText);
    const bool isIpv4 = address.protocol() == QAbstractSocket::IPv4Protocol;
    const bool isShort = text.contains(u'/') && addressText.count(u'.') < 3; // 10/8, short for 10.0.0.0/8
    if (isIpv4 && !isShort && address.toString() != addressText)
        return {};
    std::pair<QHostAddress, int> subnet = QHostAddress::parseSubnet(text);
    if (!text.contains(u'/')) {
        subnet.first = address;
        subnet.second = subnet.first.protocol() == QAbstractSocket::IPv4Protocol ? 32 : 128;
    }
    if (subnet.second >= mappedPrefix && isMapped(subnet.first))
        subnet = {unmapped(subnet.first), subnet.second - mappedPrefix};
    subnet.first.setScopeId({}); // fe80::1%eth0 is compared as fe80::1
    return subnet;
}

} // namespace

QHostAddress unmapped(const QHostAddress &address)
{
    return isMapped(address) ? QHostAddress(address.toIPv4Address()) : address;
}

PeerNetwork networkOf(const QHostAddress &peer)
{
    switch (peer.protocol()) {
    case QAbstractSocket::IPv4Protocol:
        return 0xff00'0000'0000'0000 | peer.toIPv4Address(); // the beginning of a multicast address, which no peer has
    case QAbstractSocket::IPv6Protocol:
        return qFromBigEndian<quint64>(peer.toIPv6Address().c);
    default:
        return NoNetwork;
    }
}

std::optional<PeerFilter> PeerFilter::fromStrings(const QStringList &allowed, QString *offender)
{
    PeerFilter filter;
    for (const QString &text : allowed) {
        const std::pair<QHostAddress, int> subnet = parse(text.trimmed());
        if (subnet.first.isNull() || subnet.second < 0) {
            *offender = text;
            return std::nullopt;
        }
        filter.m_subnets.append(subnet);
    }
    return filter;
}

QString PeerFilter::refusalOf(const QHostAddress &peer)
{
    return QStringLiteral("the peer %1 is not allowed").arg(peer.toString());
}

bool PeerFilter::allows(const QHostAddress &peer) const
{
    if (m_subnets.isEmpty())
        return true;
    QHostAddress address = unmapped(peer);
    address.setScopeId({});
    return std::any_of(m_subnets.cbegin(), m_subnets.cend(), [&address](const std::pair<QHostAddress, int> &subnet) {
        return address.protocol() == subnet.first.protocol() && address.isInSubnet(subnet);
    });
}

} // namespace QNetPool

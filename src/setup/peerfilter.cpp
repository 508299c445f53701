// SPDX-License-Identifier: BSD-3-Clause
#include "peerfilter.h"

#include <algorithm>

namespace QNetPool {

QHostAddress unmapped(const QHostAddress &address)
{
    bool isIpv4 = false;
    const quint32 ipv4 = address.toIPv4Address(&isIpv4); // of a mapped address, too
    if (isIpv4 && address.protocol() == QAbstractSocket::IPv6Protocol)
        return QHostAddress(ipv4);
    return address;
}

std::optional<PeerFilter> PeerFilter::fromStrings(const QStringList &allowed, QString *offender)
{
    PeerFilter filter;
    for (const QString &text : allowed) {
        const QString trimmed = text.trimmed();
        std::pair<QHostAddress, int> subnet;
        if (trimmed.contains(u'/')) {
            subnet = QHostAddress::parseSubnet(trimmed);
        } else {
            const QHostAddress address(trimmed);
            subnet = { unmapped(address), unmapped(address).protocol() == QAbstractSocket::IPv4Protocol ? 32 : 128 };
        }
        if (subnet.first.isNull() || subnet.second < 0) {
            *offender = text;
            return std::nullopt;
        }
        subnet.first.setScopeId({});
        filter.m_subnets.append(subnet);
    }
    return filter;
}

bool PeerFilter::allows(const QHostAddress &peer) const
{
    if (m_subnets.isEmpty())
        return true;
    QHostAddress address = unmapped(peer);
    address.setScopeId({}); // fe80::1%eth0 is fe80::1 here
    return std::any_of(m_subnets.cbegin(), m_subnets.cend(), [&address](const std::pair<QHostAddress, int> &subnet) {
        return address.protocol() == subnet.first.protocol() && address.isInSubnet(subnet);
    });
}

} // namespace QNetPool

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qstringlist.h>
#include <QtNetwork/qhostaddress.h>

#include <optional>
#include <utility>

namespace QNetPool {

// Which peers may connect: addresses and subnets of both families.
class PeerFilter
{
public:
    // Nothing if an entry is neither an address nor a subnet; offender then names it.
    static std::optional<PeerFilter> fromStrings(const QStringList &allowed, QString *offender);

    bool allows(const QHostAddress &peer) const; // a null address is allowed only where any is

private:
    QList<std::pair<QHostAddress, int>> m_subnets;
};

// An IPv4 address in the dress of IPv6 (::ffff:a.b.c.d, as dual-stack listeners show it) as plain IPv4.
QHostAddress unmapped(const QHostAddress &address);

} // namespace QNetPool

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "system/peernetwork.h"

#include <QtCore/qstringlist.h>
#include <QtNetwork/qhostaddress.h>

#include <optional>
#include <utility>

namespace QNetPool {

// Which peers may connect: addresses and subnets of both families.
class PeerFilter
{
public:
    // Nothing if an entry is neither an address nor a subnet; offender is that entry then.
    static std::optional<PeerFilter> fromStrings(const QStringList &allowed, QString *offender);

    bool allows(const QHostAddress &peer) const; // a null address only if all peers are allowed
    static QString refusalOf(const QHostAddress &peer); // a sentence if it does not

private:
    QList<std::pair<QHostAddress, int>> m_subnets;
};

// Returns an IPv4-mapped IPv6 address (::ffff:a.b.c.d, as dual-stack listeners report it) as IPv4.
QHostAddress unmapped(const QHostAddress &address);

// The network of an unmapped address; NoNetwork if it is null.
PeerNetwork networkOf(const QHostAddress &peer);

} // namespace QNetPool

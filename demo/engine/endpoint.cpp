// SPDX-License-Identifier: BSD-3-Clause
#include "endpoint.h"

namespace Demo {

std::optional<Endpoint> Endpoint::fromString(QStringView text)
{
    const qsizetype colon = text.lastIndexOf(u':');
    if (colon < 1)
        return std::nullopt;
    bool isPort = false;
    const quint16 port = text.sliced(colon + 1).toUShort(&isPort);
    QStringView host = text.first(colon);
    if (host.startsWith(u'[') && host.endsWith(u']'))
        host = host.sliced(1).chopped(1);
    else if (host.contains(u':'))
        return std::nullopt; // nobody can tell where such an address ends and the port begins
    if (!isPort || host.isEmpty())
        return std::nullopt;
    return Endpoint{host.toString(), port};
}

QString Endpoint::toString() const
{
    return (host.contains(u':') ? QStringLiteral("[%1]:%2") : QStringLiteral("%1:%2")).arg(host).arg(port);
}

} // namespace Demo

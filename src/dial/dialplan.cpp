// SPDX-License-Identifier: BSD-3-Clause
#include "dialplan.h"

namespace QNetPool {

QString DialPlan::target() const
{
    const QString &host = configuration.host;
    if (host.isEmpty())
        return QStringLiteral("the dialer's peer");
    return configuration.port ? endpointText(host, configuration.port) : host;
}

QString endpointText(const QString &host, quint16 port)
{
    return (host.contains(u':') ? QStringLiteral("[%1]:%2") : QStringLiteral("%1:%2")).arg(host).arg(port);
}

} // namespace QNetPool

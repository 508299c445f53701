// SPDX-License-Identifier: BSD-3-Clause
#include "tcpoptions.h"

#include "system/descriptor.h"

namespace QNetPool {

void setTcpOptions(qintptr descriptor, const Pool::Tcp &tcp)
{
    setLowDelay(descriptor);
    setKeepAlive(descriptor, tcp.keepAlivePeriod);
    setUserTimeout(descriptor, tcp.userTimeout);
}

} // namespace QNetPool

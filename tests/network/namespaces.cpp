// SPDX-License-Identifier: BSD-3-Clause
#include "namespaces.h"

#include <QtCore/qlogging.h>
#include <QtCore/qstring.h>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

bool leaveNetwork()
{
    return ::unshare(CLONE_NEWNET) == 0;
}

void enterNetworkOf(pid_t process)
{
    const QByteArray path = "/proc/" + QByteArray::number(process) + "/ns/net";
    const int descriptor = ::open(path.constData(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 || ::setns(descriptor, CLONE_NEWNET) != 0)
        qErrnoWarning("cannot enter %s", path.constData());
    ::close(descriptor);
}

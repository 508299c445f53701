// SPDX-License-Identifier: BSD-3-Clause
#include "eventdispatcher.h"

#include "descriptor.h"

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qeventloop.h>

namespace QNetPool {

bool ensureEventDispatcher()
{
    if (QAbstractEventDispatcher::instance())
        return true;
    if (!canOpenSome())
        return false;
    QEventLoop loop; // creates one
    return true;
}

} // namespace QNetPool

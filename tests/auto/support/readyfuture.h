// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QFuture>

// What a validator or a resetter knows at once. Qt 6.8 deprecates makeReadyFuture(), and what replaces it came with 6.6.
inline QFuture<bool> readyFuture(bool value)
{
#if QT_VERSION >= QT_VERSION_CHECK(6, 6, 0)
    return QtFuture::makeReadyValueFuture(value);
#else
    return QtFuture::makeReadyFuture(value);
#endif
}

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qstring.h>

namespace QNetPool {

// Text that somebody else has written, for a person to read: with escapes for what is not printable, which would reach a
// terminal otherwise, or change how the rest of a sentence reads.
QString quoted(const QString &text); // in quotation marks
QString printable(const QString &text);

} // namespace QNetPool

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qstring.h>

namespace QNetPool {

class ConnectionId;

// Text that somebody else has written, for a person to read: with escapes for what is not printable, which would reach a
// terminal otherwise, or change how the rest of a sentence reads.
QString printable(const QString &text); // what is printable stays as it is, so that a sentence may pass through twice
QString printable(ConnectionId id); // in quotation marks unless all of it is printable
QString quoted(const QString &text); // in quotation marks
QString quoted(const QByteArray &bytes);

} // namespace QNetPool

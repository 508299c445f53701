// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qstring.h>

QT_FORWARD_DECLARE_CLASS(QSslConfiguration)
QT_FORWARD_DECLARE_CLASS(QSslError)

namespace QNetPool {

// A sentence for an error of a peer's certificate: whose it is, what is wrong with it, and what to do. The configuration is
// the socket's.
QString certificateProblem(const QSslError &error, const QSslConfiguration &configuration);

} // namespace QNetPool

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtNetwork/QSslCertificate>
#include <QtNetwork/QSslConfiguration>
#include <QtNetwork/QSslKey>

namespace Demo {

// From files in PEM. None, with a problem that names the file and the cause, if a file is not what it should be.
QList<QSslCertificate> readCertificates(const QString &file, QString *problem);
QSslKey readPrivateKey(const QString &file, QString *problem);

// For an end that presents this certificate.
QSslConfiguration showing(const QList<QSslCertificate> &chain, const QSslKey &key);
// For an end that trusts these authorities and no others.
QSslConfiguration trusting(const QList<QSslCertificate> &authorities);

// For an end that presents a built-in certificate which has expired.
QSslConfiguration showingExpired();

// Files of the certificates that are built in. Their keys are public: they secure nothing.
namespace BuiltIn {
QString certificate(bool isSelfSigned); // for localhost
QString privateKey(bool isSelfSigned);
QString authority(); // of the one that is not self-signed
} // namespace BuiltIn

} // namespace Demo

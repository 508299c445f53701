// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtNetwork/QSslCertificate>
#include <QtNetwork/QSslConfiguration>
#include <QtNetwork/QSslKey>

namespace Demo {

// From files in PEM. None, with a problem that names the file and the cause, if a file is not what it should be.
QList<QSslCertificate> readCertificates(const QString &file, QString *problem);
QSslKey readPrivateKey(const QString &file, QString *problem);

// What an end needs that shows this certificate.
QSslConfiguration showing(const QList<QSslCertificate> &chain, const QSslKey &key);
// What an end needs that trusts these authorities and no others.
QSslConfiguration trusting(const QList<QSslCertificate> &authorities);

// What an end shows whose certificate, a built-in one, was good until some day in the past.
QSslConfiguration showingExpired();

// Files of the certificates that are built in. Their keys are public: they secure nothing.
namespace BuiltIn {
QString certificate(bool isSelfSigned); // for localhost
QString privateKey(bool isSelfSigned);
QString authority(); // of the one that is not self-signed
} // namespace BuiltIn

} // namespace Demo

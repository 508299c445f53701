// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QFile>
#include <QtNetwork/QSslCertificate>
#include <QtNetwork/QSslConfiguration>
#include <QtNetwork/QSslKey>
#include <QtNetwork/QSslSocket>

// The certificates in resources/certificates by name: ca, server, expired, other-host, client, self-signed.
namespace Certificates {

inline QByteArray read(const QString &file)
{
    QFile source(QStringLiteral(QNETPOOL_CERTIFICATES "/") + file);
    if (!source.open(QIODevice::ReadOnly))
        qFatal("cannot read %s", qPrintable(source.fileName()));
    return source.readAll();
}

inline QSslCertificate certificate(const QString &name)
{
    return QSslCertificate(read(name + QStringLiteral(".crt")));
}

// Of an end that shows this certificate.
inline QSslConfiguration showing(const QString &name)
{
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    configuration.setLocalCertificate(certificate(name));
    configuration.setPrivateKey(QSslKey(read(name + QStringLiteral(".key")), QSsl::Ec));
    return configuration;
}

// Of an end that trusts the tests' authority.
inline QSslConfiguration trustingCa(QSslConfiguration configuration = QSslConfiguration::defaultConfiguration())
{
    configuration.setCaCertificates({certificate(QStringLiteral("ca"))});
    return configuration;
}

inline QSslConfiguration demandingClientCertificate(QSslConfiguration configuration)
{
    configuration = trustingCa(configuration);
    configuration.setPeerVerifyMode(QSslSocket::VerifyPeer);
    return configuration;
}

} // namespace Certificates

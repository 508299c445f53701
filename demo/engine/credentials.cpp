// SPDX-License-Identifier: BSD-3-Clause
#include "credentials.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QFile>

#include <optional>

namespace Demo {

namespace {

struct Text
{
    Q_DECLARE_TR_FUNCTIONS(Demo::Credentials)
};

} // namespace

static std::optional<QByteArray> read(const QString &name, QString *problem)
{
    QFile file(name);
    if (file.open(QIODevice::ReadOnly))
        return file.readAll();
    *problem = Text::tr("cannot read %1: %2").arg(name, file.errorString());
    return std::nullopt;
}

QList<QSslCertificate> readCertificates(const QString &file, QString *problem)
{
    const std::optional<QByteArray> text = read(file, problem);
    if (!text)
        return {};
    QList<QSslCertificate> found = QSslCertificate::fromData(*text);
    if (found.isEmpty())
        *problem = Text::tr("there is no certificate in %1 (PEM is expected)").arg(file);
    return found;
}

QSslKey readPrivateKey(const QString &file, QString *problem)
{
    const std::optional<QByteArray> text = read(file, problem);
    if (!text)
        return {};
    for (const QSsl::KeyAlgorithm algorithm : {QSsl::Ec, QSsl::Rsa, QSsl::Dsa}) {
        if (QSslKey key(*text, algorithm); !key.isNull())
            return key;
    }
    *problem = Text::tr("there is no private key in %1 (PEM without a passphrase is expected)").arg(file);
    return {};
}

QSslConfiguration showing(const QList<QSslCertificate> &chain, const QSslKey &key)
{
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    configuration.setLocalCertificateChain(chain);
    configuration.setPrivateKey(key);
    return configuration;
}

QSslConfiguration trusting(const QList<QSslCertificate> &authorities)
{
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    configuration.setCaCertificates(authorities);
    return configuration;
}

QSslConfiguration showingExpired()
{
    QString problem;
    const QList<QSslCertificate> chain = readCertificates(QStringLiteral(":/certificates/expired.crt"), &problem);
    return showing(chain, readPrivateKey(QStringLiteral(":/certificates/expired.key"), &problem));
}

static QString builtIn(bool isSelfSigned, const char *ending)
{
    return QLatin1String(isSelfSigned ? ":/certificates/self-signed" : ":/certificates/server") + QLatin1String(ending);
}

QString BuiltIn::certificate(bool isSelfSigned)
{
    return builtIn(isSelfSigned, ".crt");
}

QString BuiltIn::privateKey(bool isSelfSigned)
{
    return builtIn(isSelfSigned, ".key");
}

QString BuiltIn::authority()
{
    return QStringLiteral(":/certificates/ca.crt");
}

} // namespace Demo

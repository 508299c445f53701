// SPDX-License-Identifier: BSD-3-Clause
#include "security.h"

#include "credentials.h"

using QNetPool::TlsMode;

namespace Demo {

void secure(Settings &settings, TlsMode mode)
{
    settings.client.tlsMode = mode;
    settings.client.sslConfiguration = settings.server.sslConfiguration = {};
    settings.client.peerName.clear();
    settings.client.pinnedFingerprints.clear();
    if (mode == TlsMode::None)
        return;
    const bool isSelfSigned = mode == TlsMode::SelfSigned;
    QString problem; // there is none with what is built in
    settings.server.sslConfiguration = showing(readCertificates(BuiltIn::certificate(isSelfSigned), &problem),
                                               readPrivateKey(BuiltIn::privateKey(isSelfSigned), &problem));
    if (isSelfSigned)
        return;
    settings.client.sslConfiguration = trusting(readCertificates(BuiltIn::authority(), &problem));
    settings.client.peerName = QStringLiteral("localhost"); // the certificate's
}

} // namespace Demo

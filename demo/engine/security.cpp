// SPDX-License-Identifier: BSD-3-Clause
#include "security.h"

#include "credentials.h"

using QNetPool::TlsMode;

namespace Demo {

void secure(Settings &settings, TlsMode mode)
{
    settings.client.tls = {.mode = mode, .allowTls12 = settings.client.tls.allowTls12};
    settings.server.tls = {.allowTls12 = settings.server.tls.allowTls12};
    if (mode == TlsMode::None)
        return;
    const bool isSelfSigned = mode == TlsMode::SelfSigned;
    QString problem; // there is none with what is built in
    settings.server.tls.enabled = true;
    settings.server.tls.configuration = showing(readCertificates(BuiltIn::certificate(isSelfSigned), &problem),
                                                readPrivateKey(BuiltIn::privateKey(isSelfSigned), &problem));
    if (isSelfSigned)
        return;
    settings.client.tls.configuration = trusting(readCertificates(BuiltIn::authority(), &problem));
    settings.client.tls.peerName = QStringLiteral("localhost"); // the certificate's
}

} // namespace Demo

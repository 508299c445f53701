// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qglobal.h>

#include <memory>

QT_FORWARD_DECLARE_CLASS(QSslSocket)

namespace QNetPool {

// What TLS sockets of the same configuration can share: the TLS library's context, with certificates, key and ciphers
// decoded. Qt creates one for each socket; with QNETPOOL_SHARED_TLS_CONTEXT there is one for each pool and thread.
class TlsContext
{
public:
    TlsContext();
    ~TlsContext();

    // To be called before and after the socket's handshake begins, in its thread.
    void lendTo(QSslSocket *socket);
    void keepFrom(QSslSocket *socket);

private:
    Q_DISABLE_COPY_MOVE(TlsContext)
    struct Private;
    const std::unique_ptr<Private> d;
};

} // namespace QNetPool

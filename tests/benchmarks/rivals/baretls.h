// SPDX-License-Identifier: BSD-3-Clause
// TLS 1.3 by OpenSSL alone: one context an end, the certificate and the verification that the other rivals have.
#pragma once

#include <QtCore/QtGlobal>

#include <openssl/ssl.h>

#include <memory>

namespace Bare {

struct Free
{
    void operator()(SSL_CTX *context) const { SSL_CTX_free(context); }
    void operator()(SSL *session) const { SSL_free(session); }
};
using TlsContext = std::unique_ptr<SSL_CTX, Free>;
using TlsSession = std::unique_ptr<SSL, Free>;

inline TlsContext serverContext()
{
    TlsContext context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
    if (SSL_CTX_use_certificate_chain_file(context.get(), QNETPOOL_CERTIFICATES "/server.crt") != 1
        || SSL_CTX_use_PrivateKey_file(context.get(), QNETPOOL_CERTIFICATES "/server.key", SSL_FILETYPE_PEM) != 1)
        qFatal("cannot read the server's certificate and key");
    return context;
}

inline TlsContext clientContext()
{
    TlsContext context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    return context;
}

inline TlsSession session(const TlsContext &context, int descriptor)
{
    TlsSession session(SSL_new(context.get()));
    SSL_set_fd(session.get(), descriptor);
    if (SSL_is_server(session.get()))
        SSL_set_accept_state(session.get());
    else
        SSL_set_connect_state(session.get());
    return session;
}

// Whether an SSL_…() call that returned result is to be made again once the descriptor is ready; fatal if it has failed.
inline bool wantsMore(const TlsSession &session, int result)
{
    if (result > 0)
        return false;
    const int error = SSL_get_error(session.get(), result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        qFatal("TLS failed: error %d", error);
    return true;
}

} // namespace Bare

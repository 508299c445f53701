// SPDX-License-Identifier: BSD-3-Clause
// One context for all sockets of a thread, by the private functions with which Qt's HTTP connections share theirs.
#include "tlscontext.h"

#include <QtCore/qthread.h>
#include <QtNetwork/private/qsslsocket_p.h>

#include <map>
#include <mutex>

namespace QNetPool {

// One for each thread: Qt changes the context without a lock when a socket begins its handshake.
struct TlsContext::Private
{
    std::mutex mutex;
    std::map<QThread *, std::shared_ptr<QSslContext>> contexts;
};

TlsContext::TlsContext() : d(std::make_unique<Private>()) { }
TlsContext::~TlsContext() = default;

void TlsContext::lendTo(QSslSocket *socket)
{
    const std::lock_guard lock(d->mutex);
    if (const auto known = d->contexts.find(QThread::currentThread()); known != d->contexts.end())
        QSslSocketPrivate::checkSettingSslContext(socket, known->second);
}

void TlsContext::keepFrom(QSslSocket *socket)
{
    const std::shared_ptr<QSslContext> context = QSslSocketPrivate::sslContext(socket);
    const std::lock_guard lock(d->mutex);
    if (context) // null if the handshake has failed already
        d->contexts.emplace(QThread::currentThread(), context);
}

} // namespace QNetPool

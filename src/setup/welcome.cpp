// SPDX-License-Identifier: BSD-3-Clause
#include "welcome.h"

#include "descriptor.h"
#include "pooledsocket.h"
#include "stock/entry.h"
#include "wireid.h"

#include <QtNetwork/qsslsocket.h>

namespace QNetPool {

Welcome::Welcome(std::shared_ptr<const WelcomePlan> plan, Entry *entry, const QString &peer, Done done, QObject *parent)
    : Setup({true, !plan->tls.isNull(), plan->mode == ConnectionMode::Multi}, entry, peer, std::move(done), parent),
      m_plan(std::move(plan))
{
}

void Welcome::start(qintptr descriptor)
{
    if (m_plan->tls.isNull())
        adopt(std::make_unique<PooledSocket<QTcpSocket>>());
    else
        adopt(std::make_unique<PooledSocket<QSslSocket>>());
    if (!socket()->setSocketDescriptor(descriptor)) {
        closeDescriptor(descriptor);
        return fail(Pool::Error::AcceptFailed,
                    QStringLiteral("cannot take over the connection from %1: %2").arg(peer(), socket()->errorString()));
    }
    socket()->setSocketOption(QAbstractSocket::LowDelayOption, 1);
    setKeepAlive(descriptor, m_plan->keepAlivePeriod);
    limit(m_plan->handshakeTimeout);
    advance();
}

void Welcome::enter(SetupStep step)
{
    if (step == SetupStep::Encrypt) {
        tls()->setSslConfiguration(m_plan->tls);
        tls()->startServerEncryption();
    } else {
        socket()->write(toWire(entry()->id, m_plan->format));
        advance();
    }
}

QString Welcome::reasonForClose() const
{
    return QStringLiteral("the connection ID could not be sent to %1").arg(peer());
}

} // namespace QNetPool

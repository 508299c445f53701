// SPDX-License-Identifier: BSD-3-Clause
#include "serverhandshake.h"

#include "lease/pooledsocket.h"
#include "setup/tcpoptions.h"
#include "setup/wireid.h"
#include "system/descriptor.h"

#include <QtNetwork/qsslsocket.h>

namespace QNetPool {

ServerHandshake::ServerHandshake(std::shared_ptr<const AcceptPlan> plan, ConnectionId id, const QString &peer,
                                 std::chrono::milliseconds handshakeTimeout, Descriptor descriptor)
    : Setup({true, true, plan->sendsId()}, peer), m_plan(std::move(plan)), m_id(id), m_handshakeTimeout(handshakeTimeout),
      m_descriptor(std::move(descriptor))
{
}

void ServerHandshake::start()
{
    adopt(std::make_unique<PooledSocket<QSslSocket>>());
    if (!socket()->setSocketDescriptor(m_descriptor.value()))
        return fail(Pool::Error::AcceptFailed,
                    QStringLiteral("cannot take over the connection from %1: %2").arg(peer(), socket()->errorString()));
    setTcpOptions(m_descriptor.release(), m_plan->configuration.tcp);
    setDeadline(m_handshakeTimeout);
    advance();
}

void ServerHandshake::enter(SetupStep step)
{
    if (step == SetupStep::Encrypt) {
        tls()->setSslConfiguration(m_plan->tls);
        const bool sharesContext = m_plan->sharesContext();
        if (sharesContext)
            m_plan->context->lendTo(tls());
        tls()->startServerEncryption();
        if (tls() && sharesContext)
            m_plan->context->keepFrom(tls());
    } else {
        socket()->write(toWire(m_id, m_plan->configuration.idFormat));
        advance();
    }
}

QString ServerHandshake::meaningOf(const QString &end) const
{
    return QStringLiteral("the connection ID could not be sent to %1%2").arg(peer(), end);
}

} // namespace QNetPool

// SPDX-License-Identifier: BSD-3-Clause
#include "socketdial.h"

#include "lease/pooledsocket.h"
#include "setup/tls.h"
#include "setup/wireid.h"
#include "system/descriptor.h"
#include "system/kerneldescriptor.h"

#include <QtCore/qpointer.h>
#include <QtNetwork/qsslsocket.h>

namespace QNetPool {

SocketDial::SocketDial(std::shared_ptr<const DialPlan> plan)
    : Setup({false, plan->tlsMode != TlsMode::None, plan->mode == ConnectionMode::Multi}, plan->target()),
      m_plan(std::move(plan))
{
}

SocketDial::SocketDial(std::shared_ptr<const DialPlan> plan, SetupOutcome connected) : SocketDial(std::move(plan))
{
    m_descriptor = std::move(connected.descriptor);
    m_outcome.connectTime = connected.connectTime;
}

void SocketDial::start()
{
    if (m_descriptor.isValid())
        return takeOver();
    if (m_plan->tlsMode == TlsMode::None)
        adopt(std::make_unique<PooledSocket<QTcpSocket>>());
    else
        adopt(std::make_unique<PooledSocket<QSslSocket>>());
    limit(m_plan->connectTimeout);
    connect(socket(), &QTcpSocket::connected, this, &SocketDial::connected);
    if (m_plan->dialer)
        callDialer();
    else
        socket()->connectToHost(m_plan->host, m_plan->port);
}

void SocketDial::takeOver()
{
    auto *const pooled = new PooledSocket<QSslSocket>;
    adopt(std::unique_ptr<QTcpSocket>(pooled));
    if (!socket()->setSocketDescriptor(m_descriptor.value())) { // the peer has reset it already
        const QString cause = connectError(m_descriptor.value());
        return fail(Pool::Error::TlsFailed,
                    QStringLiteral("TLS handshake with %1 failed: %2")
                            .arg(peer(), cause.isEmpty() ? socket()->errorString() : cause));
    }
    m_descriptor.release();
    if (socket()->peerAddress().isNull()) // nor does Qt read from a peer that getpeername() does not know
        return fail(Pool::Error::TlsFailed, QStringLiteral("TLS handshake with %1 failed: it has left").arg(peer()));
    pooled->setPeer(m_plan->host);
    limit(m_plan->handshakeTimeout);
    advance();
}

void SocketDial::callDialer()
{
    const std::shared_ptr<const DialPlan> plan = m_plan; // the dialer may delete the pool
    const QPointer<SocketDial> alive(this);
    QString cause;
    try {
        return plan->dialer(socket());
    } catch (const std::exception &exception) {
        cause = QString::fromLocal8Bit(exception.what());
    } catch (...) {
        cause = QStringLiteral("an unknown exception");
    }
    if (alive)
        fail(Pool::Error::ConnectFailed,
             QStringLiteral("cannot connect to %1: the dialer has thrown: %2").arg(peer(), cause));
}

void SocketDial::connected()
{
    if (step() != SetupStep::Connect)
        return;
    noteConnected();
    // A request must not wait for the acknowledgement of the one before.
    socket()->setSocketOption(QAbstractSocket::LowDelayOption, 1);
    setKeepAlive(kernelDescriptor(*socket()), m_plan->keepAlivePeriod);
    setUserTimeout(kernelDescriptor(*socket()), m_plan->userTimeout);
    limit(m_plan->handshakeTimeout);
    advance();
}

void SocketDial::enter(SetupStep step)
{
    if (step == SetupStep::Encrypt)
        encrypt();
    else
        readMore(); // the ID may have come with the end of the handshake
}

void SocketDial::encrypt()
{
    tls()->setSslConfiguration(m_plan->tls);
    tls()->setPeerVerifyName(m_plan->peerName.isEmpty() ? m_plan->host : m_plan->peerName);
    m_plan->context->lendTo(tls());
    tls()->startClientEncryption();
    if (tls())
        m_plan->context->learnFrom(tls());
}

void SocketDial::encrypted()
{
    if (matchesPin(*tls(), m_plan->pins))
        return advance();
    fail(Pool::Error::TlsFailed,
         QStringLiteral("TLS handshake with %1 failed: the certificate with the SHA-256 fingerprint %2 is not pinned")
                 .arg(peer(), QLatin1String(peerFingerprint(*tls()))));
}

void SocketDial::readMore()
{
    const bool wantsId = step() == SetupStep::ReadId && m_outcome.id.isNull();
    if (!wantsId || socket()->bytesAvailable() < wireSize(m_plan->format))
        return;
    m_outcome.id = fromWire(socket()->read(wireSize(m_plan->format)), m_plan->format);
    if (m_outcome.id.isNull())
        return fail(Pool::Error::HandshakeFailed,
                    QStringLiteral("%1 sent an ID that names nothing: only zero bytes").arg(peer()));
    advance();
}

QString SocketDial::reasonForClose() const
{
    return QStringLiteral("%1 sent %2 of the %3 bytes of a connection ID")
            .arg(peer())
            .arg(socket()->bytesAvailable())
            .arg(wireSize(m_plan->format));
}

} // namespace QNetPool

// SPDX-License-Identifier: BSD-3-Clause
#include "socketdial.h"

#include "lease/pooledsocket.h"
#include "setup/tcpoptions.h"
#include "setup/tls.h"
#include "system/descriptor.h"
#include "system/kerneldescriptor.h"

#include <QtCore/qpointer.h>
#include <QtCore/qthread.h>
#include <QtNetwork/qsslsocket.h>

namespace QNetPool {

SocketDial::SocketDial(std::shared_ptr<const DialPlan> plan)
    : Setup({false, plan->isEncrypted(), plan->readsId(), bool(plan->configuration.dialer)}, plan->target()),
      m_plan(std::move(plan)), m_id(m_plan->configuration.idFormat)
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
    if (m_plan->isEncrypted())
        adopt(std::make_unique<PooledSocket<QSslSocket>>());
    else
        adopt(std::make_unique<PooledSocket<QTcpSocket>>());
    setDeadline(m_plan->configuration.connectTimeout);
    if (!canOpenSomeBelowReserve())
        return fail(Pool::Error::ResourcesExhausted,
                    QStringLiteral("cannot connect to %1: %2").arg(peer(), onlyReserveIsLeft()));
    connect(socket(), &QTcpSocket::connected, this, &SocketDial::connected);
    if (m_plan->configuration.dialer)
        callDialer();
    else
        socket()->connectToHost(m_plan->configuration.host, m_plan->configuration.port);
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
    if (socket()->peerAddress().isNull()) // getpeername() fails once the peer has left, and Qt does not read then
        return fail(Pool::Error::TlsFailed,
                    QStringLiteral("TLS handshake with %1 failed: it closed the connection").arg(peer()));
    pooled->setPeer(m_plan->configuration.host);
    setDeadline(m_plan->configuration.handshakeTimeout);
    advance();
}

void SocketDial::callDialer()
{
    const std::shared_ptr<const DialPlan> plan = m_plan; // the dialer may delete the pool
    const QPointer<SocketDial> alive(this);
    QString cause;
    try {
        plan->configuration.dialer(socket());
    } catch (const std::exception &exception) {
        cause = QStringLiteral("the dialer has thrown: ") + QString::fromLocal8Bit(exception.what());
    } catch (...) {
        cause = QStringLiteral("the dialer has thrown: an unknown exception");
    }
    if (!alive || !socket())
        return; // abandoned, or it has failed meanwhile
    if (cause.isEmpty())
        cause = mistakeOfDialer();
    if (!cause.isEmpty())
        fail(Pool::Error::ConnectFailed, QStringLiteral("cannot connect to %1: %2").arg(peer(), cause));
    else if (socket()->state() == QAbstractSocket::ConnectedState)
        connected(); // it was handed over, by setSocketDescriptor() for instance, which emits no signal
}

QString SocketDial::mistakeOfDialer() const
{
    if (socket()->thread() != QThread::currentThread())
        return QStringLiteral("the dialer has moved the socket to another thread");
    switch (socket()->state()) {
    case QAbstractSocket::UnconnectedState:
    case QAbstractSocket::BoundState:
    case QAbstractSocket::ListeningState:
        break;
    default:
        return {};
    }
    const QString mistake = QStringLiteral("the dialer has returned without beginning to connect the socket");
    return socket()->error() == QAbstractSocket::UnknownSocketError
            ? mistake
            : mistake + QStringLiteral(": ") + socket()->errorString();
}

void SocketDial::connected()
{
    if (!socket() || m_outcome.connectTime)
        return; // it has failed, or the dialer has waited for it
    if (tls() && tls()->mode() != QSslSocket::UnencryptedMode)
        return fail(Pool::Error::ConnectFailed,
                    QStringLiteral("cannot connect to %1: the dialer has begun TLS; it has to connect the socket only, with "
                                   "connectToHost() for instance, and the pool encrypts it as tls says")
                            .arg(peer()));
    if (isConnectedToItself(kernelDescriptor(*socket())))
        return fail(Pool::Error::ConnectFailed, QStringLiteral("cannot connect to %1: %2").arg(peer(), connectedToItself()));
    if (isInReserve(kernelDescriptor(*socket())))
        return fail(Pool::Error::ResourcesExhausted,
                    QStringLiteral("cannot connect to %1: %2").arg(peer(), onlyReserveIsLeft()));
    noteConnected();
    setCloseOnExec(kernelDescriptor(*socket())); // a dialer may have brought its own
    setTcpOptions(kernelDescriptor(*socket()), m_plan->configuration.tcp);
    setDeadline(m_plan->configuration.handshakeTimeout);
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
    tls()->setPeerVerifyName(m_plan->verifiedName());
    m_plan->context->lendTo(tls());
    tls()->startClientEncryption();
    if (tls())
        m_plan->context->keepFrom(tls());
}

void SocketDial::encrypted()
{
    if (step() != SetupStep::Encrypt)
        return; // the dialer has begun it: connected() fails
    const QString refusal = refusalOfPeer();
    if (refusal.isEmpty())
        return advance();
    fail(Pool::Error::TlsFailed, QStringLiteral("TLS handshake with %1 failed: %2").arg(peer(), refusal));
}

// Empty: none. A slot of the dialer may have changed the socket since encrypt(). It cannot change whether chain and dates
// were verified, which the pool's context of TLS says, but what Qt made of that.
QString SocketDial::refusalOfPeer() const
{
    if (m_plan->configuration.tls.mode != TlsMode::Verified)
        return peerProblem(*tls(), {}, m_plan->pins);
    const QString name = m_plan->verifiedName();
    if (tls()->peerVerifyMode() != m_plan->tls.peerVerifyMode() || tls()->peerVerifyName() != name)
        return QStringLiteral(
                "the dialer has changed how the peer is verified: tls.configuration, tls.peerName and tls.mode say "
                "that, and the dialer has to connect the socket only");
    if (!tls()->sslHandshakeErrors().isEmpty())
        return certificateErrors()
                + QStringLiteral(
                        "; the dialer has ignored that, which TlsMode::Verified does not allow: add the authority to "
                        "tls.configuration, or pin the certificate in TlsMode::SelfSigned");
    return peerProblem(*tls(), name, m_plan->pins);
}

void SocketDial::readMore()
{
    if (step() != SetupStep::ReadId || m_id.isComplete() || socket()->bytesAvailable() == 0)
        return;
    m_id.readFrom([this](char *bytes, qint64 size) { return socket()->read(bytes, size); });
    if (!m_id.isComplete())
        return;
    m_outcome.id = m_id.id();
    if (m_outcome.id.isNull())
        return fail(Pool::Error::HandshakeFailed, IdReader::refusalOf(peer()));
    advance();
}

QString SocketDial::meaningOf(const QString &end) const
{
    return m_id.progressOf(peer(), end, m_plan->isEncrypted());
}

} // namespace QNetPool

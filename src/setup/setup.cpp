// SPDX-License-Identifier: BSD-3-Clause
#include "setup.h"

#include "certificateproblem.h"
#include "lease/pooledsocket.h"
#include "lease/unsentbytes.h"
#include "setup/tls.h"
#include "system/peerbudget.h"
#include "system/probe.h"

#include <QtCore/qcoreevent.h>
#include <QtCore/qsocketnotifier.h>
#include <QtCore/qthread.h>
#include <QtNetwork/qsslconfiguration.h>

namespace QNetPool {

static QString speaksTls(bool isServer)
{
    return isServer ? QStringLiteral("; does this client speak TLS?") : QStringLiteral("; does this port speak TLS?");
}

Setup::Setup(const SetupPlan &plan, QString peer) : m_plan(plan), m_peer(std::move(peer)) { }

Setup::~Setup()
{
    abortSocket();
}

void Setup::begin(Done done)
{
    m_done = std::move(done);
    m_stepBegan = std::chrono::steady_clock::now();
    start();
}

void Setup::abortSocket()
{
    if (!m_socket)
        return;
    m_socket->disconnect(this);
    if (m_socket->thread() == QThread::currentThread()) // else a dialer has moved it
        m_socket->abort();
    m_socket.release()->deleteLater(); // its signal may be on the call stack
}

void Setup::abandon()
{
    m_isFinished = true;
    m_done = nullptr;
    m_deadline.stop();
    abortSocket();
}

QSslSocket *Setup::tls() const noexcept
{
    return m_plan.isEncrypted ? static_cast<QSslSocket *>(m_socket.get()) : nullptr;
}

void Setup::adopt(std::unique_ptr<QTcpSocket> socket)
{
    m_socket = std::move(socket);
    m_socket->setReadBufferSize(PeerBudget::Read);
    connect(m_socket.get(), &QTcpSocket::errorOccurred, this, &Setup::socketFailed);
    connect(m_socket.get(), &QTcpSocket::disconnected, this, &Setup::socketFailed);
    connect(m_socket.get(), &QTcpSocket::readyRead, this, &Setup::readMore);
    connect(m_socket.get(), &QObject::destroyed, this, [this] {
        static_cast<void>(m_socket.release());
        fail(Pool::Error::ConnectFailed,
             QStringLiteral("cannot connect to %1: the dialer has deleted the socket").arg(m_peer));
    });
    if (QSslSocket *ssl = tls()) {
        connect(ssl, &QSslSocket::encrypted, this, &Setup::encrypted);
        connect(ssl, &QSslSocket::sslErrors, this, [this, ssl](const QList<QSslError> &errors) {
            for (const QSslError &error : errors)
                m_certificateErrors << (error.error() == QSslError::HostNameMismatch
                                                ? refusalOf(ssl->peerCertificate(), ssl->peerVerifyName())
                                                : certificateProblem(error, ssl->sslConfiguration()));
            m_certificateErrors.removeDuplicates();
        });
    }
}

void Setup::setDeadline(std::chrono::milliseconds time)
{
    m_limit = time;
    m_deadline.start(int(std::min<qint64>(time.count(), std::numeric_limits<int>::max())), Qt::CoarseTimer, this);
}

void Setup::noteConnected()
{
    const auto now = std::chrono::steady_clock::now();
    m_outcome.connectTime = now - std::exchange(m_stepBegan, now);
}

void Setup::advance()
{
    if (m_isFinished)
        return;
    const SetupStep next = stepAfter(m_step, m_plan);
    if (next == SetupStep::Done) {
        m_step = next;
        if (!m_plan.hasDialer)
            return handOverOnceSent();
        // Queued: one of its slots may still write, for the signal that has led here.
        QMetaObject::invokeMethod(this, &Setup::handOverOnceSent, Qt::QueuedConnection);
        return;
    }
    m_step = next;
    m_received = 0;
    m_outcome.enter(m_step);
    if (m_step == SetupStep::Encrypt) {
        countReads(true);
        dynamic_cast<ObservedSocket &>(*m_socket).records = RecordTracker::of(*m_socket);
    }
    enter(m_step);
}

// The end of the handshake or the ID may still be in Qt's buffers, and would not be sent once the socket is parked.
void Setup::handOverOnceSent()
{
    if (m_isFinished)
        return;
    m_socket->flush();
    if (m_isFinished)
        return; // the write has failed, or the peer has closed
    if (unsentBytes(*m_socket) == 0) {
        succeed();
    } else if (QSslSocket *ssl = tls()) {
        connect(ssl, &QSslSocket::encryptedBytesWritten, this, &Setup::handOverOnceSent, Qt::UniqueConnection);
    } else {
        connect(m_socket.get(), &QTcpSocket::bytesWritten, this, &Setup::handOverOnceSent, Qt::UniqueConnection);
    }
}

void Setup::succeed()
{
    if (m_plan.isEncrypted || m_plan.exchangesId)
        m_outcome.handshakeTime = std::chrono::steady_clock::now() - m_stepBegan;
    finish();
}

void Setup::timerEvent(QTimerEvent *event)
{
    if (event->timerId() != m_deadline.timerId())
        return QObject::timerEvent(event);
    const QString time = QString::number(m_limit.count());
    switch (m_step) {
    case SetupStep::Connect:
        return fail(Pool::Error::ConnectFailed,
                    QStringLiteral("cannot connect to %1: no answer within %2 ms").arg(m_peer, time));
    case SetupStep::Encrypt:
        return fail(Pool::Error::HandshakeTimeout,
                    QStringLiteral("TLS handshake with %1 did not finish within %2 ms").arg(m_peer, time)
                            + (m_plan.isServer ? QString() : speaksTls(false)));
    case SetupStep::Done:
        return fail(Pool::Error::HandshakeTimeout,
                    QStringLiteral("%1 did not receive what was written to it within %2 ms").arg(m_peer, time));
    default:
        return fail(Pool::Error::HandshakeTimeout, meaningOf(QStringLiteral(" within %1 ms").arg(time)));
    }
}

void Setup::countReads(bool isCounting)
{
    for (QSocketNotifier *notifier : m_socket->findChildren<QSocketNotifier *>()) {
        if (isCounting)
            notifier->installEventFilter(this);
        else
            notifier->removeEventFilter(this);
    }
}

// Before the socket reads: what TLS takes without a byte for the application, it keeps.
bool Setup::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() != QEvent::SockAct || m_isFinished || m_socket->bytesAvailable() > 0)
        return false;
    const bool isHandshake = m_step == SetupStep::Encrypt;
    const qint64 budget = isHandshake ? PeerBudget::Handshake : PeerBudget::ControlTraffic;
    if (m_received < budget) {
        m_received += std::min(countUnreadBytes(static_cast<QSocketNotifier *>(watched)->socket()), PeerBudget::Read);
        return false;
    }
    const QString sentence = isHandshake
            ? QStringLiteral("TLS handshake with %1 failed: it sent more than %2 KiB before the handshake had finished")
            : QStringLiteral("TLS connection with %1 failed: it sent more than %2 KiB of session tickets or key updates");
    fail(Pool::Error::TlsFailed, sentence.arg(m_peer, QString::number(budget / 1024)));
    return true;
}

void Setup::socketFailed()
{
    if (m_isFinished)
        return;
    const bool isClosed = m_socket->error() == QAbstractSocket::RemoteHostClosedError;
    if (m_step == SetupStep::Done && (m_socket->bytesAvailable() > 0 || (isClosed && m_plan.isServer)))
        return succeed(); // take(id) still returns it, or a client needed it no more, which is no error
    const bool isTls = m_socket->error() == QAbstractSocket::SslHandshakeFailedError
            || m_socket->error() == QAbstractSocket::SslInternalError
            || m_socket->error() == QAbstractSocket::SslInvalidUserDataError;
    const QString cause = m_certificateErrors.isEmpty() ? m_socket->errorString() : certificateErrors();
    if (m_step == SetupStep::Connect)
        fail(m_socket->error() == QAbstractSocket::SocketResourceError ? Pool::Error::ResourcesExhausted
                                                                       : Pool::Error::ConnectFailed,
             QStringLiteral("cannot connect to %1: %2").arg(m_peer, cause));
    else if (m_step == SetupStep::Encrypt)
        fail(Pool::Error::TlsFailed,
             QStringLiteral("TLS handshake with %1 failed: %2%3").arg(m_peer, cause, adviceFor(cause, isClosed)));
    else if (isTls) // in TLS 1.3 a client learns only after the handshake that its certificate was refused
        fail(Pool::Error::TlsFailed, QStringLiteral("TLS connection with %1 failed: %2").arg(m_peer, cause));
    else if (m_step == SetupStep::Done)
        fail(Pool::Error::HandshakeFailed,
             isClosed ? closedAtOnce() : QStringLiteral("the connection to %1 failed: %2").arg(m_peer, cause));
    else
        fail(Pool::Error::HandshakeFailed,
             meaningOf(QStringLiteral(": ") + (isClosed ? QStringLiteral("it closed the connection") : cause)));
}

// For a TLS handshake that failed without a word about a certificate.
QString Setup::adviceFor(const QString &cause, bool isClosed) const
{
    if (!m_certificateErrors.isEmpty())
        return {};
    if (cause.contains(QLatin1String("protocol version")) || cause.contains(QLatin1String("unsupported protocol")))
        return QStringLiteral("; tls.allowTls12 is for who speaks nothing newer than TLS 1.2");
    const bool isAlpn =
            cause.contains(QLatin1String("no application protocol")) || cause.contains(QLatin1String("bad extension"));
    if (isAlpn && !tls()->sslConfiguration().allowedNextProtocols().isEmpty())
        return QStringLiteral("; is one of setAllowedNextProtocols() (ALPN) known to the other end?");
    const bool isTlsAlert = cause.contains(QLatin1String("alert"));
    return isTlsAlert || (isClosed && m_plan.isServer) ? QString() : speaksTls(m_plan.isServer);
}

QString Setup::closedAtOnce() const
{
    return QStringLiteral("%1 closed the connection at once").arg(m_peer);
}

void Setup::fail(Pool::Error error, const QString &message)
{
    m_outcome.error = error;
    m_outcome.message = message;
    m_step = SetupStep::Done;
    abortSocket();
    finish();
}

void Setup::finish()
{
    m_isFinished = true;
    m_deadline.stop();
    // Queued: a signal of the socket may be on the call stack, and the stock may lease it to another thread at once.
    QMetaObject::invokeMethod(
            this,
            [this] {
                // A peer that has closed may have sent bytes before.
                const bool isGone = m_socket && m_socket->state() != QAbstractSocket::ConnectedState;
                if (isGone && m_socket->bytesAvailable() == 0 && !m_plan.isServer) {
                    m_outcome.error = Pool::Error::HandshakeFailed;
                    m_outcome.message = closedAtOnce();
                    abortSocket();
                }
                if (m_socket) {
                    m_socket->disconnect(); // including what a dialer has connected
                    m_socket->setParent(nullptr);
                    m_socket->setReadBufferSize(0);
                    countReads(false);
                }
                m_outcome.socket = std::move(m_socket);
                if (m_done)
                    std::exchange(m_done, nullptr)(this, std::move(m_outcome));
            },
            Qt::QueuedConnection);
}

} // namespace QNetPool

// SPDX-License-Identifier: BSD-3-Clause
#include "plaindials.h"

#include "wireid.h"

#include <QtCore/qcoreevent.h>
#include <QtNetwork/qhostinfo.h>
#include <QtNetwork/qnetworkproxy.h>

namespace QNetPool {

PlainDials::PlainDials(Done done, QObject *parent) : QObject(parent), m_done(std::move(done)) { }

PlainDials::~PlainDials()
{
    abandonAll();
}

void PlainDials::abandonAll()
{
    m_timer.stop();
    m_deadlines.clear();
    for (auto &[number, dial] : m_dials)
        takeFrom(dial);
    m_dials.clear();
    m_watcher.reset();
}

bool PlainDials::canDo(const std::shared_ptr<const DialPlan> &plan)
{
    if (plan->tlsMode != TlsMode::None || plan->dialer)
        return false;
    const Clock::time_point now = Clock::now();
    if (m_askedFor.lock() == plan && now < m_askAgain)
        return m_isDirect;
    const QList<QNetworkProxy> proxies = QNetworkProxyFactory::proxyForQuery(QNetworkProxyQuery(plan->host, plan->port));
    m_isDirect = proxies.isEmpty() || proxies.first().type() == QNetworkProxy::NoProxy;
    m_askedFor = plan;
    m_askAgain = now + std::chrono::seconds(1);
    return m_isDirect;
}

void PlainDials::begin(quint64 number, std::shared_ptr<const DialPlan> plan)
{
    Dial &dial = m_dials[number];
    dial.plan = std::move(plan);
    dial.stepBegan = Clock::now();
    limit(number, dial, dial.plan->connectTimeout);
    if (!m_watcher)
        m_watcher = Watcher::create(this, [this](quint64 reported) { report(reported); });
    if (!m_watcher)
        return fail(number, dial, Pool::Error::ResourcesExhausted,
                    QStringLiteral("cannot connect to %1: connects cannot be watched").arg(dial.plan->target()));
    if (!dial.plan->address.isNull()) {
        dial.addresses = {dial.plan->address};
        return connectNext(number, dial);
    }
    dial.lookup = QHostInfo::lookupHost(dial.plan->host, this, [this, number](const QHostInfo &info) {
        const auto found = m_dials.find(number);
        if (found == m_dials.end())
            return;
        found->second.lookup = -1;
        found->second.addresses = info.addresses();
        found->second.cause = info.errorString();
        connectNext(number, found->second);
    });
}

void PlainDials::report(quint64 number)
{
    const auto found = m_dials.find(number);
    if (found == m_dials.end())
        return; // it has ended
    Dial &dial = found->second;
    if (dial.step == Step::ReadId)
        return readId(number, dial);
    dial.cause = connectError(dial.descriptor.value());
    if (dial.cause.isEmpty())
        return connected(number, dial);
    takeFrom(dial);
    connectNext(number, dial);
}

void PlainDials::connectNext(quint64 number, Dial &dial)
{
    dial.step = Step::Connect;
    while (!dial.addresses.isEmpty()) {
        dial.descriptor = beginConnect(dial.addresses.takeFirst(), dial.plan->port, &dial.cause);
        if (!dial.descriptor.isValid())
            continue;
        if (m_watcher->watch(dial.descriptor.value(), number, Watcher::Event::Writable))
            return;
        dial.cause = lastSystemError();
    }
    fail(number, dial, Pool::Error::ConnectFailed,
         QStringLiteral("cannot connect to %1: %2").arg(dial.plan->target(), dial.cause));
}

void PlainDials::connected(quint64 number, Dial &dial)
{
    const Clock::time_point now = Clock::now();
    dial.outcome.connectTime = now - std::exchange(dial.stepBegan, now);
    // A request must not wait for the acknowledgement of the one before.
    setLowDelay(dial.descriptor.value());
    setKeepAlive(dial.descriptor.value(), dial.plan->keepAlivePeriod);
    dial.step = Step::ReadId;
    if (dial.plan->mode == ConnectionMode::Multi) {
        limit(number, dial, dial.plan->handshakeTimeout);
        return readId(number, dial); // which may be there already
    }
    if (peekByte(dial.descriptor.value()) == Transfer::Ended)
        return fail(number, dial, Pool::Error::HandshakeFailed,
                    QStringLiteral("%1 closed the connection at once").arg(dial.plan->target()));
    finish(number, dial);
}

void PlainDials::readId(quint64 number, Dial &dial)
{
    const auto reasonForClose = [&dial] {
        return QStringLiteral("%1 sent %2 of the %3 bytes of a connection ID")
                .arg(dial.plan->target())
                .arg(dial.idBytes)
                .arg(wireSize(dial.plan->format));
    };
    const qint64 size = wireSize(dial.plan->format);
    const qint64 got = receive(dial.descriptor.value(), dial.id.data() + dial.idBytes, size - dial.idBytes);
    if (got == Transfer::Ended)
        return fail(number, dial, Pool::Error::HandshakeFailed,
                    reasonForClose() + QStringLiteral(": it closed the connection"));
    if (got == Transfer::Broken)
        return fail(number, dial, Pool::Error::HandshakeFailed, reasonForClose() + QStringLiteral(": ") + lastSystemError());
    if (got > 0)
        dial.idBytes += got;
    if (dial.idBytes < size) {
        m_watcher->change(dial.descriptor.value(), number, Watcher::Event::Bytes);
        return;
    }
    dial.outcome.handshakeTime = Clock::now() - dial.stepBegan;
    dial.outcome.id = fromWire(QByteArray(dial.id.data(), size), dial.plan->format);
    if (dial.outcome.id.isNull())
        return fail(number, dial, Pool::Error::HandshakeFailed,
                    QStringLiteral("%1 sent an ID that names nothing: only zero bytes").arg(dial.plan->target()));
    finish(number, dial);
}

void PlainDials::limit(quint64 number, Dial &dial, std::chrono::milliseconds time)
{
    m_deadlines.erase({dial.deadline, number});
    dial.deadline = Clock::now() + std::min<std::chrono::milliseconds>(time, std::chrono::hours(24));
    m_deadlines.emplace(dial.deadline, number);
    armTimer();
}

// One that ends too early looks again: cheaper than to set it anew for each dial.
void PlainDials::armTimer()
{
    if (m_deadlines.empty())
        return m_timer.stop();
    const Clock::time_point next = m_deadlines.begin()->first;
    if (m_timer.isActive() && m_timerEnds <= next)
        return;
    m_timerEnds = next;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
    m_timer.start(int(std::max<qint64>(left.count(), 0)), Qt::PreciseTimer, this);
}

void PlainDials::timerEvent(QTimerEvent *event)
{
    if (event->timerId() != m_timer.timerId())
        return QObject::timerEvent(event);
    m_timer.stop();
    while (!m_deadlines.empty() && m_deadlines.begin()->first <= Clock::now()) {
        const quint64 number = m_deadlines.begin()->second;
        expire(number, m_dials.at(number));
    }
    armTimer();
}

void PlainDials::expire(quint64 number, Dial &dial)
{
    const DialPlan &plan = *dial.plan;
    if (dial.step == Step::ReadId)
        return fail(number, dial, Pool::Error::HandshakeTimeout,
                    QStringLiteral("%1 sent %2 of the %3 bytes of a connection ID within %4 ms")
                            .arg(plan.target())
                            .arg(dial.idBytes)
                            .arg(wireSize(plan.format))
                            .arg(plan.handshakeTimeout.count()));
    fail(number, dial, Pool::Error::ConnectFailed,
         QStringLiteral("cannot connect to %1: no answer within %2 ms").arg(plan.target()).arg(plan.connectTimeout.count()));
}

void PlainDials::fail(quint64 number, Dial &dial, Pool::Error error, const QString &message)
{
    dial.outcome.error = error;
    dial.outcome.message = message;
    takeFrom(dial);
    finish(number, dial);
}

// What the dial has going on ends; its descriptor is the caller's.
Descriptor PlainDials::takeFrom(Dial &dial)
{
    if (dial.lookup >= 0)
        QHostInfo::abortHostLookup(std::exchange(dial.lookup, -1));
    if (dial.descriptor.isValid())
        m_watcher->remove(dial.descriptor.value());
    return std::move(dial.descriptor);
}

void PlainDials::finish(quint64 number, Dial &dial)
{
    SetupOutcome outcome = std::move(dial.outcome);
    outcome.descriptor = takeFrom(dial);
    m_deadlines.erase({dial.deadline, number});
    m_dials.erase(number);
    m_done(number, std::move(outcome));
}

} // namespace QNetPool

// SPDX-License-Identifier: BSD-3-Clause
#include "directdials.h"

#include "addressorder.h"
#include "setup/tcpoptions.h"

#include <QtCore/qcoreevent.h>
#include <QtNetwork/qnetworkproxy.h>

namespace QNetPool {

namespace {

// The watcher's tokens name a dial and one of its attempts.
constexpr int AttemptBits = 8;
constexpr qsizetype MostAttempts = qsizetype(1) << AttemptBits;

constexpr quint64 tokenOf(quint64 number, qsizetype attempt) noexcept
{
    return number << AttemptBits | quint64(attempt);
}

} // namespace

DirectDials::DirectDials(Done done, QObject *parent)
    : QObject(parent), m_done(std::move(done)),
      m_answers(
              [this](const std::pair<quint64, Resolver::Answer> &answered) {
                  if (const auto found = m_dials.find(answered.first); found != m_dials.end())
                      lookedUp(found->first, found->second, answered.second);
              },
              this)
{
}

DirectDials::~DirectDials()
{
    abandonAll();
}

void DirectDials::abandonAll()
{
    m_timer.stop();
    m_deadlines.clear();
    for (auto &[number, dial] : m_dials)
        takeDescriptor(number, dial);
    m_dials.clear();
    m_watcher.reset();
}

bool DirectDials::canDial(const std::shared_ptr<const DialPlan> &plan)
{
    if (plan->configuration.dialer)
        return false;
    const Clock::time_point now = Clock::now();
    if (m_proxyPlan.lock() == plan && now < m_proxyCheckDue)
        return m_isDirect;
    const QList<QNetworkProxy> proxies =
            QNetworkProxyFactory::proxyForQuery(QNetworkProxyQuery(plan->configuration.host, plan->configuration.port));
    m_isDirect = proxies.isEmpty() || proxies.first().type() == QNetworkProxy::NoProxy;
    m_proxyPlan = plan;
    m_proxyCheckDue = now + std::chrono::seconds(1);
    return m_isDirect;
}

void DirectDials::begin(quint64 number, std::shared_ptr<const DialPlan> plan, SetupProgress *progress)
{
    DescriptorDial &dial = m_dials[number];
    dial.outcome.progress = progress;
    dial.plan = std::move(plan);
    dial.id = IdReader(dial.plan->configuration.idFormat);
    dial.stepBegan = Clock::now();
    setDeadline(number, dial, dial.plan->configuration.connectTimeout);
    if (!m_watcher && canOpenSomeBelowReserve()) // one a setup thread: many could use up the reserve
        m_watcher = Watcher::create(this, [this](quint64 token) { handleActivity(token); });
    if (!m_watcher)
        return fail(number, dial, Pool::Error::ResourcesExhausted,
                    QStringLiteral("cannot connect to %1: %2").arg(dial.plan->target(), onlyReserveIsLeft()));
    if (!dial.plan->address.isNull())
        lookedUp(number, dial, {{dial.plan->address}, {}});
    else if (const std::optional<Resolver::Answer> known = dial.plan->resolver->ask(&m_answers, number))
        lookedUp(number, dial, *known);
}

void DirectDials::lookedUp(quint64 number, DescriptorDial &dial, const Resolver::Answer &answer)
{
    dial.step = Step::Connect;
    dial.addresses = interleaved(answer.addresses);
    dial.cause = answer.error;
    dial.error = answer.isExhausted ? Pool::Error::ResourcesExhausted : Pool::Error::ConnectFailed;
    connectNext(number, dial);
}

void DirectDials::connectNext(quint64 number, DescriptorDial &dial)
{
    while (dial.attempts.size() < std::min(dial.addresses.size(), MostAttempts)) {
        const quint64 token = tokenOf(number, dial.attempts.size());
        ConnectStart start = beginConnect(dial.addresses.at(dial.attempts.size()), dial.plan->configuration.port);
        Descriptor &attempt = dial.attempts.emplace_back(std::move(start.descriptor));
        if (!attempt.isValid()) {
            dial.cause = start.cause;
            dial.error = start.isExhausted ? Pool::Error::ResourcesExhausted : Pool::Error::ConnectFailed;
            continue;
        }
        if (m_watcher->watch(attempt.value(), token, Watcher::Event::Writable)) {
            const bool isLast = dial.attempts.size() == dial.addresses.size();
            return setNextAttempt(number, dial, isLast ? Clock::time_point::max() : Clock::now() + AttemptDelay);
        }
        dial.cause = lastSystemError();
        dial.error = Pool::Error::ResourcesExhausted; // the watcher is out of memory
        attempt = {};
    }
    setNextAttempt(number, dial, Clock::time_point::max());
    if (std::none_of(dial.attempts.begin(), dial.attempts.end(), [](const Descriptor &one) { return one.isValid(); }))
        failToConnect(number, dial);
}

void DirectDials::handleActivity(quint64 token)
{
    const quint64 number = token >> AttemptBits;
    const auto found = m_dials.find(number);
    if (found == m_dials.end())
        return; // the dial has ended
    DescriptorDial &dial = found->second;
    if (dial.step == Step::ReadId && token == dial.token)
        return readId(number, dial);
    const auto index = qsizetype(token % MostAttempts);
    if (index >= dial.attempts.size() || !dial.attempts[index].isValid())
        return; // another attempt has won
    QString cause = connectError(dial.attempts[index].value());
    if (cause.isEmpty() && isConnectedToItself(dial.attempts[index].value()))
        cause = connectedToItself();
    if (cause.isEmpty())
        return connected(number, dial, index);
    dial.cause = cause;
    dial.error = Pool::Error::ConnectFailed;
    endAttempt(dial.attempts[index]);
    connectNext(number, dial);
}

void DirectDials::connected(quint64 number, DescriptorDial &dial, qsizetype winner)
{
    const DialPlan &plan = *dial.plan;
    const Clock::time_point now = Clock::now();
    dial.outcome.connectTime = now - std::exchange(dial.stepBegan, now);
    dial.step = Step::ReadId;
    dial.token = tokenOf(number, winner);
    dial.descriptor = std::move(dial.attempts[winner]);
    endAttempts(dial);
    setNextAttempt(number, dial, Clock::time_point::max());
    setTcpOptions(dial.descriptor.value(), plan.configuration.tcp);
    if (plan.isEncrypted())
        return finish(number, dial);
    if (plan.readsId()) {
        dial.outcome.enter(SetupStep::ReadId);
        setDeadline(number, dial, plan.configuration.handshakeTimeout);
        return readId(number, dial); // it may have arrived already
    }
    char byte;
    if (peek(dial.descriptor.value(), &byte, 1) == Transfer::Ended)
        return fail(number, dial, Pool::Error::HandshakeFailed,
                    QStringLiteral("%1 closed the connection at once").arg(plan.target()));
    finish(number, dial);
}

void DirectDials::readId(quint64 number, DescriptorDial &dial)
{
    const QString peer = dial.plan->target();
    const qint64 got =
            dial.id.readFrom([&dial](char *bytes, qint64 size) { return receive(dial.descriptor.value(), bytes, size); });
    if (got == Transfer::Ended)
        return fail(number, dial, Pool::Error::HandshakeFailed,
                    dial.id.progressOf(peer, QStringLiteral(": it closed the connection"), false));
    if (got == Transfer::Broken)
        return fail(number, dial, Pool::Error::HandshakeFailed,
                    dial.id.progressOf(peer, QStringLiteral(": ") + lastSystemError(), false));
    if (!dial.id.isComplete()) {
        m_watcher->change(dial.descriptor.value(), dial.token, Watcher::Event::Bytes);
        return;
    }
    dial.outcome.handshakeTime = Clock::now() - dial.stepBegan;
    dial.outcome.id = dial.id.id();
    if (dial.outcome.id.isNull())
        return fail(number, dial, Pool::Error::HandshakeFailed, IdReader::refusalOf(peer));
    finish(number, dial);
}

void DirectDials::setDeadline(quint64 number, DescriptorDial &dial, std::chrono::milliseconds time)
{
    m_deadlines.erase({dial.deadline, number});
    dial.deadline = Clock::now() + std::min<std::chrono::milliseconds>(time, std::chrono::hours(24));
    m_deadlines.emplace(dial.deadline, number);
    armTimer();
}

void DirectDials::setNextAttempt(quint64 number, DescriptorDial &dial, Clock::time_point when)
{
    if (dial.nextAttempt == when)
        return;
    if (dial.nextAttempt != dial.deadline)
        m_deadlines.erase({dial.nextAttempt, number});
    dial.nextAttempt = when;
    if (when == Clock::time_point::max())
        return;
    m_deadlines.emplace(when, number);
    armTimer();
}

// If it fires too early it is armed again: cheaper than to restart it for each dial.
void DirectDials::armTimer()
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

void DirectDials::timerEvent(QTimerEvent *event)
{
    if (event->timerId() != m_timer.timerId())
        return QObject::timerEvent(event);
    m_timer.stop();
    while (!m_deadlines.empty() && m_deadlines.begin()->first <= Clock::now()) {
        const auto [when, number] = *m_deadlines.begin();
        DescriptorDial &dial = m_dials.at(number);
        if (when == dial.deadline)
            expire(number, dial);
        else
            connectNext(number, dial);
    }
    armTimer();
}

void DirectDials::expire(quint64 number, DescriptorDial &dial)
{
    const DialPlan &plan = *dial.plan;
    if (dial.step == Step::ReadId)
        return fail(number, dial, Pool::Error::HandshakeTimeout,
                    dial.id.progressOf(plan.target(),
                                       QStringLiteral(" within %1 ms").arg(plan.configuration.handshakeTimeout.count()),
                                       false));
    const QString what =
            dial.step == Step::LookUp ? QStringLiteral("its name could not be looked up") : QStringLiteral("no answer");
    dial.cause = QStringLiteral("%1 within %2 ms").arg(what).arg(plan.configuration.connectTimeout.count());
    dial.error = Pool::Error::ConnectFailed;
    failToConnect(number, dial);
}

void DirectDials::failToConnect(quint64 number, DescriptorDial &dial)
{
    QString message = QStringLiteral("cannot connect to %1: %2").arg(dial.plan->target(), dial.cause);
    if (dial.addresses.size() > 1)
        message += QStringLiteral(" (%1 of %2 addresses tried)").arg(dial.attempts.size()).arg(dial.addresses.size());
    if (dial.step == Step::Connect && dial.plan->resolver)
        dial.plan->resolver->forget();
    fail(number, dial, dial.error, message);
}

void DirectDials::fail(quint64 number, DescriptorDial &dial, Pool::Error error, const QString &message)
{
    dial.outcome.error = error;
    dial.outcome.message = message;
    takeDescriptor(number, dial);
    finish(number, dial);
}

void DirectDials::endAttempt(Descriptor &attempt)
{
    if (attempt.isValid())
        m_watcher->remove(attempt.value());
    attempt = {};
}

void DirectDials::endAttempts(DescriptorDial &dial)
{
    for (Descriptor &attempt : dial.attempts)
        endAttempt(attempt);
}

// Ends the dial's lookup and attempts, and returns its descriptor.
Descriptor DirectDials::takeDescriptor(quint64 number, DescriptorDial &dial)
{
    if (dial.step == Step::LookUp && dial.plan->resolver)
        dial.plan->resolver->cancel(&m_answers, number);
    endAttempts(dial);
    if (dial.descriptor.isValid())
        m_watcher->remove(dial.descriptor.value());
    return std::move(dial.descriptor);
}

void DirectDials::finish(quint64 number, DescriptorDial &dial)
{
    SetupOutcome outcome = std::move(dial.outcome);
    outcome.descriptor = takeDescriptor(number, dial);
    setNextAttempt(number, dial, Clock::time_point::max());
    m_deadlines.erase({dial.deadline, number});
    const std::shared_ptr<const DialPlan> plan = std::move(dial.plan);
    m_dials.erase(number);
    m_done(number, plan, std::move(outcome));
}

} // namespace QNetPool

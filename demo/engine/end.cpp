// SPDX-License-Identifier: BSD-3-Clause
#include "end.h"

#include <QNetPool/PoolException>

using namespace QNetPool;

namespace Demo {

End::End(Settings settings, QObject *parent) : QObject(parent), m_settings(std::move(settings)), m_load(m_settings.load) { }

void End::forwardErrors()
{
    connect(&pool(), &Pool::errorOccurred, this, [this](Pool::Error, const QString &message) { Q_EMIT trouble(message); });
}

void End::exchange(ConnectionId id, const QDeadlineTimer &deadline, Use use)
{
    ++m_inFlight;
    if (Connection connection = id.isNull() ? pool().take() : pool().take(id)) {
        m_meter.waited({});
        return run(use(std::move(connection)));
    }
    const auto begin = std::chrono::steady_clock::now();
    // The stock is being filled just now, or the ID was announced before its connection is here.
    pool().acquire(id, std::chrono::milliseconds(deadline.remainingTime()))
            .then(this,
                  [this, begin, use = std::move(use)](Connection connection) {
                      m_meter.waited(std::chrono::steady_clock::now() - begin);
                      run(use(std::move(connection)));
                  })
            .onFailed(this, [this](const PoolException &failure) { conclude(failure.message()); });
}

void End::run(Conversation *conversation)
{
    observe(conversation);
    connect(conversation, &Conversation::finished, this, [this, id = conversation->id()](const QString &problem) {
        if (problem.isEmpty())
            m_meter.exchanged(id);
        conclude(problem);
    });
    conversation->start();
}

void End::observe(Conversation *conversation)
{
    connect(conversation, &Conversation::transferred, this,
            [this](ConnectionId id, qint64 bytes) { m_meter.transferred(id, bytes); });
}

void End::conclude(const QString &problem)
{
    --m_inFlight;
    if (!problem.isEmpty())
        Q_EMIT trouble(problem);
    m_meter.concluded(problem.isEmpty());
    if (isSettled())
        Q_EMIT settled();
}

} // namespace Demo

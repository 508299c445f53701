// SPDX-License-Identifier: BSD-3-Clause
#include "end.h"

#include <QNetPool/PoolException>

using namespace QNetPool;

namespace Demo {

End::End(Settings settings, QObject *parent) : QObject(parent), m_settings(std::move(settings)) { }

void End::forwardErrors()
{
    connect(&pool(), &Pool::errorOccurred, this, [this](Pool::Error, const QString &message) { Q_EMIT trouble(message); });
}

void End::exchange(ConnectionId id, const QDeadlineTimer &deadline, Use use)
{
    ++m_inFlight;
    if (Connection connection = id.isNull() ? pool().take() : pool().take(id))
        return run(use(std::move(connection)));
    // The stock is being filled just now, or the ID was announced before its connection is here.
    pool().acquire(id, std::chrono::milliseconds(deadline.remainingTime()))
            .then(this, [this, use = std::move(use)](Connection connection) { run(use(std::move(connection))); })
            .onFailed(this, [this](const PoolException &failure) { conclude(failure.message()); });
}

void End::run(Conversation *conversation)
{
    connect(conversation, &Conversation::finished, this, &End::conclude);
    conversation->start();
}

void End::conclude(const QString &problem)
{
    --m_inFlight;
    if (!problem.isEmpty())
        Q_EMIT trouble(problem);
    Q_EMIT concluded(problem.isEmpty());
    if (isSettled())
        Q_EMIT settled();
}

} // namespace Demo

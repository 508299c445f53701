// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "conversation.h"

#include <functional>

namespace Demo {

// Checks and answers one message, after a while: the other half of an exchange.
class Answerer final : public Conversation
{
    Q_OBJECT

public:
    // isSurplus: whether the pool has no use for the connection any more, asked with the answer.
    Answerer(QNetPool::Connection lease, std::chrono::milliseconds hold, std::function<bool()> isSurplus,
             const QDeadlineTimer &deadline, QObject *parent);

private:
    void heard(const Message &message) override;
    void peerLeft(const QString &cause) override;
    void answer(const QByteArray &question);

    const std::chrono::milliseconds m_hold;
    const std::function<bool()> m_isSurplus;
    bool m_hasHeard = false;
    bool m_hasSaidGoodbye = false;
};

} // namespace Demo

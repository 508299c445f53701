// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "conversation.h"

namespace Demo {

// Sends a random message and checks the answer to it: one exchange.
class Asker final : public Conversation
{
    Q_OBJECT

public:
    // isUsedOnce: whether the connection is closed after the answer.
    Asker(QNetPool::Connection lease, bool isUsedOnce, const QDeadlineTimer &deadline, QObject *parent);

private:
    void open() override;
    void heard(const Message &answer) override;

    const bool m_isUsedOnce;
    const QByteArray m_question;
};

} // namespace Demo

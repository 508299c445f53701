// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "conversation.h"

namespace Demo {

// Sends a random message and checks the answer to it: one exchange.
class Asker final : public Conversation
{
    Q_OBJECT

public:
    Asker(QNetPool::Connection lease, const QDeadlineTimer &deadline, QObject *parent);

private:
    void open() override;
    void heard(const Message &answer) override;

    const QByteArray m_question;
};

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#include "asker.h"

namespace Demo {

Asker::Asker(QNetPool::Connection lease, const QDeadlineTimer &deadline, QObject *parent)
    : Conversation(std::move(lease), deadline, parent), m_question(randomPayload())
{
}

void Asker::open()
{
    say({m_question});
}

void Asker::heard(const Message &answer)
{
    if (answer.payload != answerTo(m_question))
        fail(tr("the answer belongs to another message"));
    else if (answer.isGoodbye)
        leave();
    else
        succeed();
}

} // namespace Demo

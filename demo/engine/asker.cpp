// SPDX-License-Identifier: BSD-3-Clause
#include "asker.h"

namespace Demo {

Asker::Asker(QNetPool::Connection lease, bool isUsedOnce, const QDeadlineTimer &deadline, QObject *parent)
    : Conversation(std::move(lease), deadline, parent), m_isUsedOnce(isUsedOnce), m_question(randomPayload())
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
    else if (answer.isGoodbye || m_isUsedOnce)
        leave();
    else
        succeed();
}

} // namespace Demo

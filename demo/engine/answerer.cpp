// SPDX-License-Identifier: BSD-3-Clause
#include "answerer.h"

namespace Demo {

Answerer::Answerer(QNetPool::Connection lease, std::chrono::milliseconds hold, std::function<bool()> isSurplus,
                   const QDeadlineTimer &deadline, QObject *parent)
    : Conversation(std::move(lease), deadline, parent), m_hold(hold), m_isSurplus(std::move(isSurplus))
{
}

void Answerer::heard(const Message &message)
{
    if (std::exchange(m_hasHeard, true))
        return fail(tr("a second message arrived"));
    after(m_hold, [this, question = message.payload] { answer(question); });
}

void Answerer::answer(const QByteArray &question)
{
    // A full pool closes what comes back. The other end may have begun its next exchange on the connection by then, so it is
    // told in advance, and closes it instead.
    m_hasSaidGoodbye = m_isSurplus();
    say({answerTo(question), m_hasSaidGoodbye});
    if (!m_hasSaidGoodbye)
        succeed();
}

void Answerer::peerLeft(const QString &cause)
{
    if (m_hasSaidGoodbye)
        leave();
    else
        Conversation::peerLeft(cause);
}

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#include "echo.h"

namespace Demo {

Echo::Echo(QNetPool::Connection lease, const Load &load, QObject *parent)
    : Conversation(std::move(lease), QDeadlineTimer::Forever, parent), m_load(load)
{
}

void Echo::heard(const Message &message)
{
    ++m_owed;
    after(m_load.hold, [this, question = message.payload] {
        --m_owed;
        say({answerTo(question)});
        Q_EMIT answered(id());
    });
}

void Echo::peerLeft(const QString &)
{
    leave();
}

} // namespace Demo

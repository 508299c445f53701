// SPDX-License-Identifier: BSD-3-Clause
#include "echo.h"

namespace Demo {

Echo::Echo(QNetPool::Connection lease, QObject *parent) : Conversation(std::move(lease), QDeadlineTimer::Forever, parent) { }

void Echo::heard(const Message &message)
{
    say({answerTo(message.payload)});
    Q_EMIT answered();
}

void Echo::peerLeft(const QString &)
{
    leave();
}

} // namespace Demo

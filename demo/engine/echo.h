// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "conversation.h"

namespace Demo {

// Checks and answers messages for as long as the peer stays.
class Echo final : public Conversation
{
    Q_OBJECT

public:
    Echo(QNetPool::Connection lease, QObject *parent);

Q_SIGNALS:
    void answered();

private:
    void heard(const Message &message) override;
    void peerLeft(const QString &cause) override;
};

} // namespace Demo

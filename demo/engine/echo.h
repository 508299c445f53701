// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "conversation.h"
#include "settings.h"

namespace Demo {

// Checks and answers messages for as long as the peer stays.
class Echo final : public Conversation
{
    Q_OBJECT

public:
    Echo(QNetPool::Connection lease, const Load &load, QObject *parent); // which is looked at for each answer

    bool isAnswering() const { return m_owed > 0; }
    void hangUp() { leave(); }

Q_SIGNALS:
    void answered(QNetPool::ConnectionId id);

private:
    void heard(const Message &message) override;
    void peerLeft(const QString &cause) override;

    const Load &m_load;
    int m_owed = 0; // answers
};

} // namespace Demo

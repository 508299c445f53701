// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "conversation.h"
#include "meter.h"
#include "settings.h"

#include <functional>

namespace Demo {

// One end of the demo: a pool, and what is done with its connections.
class End : public QObject
{
    Q_OBJECT

public:
    virtual QNetPool::Pool &pool() = 0;

    // The end that begins exchanges is the server in ConnectionMode::Multi, the client in ConnectionMode::Single.
    virtual bool canBegin() const { return false; }
    virtual void begin() { }
    // No more exchanges are wanted; settled() follows those in flight.
    virtual void stop() { }

    void setLoad(const Load &load) { m_load = load; }
    Meter &meter() { return m_meter; } // from any thread

    int inFlight() const { return m_inFlight; }
    virtual bool isSettled() const { return m_inFlight == 0; }

Q_SIGNALS:
    void settled();
    void trouble(const QString &message);

protected:
    explicit End(Settings settings, QObject *parent = nullptr);

    void forwardErrors(); // once there is a pool
    QDeadlineTimer newDeadline() const { return QDeadlineTimer(m_settings.exchangeTimeout); }

    // Begins an exchange with connection id (null: any): as soon as there is one, use gets it and returns the conversation.
    using Use = std::function<Conversation *(QNetPool::Connection)>;
    void exchange(QNetPool::ConnectionId id, const QDeadlineTimer &deadline, Use use);

    void observe(Conversation *conversation);

    const Settings m_settings;
    Load m_load;
    Meter m_meter;

private:
    void run(Conversation *conversation);
    void conclude(const QString &problem);

    int m_inFlight = 0;
};

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "findings.h"
#include "pools.h"

#include <deque>
#include <map>

// Who has which connection of a pool. An ID is taken off just before the lease ends, since the pool may hand the connection
// on from that moment.
class Holders
{
public:
    explicit Holders(Findings &findings) : m_findings(findings) { }
    void begin(ConnectionId id, const QByteArray &who)
    {
        const std::lock_guard lock(m_mutex);
        const auto [there, isNew] = m_holders.emplace(id.toByteArray(), who);
        if (!isNew) {
            m_findings.add(QStringLiteral("connection %1 has two holders: %2 and %3")
                                   .arg(id.toString(), QString::fromLatin1(there->second), QString::fromLatin1(who)));
        }
    }
    void end(ConnectionId id)
    {
        const std::lock_guard lock(m_mutex);
        if (!m_holders.erase(id.toByteArray()))
            m_findings.add(QStringLiteral("connection %1 changed its name while it was leased").arg(id.toString()));
    }
    std::size_t count() const
    {
        const std::lock_guard lock(m_mutex);
        return m_holders.size();
    }

private:
    Findings &m_findings;
    mutable std::mutex m_mutex;
    std::map<QByteArray, QByteArray> m_holders;
};

// A lease on record.
class Held
{
public:
    Held() = default;
    Held(Connection connection, Holders &holders, const QByteArray &who)
        : m_connection(std::move(connection)), m_holders(&holders), m_id(m_connection.id())
    {
        holders.begin(m_id, who);
    }
    Held(Held &&other) noexcept = default;
    Held &operator=(Held &&other) noexcept
    {
        giveBack();
        m_connection = std::move(other.m_connection);
        m_holders = other.m_holders;
        m_id = other.m_id;
        return *this;
    }
    ~Held() { giveBack(); }

    explicit operator bool() const { return bool(m_connection); }
    ConnectionId id() const { return m_id; }
    QTcpSocket *socket() const { return m_connection.socket(); }
    void giveBack()
    {
        if (offRecord())
            m_connection.giveBack();
    }
    void discard()
    {
        if (offRecord())
            m_connection.discard();
    }
    std::unique_ptr<QTcpSocket> detach() { return offRecord() ? m_connection.detach() : nullptr; }

private:
    bool offRecord()
    {
        if (!m_connection)
            return false;
        m_holders->end(m_id);
        return true;
    }

    Connection m_connection;
    Holders *m_holders = nullptr;
    ConnectionId m_id;
};

// Leases whose holders have left it to any other thread to end them.
class Mailbox
{
public:
    struct Letter
    {
        Held lease;
        bool isThreadGone = false; // the thread that used the socket does not run any more, or soon will not
    };
    void post(Held lease, bool isThreadGone)
    {
        const std::lock_guard lock(m_mutex);
        m_letters.push_back({std::move(lease), isThreadGone});
    }
    Letter take()
    {
        const std::lock_guard lock(m_mutex);
        if (m_letters.empty())
            return {};
        Letter letter = std::move(m_letters.front());
        m_letters.pop_front();
        return letter;
    }

private:
    std::mutex m_mutex;
    std::deque<Letter> m_letters;
};

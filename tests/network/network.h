// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "relay.h"
#include "serverprocess.h"

#include <QtCore/QString>

#include <memory>

// What happens to the path.
enum class Fault { Loss, Delay, Reordering, SlowLink, SilentDrop, LostRequests, LostAnswers, VanishedAddress };

// Two namespaces and a path between them: the calling thread's, which is a new one from then on, and the server's. The path is
// a veth pair or, where packets are to be late, a relay.
class Network
{
public:
    Network(Fault fault, bool isEncrypted, std::uint32_t seed);
    ~Network();
    Network(const Network &) = delete;
    Network &operator=(const Network &) = delete;

    // Why there can be no such network here. Empty: there can.
    static QString whyNot();

    void begin(); // the fault
    void end();
    // How many packets it has met until its end. A vanished address is not counted.
    qint64 hits() const noexcept { return m_hits; }
    ServerProcess &server() noexcept { return m_server; }
    const ServerProcess &server() const noexcept { return m_server; }
    QString serverAddress() const;

private:
    qint64 countHits() const;
    QString onBoth(const QString &script) const;
    QString here(const QString &script) const;
    QString there(const QString &script) const;

    const Fault m_fault;
    ServerProcess m_server;
    std::unique_ptr<Relay> m_relay;
    qint64 m_hits = 0;
};

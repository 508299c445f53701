// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "endpoint.h"

#include <QNetPool/ClientPool>
#include <QNetPool/ServerPool>

namespace Demo {

enum class Role { Both, Server, Client };

// How much is asked of the pools; it may change at any time.
struct Load
{
    double rate = 20; // exchanges begun per second; 0 disables them: the pools only keep their stock
    std::chrono::milliseconds hold{0}; // how long the answer to each takes, for which both ends hold its connection
    bool isUsedOnce = false; // its connection is closed then, not given back
};

// Everything a run needs to know, from whichever user interface it comes.
struct Settings
{
    Role role = Role::Both;
    // Where the server end listens, by address, and what the client end connects to where it is alone.
    Endpoint data{QStringLiteral("127.0.0.1"), 0};
    // The same for the channel on which IDs are announced in ConnectionMode::Multi.
    Endpoint control{QStringLiteral("127.0.0.1"), 0};

    // Both ends have the same connectionMode. Where to connect to is in data, and the server is there to be asked only.
    QNetPool::ClientPool::Configuration client = swift();
    QNetPool::ServerPool::Configuration server;

    Load load;
    std::chrono::milliseconds exchangeTimeout{5000}; // from the request for a connection to the verified answer
    int maximumInFlight = 1000; // exchanges at the same time; what is due beyond that is skipped

    // Cycles are short, so that there is something to see, and a recovery comes while somebody looks.
    static QNetPool::ClientPool::Configuration swift()
    {
        QNetPool::ClientPool::Configuration configuration;
        configuration.sizing.minimumInterval = std::chrono::milliseconds(100);
        configuration.sizing.maximumInterval = std::chrono::milliseconds(1000);
        configuration.sizing.maximumBackoff = std::chrono::milliseconds(3000);
        return configuration;
    }

    bool hasServer() const { return role != Role::Client; }
    bool hasClient() const { return role != Role::Server; }
    bool isMulti() const { return client.connectionMode == QNetPool::ConnectionMode::Multi; }
};

} // namespace Demo

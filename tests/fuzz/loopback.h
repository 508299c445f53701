// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QtGlobal>

#include <optional>

// A new connection: the pool's descriptor, and the other end's.
struct Ends
{
    int pool;
    int peer;
};

// Which local port a descriptor has: what both ends know a connection of TCP by.
quint16 localPort(int descriptor);
quint16 peerPort(int descriptor);

// A listener on loopback, which lasts as long as the process.
class Loopback
{
public:
    Loopback();

    quint16 port() const { return m_port; }
    std::optional<int> accept(); // one that somebody has dialled, if there is one
    Ends connectedTcp();
    static Ends connectedUnix();

private:
    int m_descriptor;
    quint16 m_port;
};

// How many descriptors this process has open.
int countDescriptors();

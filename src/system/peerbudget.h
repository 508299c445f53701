// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qglobal.h>

// How much a peer may make this process hold or do before the application has asked for its connection. What bytes are
// beyond it stay in the kernel's buffer, which slows the peer down, or end the connection.
namespace QNetPool::PeerBudget {

// Read from a TLS connection at once while it is being set up or idle, and from any while it is being checked.
inline constexpr qint64 Read = 64LL * 1024;

// Received before a TLS handshake has finished. A long chain of certificates is a tenth of it.
inline constexpr qint64 Handshake = 64LL * 1024;

// Received as TLS control traffic, which is no byte for a holder, from the setup to the next lease: session tickets, key
// updates, renegotiations. The tickets of a server that is not hostile are below 10 KiB.
inline constexpr qint64 ControlTraffic = 64LL * 1024;

// Answers to that traffic that the peer does not accept.
inline constexpr qint64 UnsentAnswers = 64LL * 1024;

// TLS handshakes of a peer that may fail within a second, beyond those that succeed. To turn the peer away costs a tenth of
// a failed one, or less.
inline constexpr int FailedHandshakes = 50;

// Peers of which that is counted: as many as a core can shake hands with in a second.
inline constexpr int PeersCounted = 4096;

// Of the numbers that the process's limit of descriptors allows: the last eighth, at most so many, is the application's.
inline constexpr unsigned ReservedShare = 8;
inline constexpr unsigned MostReserved = 64;

// How many connections a peer may have, and all of them, is the configuration's: maximumPendingPerPeer,
// maximumPendingHandshakes, maximumConnectionsPerPeer, maximumCapacity and limits.maximumConnections.

} // namespace QNetPool::PeerBudget

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <qnetpool/connectionid.h>

#include <chrono>
#include <memory>

QT_FORWARD_DECLARE_CLASS(QTcpSocket)

namespace QNetPool {

class SocketGuard;
class Stock;

// Where a connection is in its life: Pending -> Idle <-> Leased, and from each of them out.
enum class Stage : quint8 {
    Free, // the record is not in use
    Pending, // being set up
    Idle, // in the stock
    Leased, // out with a holder
    Unclaimed, // the peer sent bytes and closed: only take(id) delivers it
};

// Why a connection was closed; PoolStatistics has a total for each.
enum class CloseReason : quint8 { DiedIdle, Dirty, Discarded, Flushed, StockFull };

// One connection's record. Its address is stable, so a lease is a pointer to it.
// The members are the store's to change under the stock's lock, except those of the socket: they belong to whom the
// connection belongs to, which is the stock (under its lock) while it is idle and one holder while it is leased.
struct Entry
{
    ConnectionId id;
    Stage stage = Stage::Free;
    quint32 slot = 0;
    quint32 generation = 0; // told apart from the slot's earlier tenants
    Entry *previous = nullptr;
    Entry *next = nullptr;
    quint64 epoch = 0; // the run of the pool that set it up: what is of an earlier run is closed when it comes back
    std::chrono::steady_clock::time_point since; // when it became unclaimed

    QTcpSocket *socket = nullptr; // null again when the holder deletes it
    SocketGuard *guard = nullptr;
    qintptr descriptor = -1;
    bool encrypted = false;
    bool hasBytes = false; // bytes for the next holder were seen: watched for the hang-up alone
    bool pulled = false; // lives in a holder's thread
    std::shared_ptr<Stock> owner; // while leased: a lease may outlive the pool

    quint64 token() const noexcept { return quint64(generation) << 32 | slot; }
};

} // namespace QNetPool

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "entry.h"

#include <QtCore/qhash.h>

#include <array>
#include <deque>
#include <set>

namespace QNetPool {

// The records of a pool's connections: a list for each stage, in order of arrival. Every operation is O(1), except that a
// limited life costs O(log n) when it begins and when it ends.
// A plain value: no lock, no clock, no socket.
class Store
{
public:
    using TimePoint = Entry::TimePoint;

    Entry *add(); // a new record, Pending and without an ID
    bool name(Entry *entry, ConnectionId id); // false if the ID is null or in use
    void move(Entry *entry, Stage stage, TimePoint now); // to the end of that stage's list
    void moveAsItIs(Entry *entry, Stage stage); // keeps entry->since
    void remove(Entry *entry); // frees the ID and invalidates the record's token

    Entry *first(Stage stage) const noexcept { return m_lists[std::size_t(stage)].first; }
    Entry *last(Stage stage) const noexcept { return m_lists[std::size_t(stage)].last; }
    Entry *find(ConnectionId id) const noexcept { return m_byId.value(id, nullptr); }
    Entry *find(quint64 token) noexcept; // null if the record was removed or reused
    int count(Stage stage) const noexcept { return m_lists[std::size_t(stage)].count; }
    int idle() const noexcept { return count(Stage::Idle) + count(Stage::Stale); }
    int leased() const noexcept; // out with the application, its validator and its resetter included
    const std::deque<Entry> &all() const noexcept { return m_entries; } // free ones, too

    // Of a server. Unclaimed connections do not count, as the peer has left.
    void setNetwork(Entry *entry, PeerNetwork network);
    int countOf(PeerNetwork network) const { return m_byNetwork.value(network); }

    void limitLife(Entry *entry, TimePoint end);
    void clearEndOfLife(Entry *entry); // so that it is not firstEnd() any more
    Entry *firstEnd() const noexcept { return m_ends.empty() ? nullptr : m_ends.begin()->second; } // the next life to end

private:
    struct List
    {
        Entry *first = nullptr;
        Entry *last = nullptr;
        int count = 0;
        void append(Entry *entry) noexcept;
        void unlink(Entry *entry) noexcept;
    };

    List &listOf(const Entry *entry) noexcept { return m_lists[std::size_t(entry->stage)]; }

    void clearNetwork(Entry *entry);

    std::deque<Entry> m_entries; // grows at the end only: addresses are stable
    Entry *m_free = nullptr;
    std::array<List, StageCount> m_lists;
    QHash<ConnectionId, Entry *> m_byId;
    QHash<PeerNetwork, int> m_byNetwork;
    std::set<std::pair<TimePoint, Entry *>> m_ends;
};

} // namespace QNetPool

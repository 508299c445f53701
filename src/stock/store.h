// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "entry.h"

#include <QtCore/qhash.h>

#include <array>
#include <deque>

namespace QNetPool {

// The records of a pool's connections and the order in which the idle ones go out, every operation O(1).
// A plain value: no lock, no clock, no socket.
class Store
{
public:
    Entry *add(); // a new record, Pending and without an ID
    bool name(Entry *entry, ConnectionId id); // false if the ID is null or in use
    void toIdle(Entry *entry); // to the end of the line
    void toLeased(Entry *entry);
    void toUnclaimed(Entry *entry, std::chrono::steady_clock::time_point now);
    void remove(Entry *entry); // the ID is free again, and every token of the record is void

    Entry *firstIdle() const noexcept { return m_idle.first; }
    Entry *firstUnclaimed() const noexcept { return m_unclaimed.first; } // the one that has waited longest
    Entry *find(ConnectionId id) const noexcept { return m_byId.value(id, nullptr); }
    Entry *find(quint64 token) noexcept; // null if the record has a new tenant or none
    int count(Stage stage) const noexcept { return m_counts[std::size_t(stage)]; }

private:
    struct Line
    {
        Entry *first = nullptr;
        Entry *last = nullptr;
        void append(Entry *entry) noexcept;
        void unlink(Entry *entry) noexcept;
    };

    void leaveStage(Entry *entry) noexcept;
    void enterStage(Entry *entry, Stage stage) noexcept;
    Line *lineOf(Stage stage) noexcept;

    std::deque<Entry> m_entries; // grows at the end only: addresses stay
    Entry *m_free = nullptr;
    Line m_idle;
    Line m_unclaimed;
    QHash<ConnectionId, Entry *> m_byId;
    std::array<int, 5> m_counts{};
};

} // namespace QNetPool

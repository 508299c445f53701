// SPDX-License-Identifier: BSD-3-Clause
#include "store.h"

#include <utility>

namespace QNetPool {

void Store::List::append(Entry *entry) noexcept
{
    entry->previous = last;
    entry->next = nullptr;
    (last ? last->next : first) = entry;
    last = entry;
    ++count;
}

void Store::List::unlink(Entry *entry) noexcept
{
    (entry->previous ? entry->previous->next : first) = entry->next;
    (entry->next ? entry->next->previous : last) = entry->previous;
    entry->previous = entry->next = nullptr;
    --count;
}

Entry *Store::add()
{
    Entry *entry = m_free;
    if (entry) {
        m_free = std::exchange(entry->next, nullptr);
    } else {
        entry = &m_entries.emplace_back();
        entry->slot = quint32(m_entries.size() - 1);
    }
    Q_ASSERT(mayFollow(entry->stage, Stage::Pending));
    entry->stage = Stage::Pending;
    listOf(entry).append(entry);
    return entry;
}

bool Store::name(Entry *entry, ConnectionId id)
{
    Q_ASSERT(entry->stage == Stage::Pending && entry->id.isNull());
    if (id.isNull() || m_byId.contains(id))
        return false;
    m_byId.insert(id, entry);
    entry->id = id;
    return true;
}

void Store::move(Entry *entry, Stage stage, TimePoint now)
{
    moveAsItIs(entry, stage);
    entry->since = now;
}

void Store::moveAsItIs(Entry *entry, Stage stage)
{
    Q_ASSERT_X(mayFollow(entry->stage, stage), "Store::move()", "stage.h has no such transition");
    if (stage == Stage::Unclaimed)
        clearNetwork(entry);
    listOf(entry).unlink(entry);
    entry->stage = stage;
    listOf(entry).append(entry);
}

void Store::remove(Entry *entry)
{
    Q_ASSERT(mayFollow(entry->stage, Stage::Free));
    listOf(entry).unlink(entry);
    clearEndOfLife(entry);
    clearNetwork(entry);
    if (!entry->id.isNull())
        m_byId.remove(entry->id);
    const quint32 slot = entry->slot;
    const quint32 generation = entry->generation + 1;
    *entry = Entry();
    entry->slot = slot;
    entry->generation = generation;
    entry->next = m_free;
    m_free = entry;
}

Entry *Store::find(quint64 token) noexcept
{
    const auto slot = std::size_t(token & 0xffffffffu);
    if (slot >= m_entries.size())
        return nullptr;
    Entry *entry = &m_entries[slot];
    return entry->stage != Stage::Free && entry->token() == token ? entry : nullptr;
}

int Store::leased() const noexcept
{
    return count(Stage::Leased) + count(Stage::Overdue) + count(Stage::Unchecked) + count(Stage::Checked);
}

void Store::setNetwork(Entry *entry, PeerNetwork network)
{
    entry->network = network;
    if (network != NoNetwork)
        ++m_byNetwork[network];
}

void Store::clearNetwork(Entry *entry)
{
    if (entry->network == NoNetwork)
        return;
    const PeerNetwork network = std::exchange(entry->network, NoNetwork);
    if (--m_byNetwork[network] == 0)
        m_byNetwork.remove(network);
}

void Store::limitLife(Entry *entry, TimePoint end)
{
    clearEndOfLife(entry);
    entry->endOfLife = end;
    if (end != TimePoint::max())
        m_ends.emplace(end, entry);
}

void Store::clearEndOfLife(Entry *entry)
{
    if (entry->endOfLife != TimePoint::max())
        m_ends.erase({entry->endOfLife, entry});
}

} // namespace QNetPool

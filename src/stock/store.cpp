// SPDX-License-Identifier: BSD-3-Clause
#include "store.h"

#include <utility>

namespace QNetPool {

void Store::Line::append(Entry *entry) noexcept
{
    entry->previous = last;
    entry->next = nullptr;
    (last ? last->next : first) = entry;
    last = entry;
}

void Store::Line::unlink(Entry *entry) noexcept
{
    (entry->previous ? entry->previous->next : first) = entry->next;
    (entry->next ? entry->next->previous : last) = entry->previous;
    entry->previous = entry->next = nullptr;
}

Store::Line *Store::lineOf(Stage stage) noexcept
{
    return stage == Stage::Idle ? &m_idle : stage == Stage::Unclaimed ? &m_unclaimed : nullptr;
}

void Store::leaveStage(Entry *entry) noexcept
{
    --m_counts[std::size_t(entry->stage)];
    if (Line *line = lineOf(entry->stage))
        line->unlink(entry);
}

void Store::enterStage(Entry *entry, Stage stage) noexcept
{
    ++m_counts[std::size_t(stage)];
    entry->stage = stage;
    if (Line *line = lineOf(stage))
        line->append(entry);
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
    enterStage(entry, Stage::Pending);
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

void Store::toIdle(Entry *entry)
{
    leaveStage(entry);
    enterStage(entry, Stage::Idle);
}

void Store::toLeased(Entry *entry)
{
    leaveStage(entry);
    enterStage(entry, Stage::Leased);
}

void Store::toUnclaimed(Entry *entry, std::chrono::steady_clock::time_point now)
{
    leaveStage(entry);
    enterStage(entry, Stage::Unclaimed);
    entry->since = now;
}

void Store::remove(Entry *entry)
{
    leaveStage(entry);
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

} // namespace QNetPool

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "entry.h"

#include <QtCore/qobject.h>
#include <QtCore/qpointer.h>

#include <atomic>
#include <vector>

QT_FORWARD_DECLARE_CLASS(QAbstractEventDispatcher)

namespace QNetPool {

// The connections that a thread gave back and may soon want again: they stay in it, ready to use, and cool (go into the
// stock, for everybody) when its event loop is about to sleep, when somebody else asks for one, or when the thread ends.
// One a thread, for all pools. Everything but requestCooling() is called in that thread.
class WarmShelf final : public QObject
{
public:
    // This thread's; null if there is none, because nothing was put on one yet.
    static WarmShelf *existing() noexcept;
    // Null if no event loop runs in this thread, that could be asked for what is on the shelf.
    static WarmShelf *make();

    ~WarmShelf() override;

    void add(Entry *entry) { m_entries.push_back(entry); }
    Entry *find(const Stock *stock, ConnectionId id) const noexcept; // null ID: the one that came last
    int count(const Stock *stock) const noexcept;
    void remove(Entry *entry) noexcept;
    void cool(const Stock *stock = nullptr); // null: of all pools
    void requestCooling(); // from any thread, while an entry is on it

protected:
    bool event(QEvent *event) override;

private:
    WarmShelf() = default;
    void watchThread();

    std::vector<Entry *> m_entries;
    QPointer<QAbstractEventDispatcher> m_dispatcher;
    std::atomic<bool> m_isAsked = false;
};

} // namespace QNetPool

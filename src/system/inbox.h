// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qcoreapplication.h>
#include <QtCore/qcoreevent.h>
#include <QtCore/qobject.h>
#include <QtCore/qpointer.h>

#include <deque>
#include <functional>
#include <mutex>

namespace QNetPool {

// Passes items from other threads to the one in which it lives: in order, many with one event.
template<typename Item> class Inbox final : public QObject
{
public:
    explicit Inbox(std::function<void(Item item)> handle, QObject *parent = nullptr)
        : QObject(parent), m_handle(std::move(handle))
    {
    }

    void put(Item item) // from any thread
    {
        const std::lock_guard lock(m_mutex);
        m_items.push_back(std::move(item));
        if (!std::exchange(m_isAnnounced, true))
            announce();
    }

    std::deque<Item> takeAll() // from any thread; these are not handled any more
    {
        const std::lock_guard lock(m_mutex);
        return std::exchange(m_items, {});
    }

protected:
    bool event(QEvent *event) override
    {
        if (event->type() != QEvent::User)
            return QObject::event(event);
        handleAll();
        return true;
    }

private:
    void announce() { QCoreApplication::postEvent(this, new QEvent(QEvent::User)); }

    void handleAll()
    {
        const QPointer<Inbox> alive(this); // the handler may destroy it
        std::unique_lock lock(m_mutex);
        m_isAnnounced = false;
        while (!m_items.empty()) {
            Item item = std::move(m_items.front());
            m_items.pop_front();
            // The handler may run an event loop, in which what is here and what arrives must not wait.
            if (!m_items.empty() && !std::exchange(m_isAnnounced, true))
                announce();
            lock.unlock();
            m_handle(std::move(item));
            if (!alive)
                return;
            lock.lock();
        }
    }

    const std::function<void(Item item)> m_handle;
    std::mutex m_mutex; // guards the following
    std::deque<Item> m_items;
    bool m_isAnnounced = false;
};

} // namespace QNetPool

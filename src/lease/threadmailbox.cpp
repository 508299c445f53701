// SPDX-License-Identifier: BSD-3-Clause
#include "threadmailbox.h"

#include "stock/entry.h"
#include "socketguard.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qcoreevent.h>
#include <QtCore/qthread.h>

#include <algorithm>

namespace QNetPool {

// Hears in the thread what others have posted.
class Home::Agent final : public QObject
{
public:
    explicit Agent(Home *home) : m_home(home)
    {
        // While the QThread still exists: what is local to the thread is destroyed only afterwards.
        connect(
                QThread::currentThread(), &QThread::finished, this, [home] { home->end(); }, Qt::DirectConnection);
    }

protected:
    bool event(QEvent *event) override
    {
        if (event->type() != QEvent::User)
            return QObject::event(event);
        m_home->carryOut();
        return true;
    }

private:
    Home *const m_home;
};

// What is local to a thread may be asked for while the thread destroys it.
struct Home::Resident
{
    std::shared_ptr<Home> home;
    std::unique_ptr<Agent> agent;

    ~Resident()
    {
        if (home)
            home->end();
        isThreadOver = true;
    }

    static thread_local bool isThreadOver;
};

thread_local bool Home::Resident::isThreadOver = false;

Home::Resident &Home::resident()
{
    thread_local Resident resident;
    return resident;
}

std::shared_ptr<Home> Home::ofThisThread()
{
    if (Resident::isThreadOver) {
        auto ended = std::make_shared<Home>();
        ended->m_hasEnded = true;
        return ended;
    }
    Resident &resident = Home::resident();
    if (!resident.home || resident.home->hasEnded()) {
        resident.home = std::make_shared<Home>();
        resident.agent = std::make_unique<Agent>(resident.home.get());
        resident.home->m_agent = resident.agent.get();
    }
    return resident.home;
}

bool Home::isHere() const noexcept
{
    return !Resident::isThreadOver && resident().home.get() == this;
}

void Home::settle()
{
    if (Resident::isThreadOver)
        return;
    if (Home *home = resident().home.get(); home && home->m_hasErrands.load(std::memory_order_acquire))
        home->carryOut();
}

void Home::moveIn(Entry *entry)
{
    const std::lock_guard lock(m_mutex);
    if (hasEnded())
        return;
    entry->place = m_guests.size();
    m_guests.push_back(entry);
}

void Home::moveOut(Entry *entry)
{
    const std::lock_guard lock(m_mutex);
    if (entry->place >= m_guests.size() || m_guests[entry->place] != entry)
        return; // the thread is ending
    Entry *last = m_guests.back();
    m_guests[entry->place] = last;
    last->place = entry->place;
    m_guests.pop_back();
}

bool Home::post(Entry *entry, Act act)
{
    const std::lock_guard lock(m_mutex);
    if (hasEnded())
        return false;
    m_errands.push_back({entry, act});
    m_hasErrands.store(true, std::memory_order_release);
    QCoreApplication::postEvent(m_agent, new QEvent(QEvent::User));
    return true;
}

// One by one: each may run an event loop, in which the others are not to wait.
void Home::carryOut()
{
    std::unique_lock lock(m_mutex);
    while (!m_errands.empty()) {
        const Errand errand = m_errands.front();
        m_errands.erase(m_errands.begin());
        lock.unlock();
        errand.act(errand.entry);
        lock.lock();
    }
    m_hasErrands.store(false, std::memory_order_release);
}

void Home::socketIsGone(Entry *entry)
{
    moveOut(entry);
    Act act = nullptr;
    {
        const std::lock_guard lock(m_mutex);
        const auto found = std::find_if(m_errands.begin(), m_errands.end(),
                                        [entry](const Errand &errand) { return errand.entry == entry; });
        if (found != m_errands.end()) {
            act = found->act;
            m_errands.erase(found);
        }
    }
    if (act)
        act(entry);
}

void Home::end()
{
    carryOut();
    std::unique_lock lock(m_mutex);
    // Leases that go on live in no thread now, and in the one that next uses them.
    while (!m_guests.empty() || !m_errands.empty()) {
        Entry *guest = m_guests.empty() ? nullptr : m_guests.back();
        if (guest)
            m_guests.pop_back();
        lock.unlock(); // a holder's event filter hears of it
        if (guest)
            guest->guard->park();
        carryOut();
        lock.lock();
    }
    m_hasEnded.store(true, std::memory_order_release);
}

} // namespace QNetPool

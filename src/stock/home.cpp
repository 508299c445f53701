// SPDX-License-Identifier: BSD-3-Clause
#include "home.h"

#include "entry.h"
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

struct Home::Resident
{
    std::shared_ptr<Home> home;
    std::unique_ptr<Agent> agent;

    ~Resident()
    {
        if (home)
            home->end();
    }
};

Home::Resident &Home::resident()
{
    thread_local Resident resident;
    return resident;
}

std::shared_ptr<Home> Home::ofThisThread()
{
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
    return resident().home.get() == this;
}

void Home::moveIn(Entry *entry)
{
    carryOut(); // for a thread without an event loop
    const std::lock_guard lock(m_mutex);
    entry->place = m_guests.size();
    m_guests.push_back(entry);
}

void Home::moveOut(Entry *entry)
{
    const std::lock_guard lock(m_mutex);
    if (hasEnded())
        return;
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
    QCoreApplication::postEvent(m_agent, new QEvent(QEvent::User));
    return true;
}

void Home::carryOut()
{
    std::vector<Errand> errands;
    {
        const std::lock_guard lock(m_mutex);
        errands.swap(m_errands);
    }
    for (const Errand &errand : errands)
        errand.act(errand.entry);
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
    while (!m_errands.empty()) { // that came meanwhile
        lock.unlock();
        carryOut();
        lock.lock();
    }
    // Leases that go on live in no thread now, and in the one that next uses them.
    for (Entry *guest : m_guests)
        guest->guard->park();
    m_guests.clear();
    m_hasEnded.store(true, std::memory_order_release);
}

} // namespace QNetPool

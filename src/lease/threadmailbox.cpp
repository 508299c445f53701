// SPDX-License-Identifier: BSD-3-Clause
#include "threadmailbox.h"

#include "lease.h"
#include "socketguard.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qcoreevent.h>
#include <QtCore/qthread.h>

#include <algorithm>

namespace QNetPool {

// Receives in the thread what others have posted.
class ThreadMailbox::Receiver final : public QObject
{
public:
    explicit Receiver(ThreadMailbox *mailbox) : m_mailbox(mailbox)
    {
        // While the QThread still exists: thread-local objects are destroyed only afterwards.
        connect(
                QThread::currentThread(), &QThread::finished, this, [mailbox] { mailbox->end(); }, Qt::DirectConnection);
    }

protected:
    bool event(QEvent *event) override
    {
        if (event->type() != QEvent::User)
            return QObject::event(event);
        m_mailbox->carryOut();
        return true;
    }

private:
    ThreadMailbox *const m_mailbox;
};

// Thread-local objects may be used while others are being destroyed: isThreadOver has no destructor.
struct ThreadMailbox::ThreadLocal
{
    std::shared_ptr<ThreadMailbox> mailbox;
    std::unique_ptr<Receiver> receiver;

    ~ThreadLocal()
    {
        if (mailbox)
            mailbox->end();
        isThreadOver = true;
    }

    static thread_local bool isThreadOver;
};

thread_local bool ThreadMailbox::ThreadLocal::isThreadOver = false;

ThreadMailbox::ThreadLocal &ThreadMailbox::local()
{
    thread_local ThreadLocal local;
    return local;
}

std::shared_ptr<ThreadMailbox> ThreadMailbox::ofThisThread()
{
    if (ThreadLocal::isThreadOver) {
        auto ended = std::make_shared<ThreadMailbox>();
        ended->m_hasEnded = true;
        return ended;
    }
    ThreadLocal &local = ThreadMailbox::local();
    if (!local.mailbox || local.mailbox->hasEnded()) {
        local.mailbox = std::make_shared<ThreadMailbox>();
        local.receiver = std::make_unique<Receiver>(local.mailbox.get());
        local.mailbox->m_receiver = local.receiver.get();
    }
    return local.mailbox;
}

bool ThreadMailbox::isHere() const noexcept
{
    return !ThreadLocal::isThreadOver && local().mailbox.get() == this;
}

void ThreadMailbox::carryOutPending()
{
    if (ThreadLocal::isThreadOver)
        return;
    if (ThreadMailbox *mailbox = local().mailbox.get(); mailbox && mailbox->m_hasMessages.load(std::memory_order_acquire))
        mailbox->carryOut();
}

void ThreadMailbox::add(Lease *lease)
{
    const std::lock_guard lock(m_mutex);
    if (hasEnded())
        return;
    lease->mailboxIndex = m_leases.size();
    m_leases.push_back(lease);
}

void ThreadMailbox::remove(Lease *lease)
{
    const std::lock_guard lock(m_mutex);
    if (lease->mailboxIndex >= m_leases.size() || m_leases[lease->mailboxIndex] != lease)
        return; // the thread is ending
    Lease *last = m_leases.back();
    m_leases[lease->mailboxIndex] = last;
    last->mailboxIndex = lease->mailboxIndex;
    m_leases.pop_back();
}

bool ThreadMailbox::post(Lease *lease, Act act)
{
    const std::lock_guard lock(m_mutex);
    if (hasEnded())
        return false;
    m_messages.push_back({lease, act});
    m_hasMessages.store(true, std::memory_order_release);
    QCoreApplication::postEvent(m_receiver, new QEvent(QEvent::User));
    return true;
}

// One by one: each may run an event loop, in which the others must not wait.
void ThreadMailbox::carryOut()
{
    std::unique_lock lock(m_mutex);
    while (!m_messages.empty()) {
        const Message message = m_messages.front();
        m_messages.erase(m_messages.begin());
        lock.unlock();
        message.act(message.lease);
        lock.lock();
    }
    m_hasMessages.store(false, std::memory_order_release);
}

void ThreadMailbox::socketDestroyed(Lease *lease)
{
    remove(lease);
    Act act = nullptr;
    {
        const std::lock_guard lock(m_mutex);
        const auto found = std::find_if(m_messages.begin(), m_messages.end(),
                                        [lease](const Message &message) { return message.lease == lease; });
        if (found != m_messages.end()) {
            act = found->act;
            m_messages.erase(found);
        }
    }
    if (act)
        act(lease);
}

void ThreadMailbox::end()
{
    carryOut();
    std::unique_lock lock(m_mutex);
    // The sockets of remaining leases live in no thread from now on, until the next thread uses them.
    while (!m_leases.empty() || !m_messages.empty()) {
        Lease *resident = m_leases.empty() ? nullptr : m_leases.back();
        if (resident)
            m_leases.pop_back();
        lock.unlock(); // moveToThread() sends an event, which a holder's event filter sees
        if (resident)
            resident->guard->park();
        carryOut();
        lock.lock();
    }
    m_hasEnded.store(true, std::memory_order_release);
}

} // namespace QNetPool

// SPDX-License-Identifier: BSD-3-Clause
#include "run.h"

namespace Demo {

Run::Run(Settings settings, QObject *parent) : QObject(parent), m_settings(std::move(settings)) { }

template<typename Visitor> void Run::forEachSite(Visitor visit) const
{
    if (m_server)
        visit(*m_server);
    if (m_client)
        visit(*m_client);
}

void Run::add(std::unique_ptr<Site> &site, Role role)
{
    site = std::make_unique<Site>(m_settings, role);
    connect(site.get(), &Site::stopped, this, &Run::noteStopped);
}

bool Run::start()
{
    if (m_settings.hasServer()) {
        add(m_server, Role::Server);
        if (!m_server->start())
            return false;
        ++m_running;
    }
    if (!m_settings.hasClient())
        return true;
    if (m_server) {
        m_settings.data = m_server->data();
        m_settings.control = m_server->control();
    }
    add(m_client, Role::Client);
    if (!m_client->start())
        return false;
    ++m_running;
    return true;
}

void Run::stop()
{
    m_isStopping = true;
    forEachSite([](Site &site) { site.stop(); });
}

void Run::noteStopped()
{
    if (--m_running == 0)
        Q_EMIT stopped();
}

void Run::perform(const Act &act)
{
    const QString text = describe(act);
    forEachSite([&text](Site &site) { site.chronicle().write(Note::Kind::Action, text); });
    std::visit([this](const auto &one) { carryOut(one); }, act);
    Q_EMIT performed(act);
}

void Run::carryOut(const Load &load)
{
    m_settings.load = load;
    forEachSite([&load](Site &site) { site.post([load](Engine &engine) { engine.setLoad(load); }); });
}

void Run::carryOut(const Burst &burst)
{
    forEachSite([&burst](Site &site) { site.post([burst](Engine &engine) { engine.begin(burst.exchanges); }); });
}

void Run::carryOut(const Size &size)
{
    if (m_client)
        m_client->configure(sized(m_client->settings().client, size));
}

void Run::carryOut(const Freeze &freeze)
{
    if (m_server)
        m_server->setFrozen(freeze.isFrozen);
}

void Run::carryOut(const Break &act)
{
    if (m_server)
        m_server->post([act](Engine &engine) { engine.server()->setFault(act.fault, act.isBroken); });
}

void Run::carryOut(const Drop &drop)
{
    if (m_server)
        m_server->post([drop](Engine &engine) { engine.server()->drop(drop.share); });
}

Site *Run::counting() const
{
    Site *const beginner = m_settings.isMulti() ? m_server.get() : m_client.get();
    return beginner ? beginner : m_server ? m_server.get() : m_client.get();
}

Snapshot Run::snapshot() const
{
    Snapshot now;
    forEachSite([&now](const Site &site) {
        now.state = site.pool().state();
        now.pool = site.pool().statistics();
        now.interval = site.pool().interval();
        now.errors += now.pool.errors;
    });
    if (const Site *site = counting()) {
        now.exchanges = site->meter().exchanges();
        now.failed = site->meter().failed();
        const QNetPool::PoolStatistics statistics = site->pool().statistics();
        now.taken = statistics.taken;
        now.hadToWait = statistics.hadToWait;
    }
    return now;
}

} // namespace Demo

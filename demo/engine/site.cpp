// SPDX-License-Identifier: BSD-3-Clause
#include "site.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QEventLoop>
#include <QtCore/QThread>

namespace Demo {

Site::Site(const Settings &settings, Role role, QObject *parent)
    : QObject(parent), m_settings(settings), m_role(role), m_freezing(m_freezeMutex, std::defer_lock)
{
    std::promise<void> begun;
    const std::future<void> hasBegun = begun.get_future();
    m_worker.moveToThread(nullptr);
    m_thread = std::thread([this, &begun] { live(std::move(begun)); });
    hasBegun.wait();
    run([&] {
        m_engine = std::make_unique<Engine>(settings, role);
        connect(m_engine.get(), &Engine::stopped, this, &Site::stopped);
    });
}

Site::~Site()
{
    setFrozen(false);
    run([this] {
        m_engine.reset();
        QThread::currentThread()->quit();
    });
    m_thread.join();
}

void Site::live(std::promise<void> begun)
{
    QThread *here = QThread::currentThread();
    here->setObjectName(m_role == Role::Server ? QStringLiteral("server") : QStringLiteral("client"));
    m_worker.moveToThread(here);
    begun.set_value();
    QEventLoop().exec();
    m_worker.moveToThread(nullptr);
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete); // as a QThread does
}

template<typename What> void Site::run(What what)
{
    QMetaObject::invokeMethod(&m_worker, std::move(what), Qt::BlockingQueuedConnection);
}

void Site::post(std::function<void(Engine &)> what)
{
    QMetaObject::invokeMethod(&m_worker, [this, what = std::move(what)] { what(*m_engine); });
}

bool Site::start()
{
    bool isStarted = false;
    run([&] {
        isStarted = m_engine->start();
        if (ServerEnd *server = m_engine->server(); server && isStarted) {
            m_data = server->dataEndpoint();
            m_control = server->controlEndpoint();
        }
    });
    return isStarted;
}

void Site::configure(const QNetPool::ClientPool::Configuration &configuration)
{
    m_settings.client = configuration;
    post([configuration](Engine &engine) {
        if (engine.client())
            engine.client()->configure(configuration);
    });
}

void Site::configure(const QNetPool::ServerPool::Configuration &configuration)
{
    m_settings.server = configuration;
    post([configuration](Engine &engine) {
        if (engine.server())
            engine.server()->configure(configuration);
    });
}

void Site::stop()
{
    setFrozen(false);
    post([](Engine &engine) { engine.stop(); });
}

void Site::setFrozen(bool frozen)
{
    if (frozen == isFrozen())
        return;
    if (!frozen)
        return m_freezing.unlock();
    m_freezing.lock();
    post([this](Engine &) { const std::lock_guard wait(m_freezeMutex); });
}

} // namespace Demo

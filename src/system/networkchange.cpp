// SPDX-License-Identifier: BSD-3-Clause
#include "networkchange.h"

#include <QtCore/qcoreapplication.h>

#include <utility>

namespace QNetPool {

NetworkChange::NetworkChange() : m_settling(this), m_delay(this)
{
    m_settling.setSingleShot(true);
    m_settling.setInterval(Settling);
    // Queued: if the thread was busy all that time, the backend's signals of that time are delivered in this turn, too.
    connect(
            &m_settling, &QTimer::timeout, this, [this] { m_isSettling = false; }, Qt::QueuedConnection);
    m_delay.setSingleShot(true);
    m_delay.setInterval(Delay);
    connect(&m_delay, &QTimer::timeout, this, &NetworkChange::happened);
}

// Never destroyed: pools in other threads may disconnect from it while the application ends.
NetworkChange &NetworkChange::instance()
{
    static NetworkChange *const instance = [] {
        auto *made = new NetworkChange;
        if (qApp)
            made->moveToThread(qApp->thread());
        return made;
    }();
    return *instance;
}

void NetworkChange::listen()
{
    QMetaObject::invokeMethod(this, &NetworkChange::connectToBackend, Qt::QueuedConnection);
}

// Each time a pool starts: QNetworkInformation is destroyed with the application object, and there may be a new one.
void NetworkChange::connectToBackend()
{
    if (!qApp || qApp->thread() != thread())
        return;
    using Information = QNetworkInformation;
    if (!Information::instance() && !Information::loadBackendByFeatures(Information::Feature::Reachability))
        return;
    const Information *information = Information::instance();
    if (!connect(information, &Information::reachabilityChanged, this, &NetworkChange::noteReachability,
                 Qt::UniqueConnection))
        return; // it is connected already
    connect(information, &Information::transportMediumChanged, this, &NetworkChange::noteMedium);
    startFrom(information->reachability(), information->transportMedium());
}

void NetworkChange::startFrom(Reachability reachability, Medium medium)
{
    m_reachability = reachability;
    m_medium = medium;
    m_isSettling = true;
    m_settling.start();
}

// The first value that a backend finds out after Unknown is not a change.
void NetworkChange::noteReachability(Reachability now)
{
    if (std::exchange(m_reachability, now) != Reachability::Unknown && !m_isSettling)
        note();
}

void NetworkChange::noteMedium(Medium now)
{
    if (std::exchange(m_medium, now) != Medium::Unknown && !m_isSettling)
        note();
}

void NetworkChange::note()
{
    if (!m_delay.isActive())
        m_delay.start();
}

} // namespace QNetPool

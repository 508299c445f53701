// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qobject.h>
#include <QtCore/qtimer.h>
#include <QtNetwork/qnetworkinformation.h>

#include <chrono>

namespace QNetPool {

// Tells all pools of this process that the host's network has changed, where Qt has a backend that knows. QNetworkInformation
// belongs to the main thread, so this does, too.
class NetworkChange final : public QObject
{
    Q_OBJECT

public:
    // A change comes as a burst of signals, and the new network is not ready with the first of them: it is told once, so long
    // after that.
    static constexpr std::chrono::milliseconds Delay{500};

    NetworkChange();
    static NetworkChange &instance();

    void listen(); // from any thread

public Q_SLOTS:
    void note(); // something has changed: happened() follows

Q_SIGNALS:
    void happened();

private:
    using Reachability = QNetworkInformation::Reachability;
    using Medium = QNetworkInformation::TransportMedium;

    void connectToBackend();
    void noteReachability(Reachability now);
    void noteMedium(Medium now);

    Reachability m_reachability = Reachability::Unknown;
    Medium m_medium = Medium::Unknown;
    QTimer m_delay;
};

} // namespace QNetPool

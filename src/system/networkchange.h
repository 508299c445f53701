// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qobject.h>
#include <QtCore/qtimer.h>
#include <QtNetwork/qnetworkinformation.h>

#include <chrono>

namespace QNetPool {

// Tells all pools of this process that the host's network has changed, where Qt has a backend for it. Lives in the main
// thread, as QNetworkInformation does.
class NetworkChange final : public QObject
{
    Q_OBJECT

public:
    // A change is a burst of signals, and the new network is not ready at the first one: happened() is emitted once, this
    // long after it.
    static constexpr std::chrono::milliseconds Delay{500};

    // For so long after its start a backend's signals are ignored, since it reports what it finds out as changes: that of Qt
    // 6.11, with GLib 2.90, that the host is not reachable, and two milliseconds later that it is.
    static constexpr std::chrono::milliseconds Settling{1000};

    using Reachability = QNetworkInformation::Reachability;
    using Medium = QNetworkInformation::TransportMedium;

    NetworkChange();
    static NetworkChange &instance();

    void listen(); // from any thread

    // What a backend knows at its start; tests call it, and the slots below, in place of one.
    void startFrom(Reachability reachability, Medium medium);
    bool isSettling() const { return m_isSettling; }

public Q_SLOTS:
    void noteReachability(QNetworkInformation::Reachability now);
    void noteMedium(QNetworkInformation::TransportMedium now);
    void note(); // happened() follows

Q_SIGNALS:
    void happened();

private:
    void connectToBackend();

    Reachability m_reachability = Reachability::Unknown;
    Medium m_medium = Medium::Unknown;
    bool m_isSettling = false;
    QTimer m_settling;
    QTimer m_delay;
};

} // namespace QNetPool

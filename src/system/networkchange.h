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

    // A backend says what it finds out in its first moments as if it had changed: Qt 6.11's, with GLib 2.90, that the host is not
    // reachable, and two milliseconds later that it is.
    static constexpr std::chrono::milliseconds Settling{1000};

    using Reachability = QNetworkInformation::Reachability;
    using Medium = QNetworkInformation::TransportMedium;

    NetworkChange();
    static NetworkChange &instance();

    void listen(); // from any thread

    // Without a backend, a test says what one would: what it knows at first, then each change.
    void startFrom(Reachability reachability, Medium medium);
    bool isSettling() const { return m_isSettling; }

public Q_SLOTS:
    void noteReachability(Reachability now);
    void noteMedium(Medium now);
    void note(); // something has changed: happened() follows

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

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <qnetpool/pool.h>

#include <QtCore/qmap.h>

#include <chrono>
#include <vector>

namespace QNetPool {

// A peer, or one that is gone, can cause any number of errors, which must not flood logs and slots: the first of each kind
// within a second are reported one by one, the others together at its end.
class ErrorRateLimiter
{
public:
    using Clock = std::chrono::steady_clock;
    static constexpr int ToldOneByOne = 10; // of each kind
    static constexpr std::chrono::seconds Window{1};

    struct Withheld
    {
        Pool::Error error;
        int count;
        QString last; // message
    };

    // Whether to report it now; if not, it is withheld.
    bool admits(Pool::Error error, const QString &message, Clock::time_point now);
    std::vector<Withheld> takeWithheld();

private:
    struct Kind
    {
        int told = 0;
        int withheld = 0;
        QString last;
    };
    QMap<Pool::Error, Kind> m_kinds;
    Clock::time_point m_windowEnds;
};

} // namespace QNetPool

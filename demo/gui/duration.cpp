// SPDX-License-Identifier: BSD-3-Clause
#include "duration.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QLocale>

using namespace std::chrono;

namespace Demo {

namespace {
class Duration
{
    Q_DECLARE_TR_FUNCTIONS(Demo::Duration)
};
} // namespace

static QString twoDigits(qint64 number)
{
    return QStringLiteral("%1").arg(number, 2, 10, QLatin1Char('0'));
}

QString durationText(milliseconds duration)
{
    if (duration < 1s)
        return Duration::tr("%1 ms").arg(duration.count());
    if (duration < 10s) // cut, not rounded, like the longer ones
        return Duration::tr("%1 s").arg(QLocale().toString(double(duration.count() / 100) / 10, 'f', 1));
    const qint64 whole = floor<seconds>(duration).count();
    if (duration < 1min)
        return Duration::tr("%1 s").arg(whole);
    if (duration < 1h)
        return Duration::tr("%1 min %2 s").arg(whole / 60).arg(twoDigits(whole % 60));
    return Duration::tr("%1 h %2 min").arg(whole / 3600).arg(twoDigits(whole / 60 % 60));
}

} // namespace Demo

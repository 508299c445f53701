// SPDX-License-Identifier: BSD-3-Clause
#include "cell.h"

#include "engine/idtext.h"
#include "gui/duration.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QLocale>

namespace Demo {

namespace {
class Texts
{
    Q_DECLARE_TR_FUNCTIONS(Demo::Cell)
};
} // namespace

QString nameOf(CellState state)
{
    switch (state) {
    case CellState::Pending:
        return Texts::tr("Pending");
    case CellState::Idle:
        return Texts::tr("Idle");
    case CellState::ParkedLong:
        return Texts::tr("Parked long");
    case CellState::Leased:
        return Texts::tr("Leased");
    case CellState::Lost:
        return Texts::tr("Lost");
    }
    return {};
}

Hue hueOf(CellState state)
{
    switch (state) {
    case CellState::Pending:
        return Hue::Pending;
    case CellState::Idle:
        return Hue::Idle;
    case CellState::ParkedLong:
        return Hue::Stale;
    case CellState::Leased:
        return Hue::Leased;
    case CellState::Lost:
        return Hue::Lost;
    }
    return Hue::Neutral;
}

QString describe(const Cell &cell)
{
    //: %1 is a state, as in "Idle for 3 s"
    const QString state = Texts::tr("%1 for %2").arg(nameOf(cell.state), durationText(cell.inState));
    if (cell.id.isNull())
        return state;
    const QLocale locale;
    return QStringList{Texts::tr("Connection %1").arg(idText(cell.id)), state,
                       Texts::tr("Age %1").arg(durationText(cell.age)),
                       Texts::tr("Traffic %1").arg(locale.formattedDataSize(cell.bytes)),
                       Texts::tr("Exchanges %1").arg(locale.toString(cell.exchanges))}
            .join(QLatin1Char('\n'));
}

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#include "event.h"

#include <QtCore/QCoreApplication>

namespace Demo {

namespace {
class Texts
{
    Q_DECLARE_TR_FUNCTIONS(Demo::Event)
};
} // namespace

QString nameOf(EventKind kind)
{
    switch (kind) {
    case EventKind::State:
        return Texts::tr("State");
    case EventKind::Connection:
        return Texts::tr("Connection");
    case EventKind::Error:
        return Texts::tr("Error");
    case EventKind::Sizing:
        return Texts::tr("Sizing");
    case EventKind::Action:
        return Texts::tr("Action");
    }
    return {};
}

QString nameOf(EventEnd end)
{
    return end == EventEnd::Client ? Texts::tr("Client") : Texts::tr("Server");
}

Hue hueOf(EventKind kind)
{
    switch (kind) {
    case EventKind::State:
        return Hue::Idle;
    case EventKind::Connection:
        return Hue::Leased;
    case EventKind::Error:
        return Hue::Lost;
    case EventKind::Sizing:
        return Hue::Pending;
    case EventKind::Action:
        return Hue::Capacity;
    }
    return Hue::Neutral;
}

QString toLine(const Event &event)
{
    // Whatever the text has in it: one event is one line, one column one tab.
    return QStringList{event.time.toString(Qt::ISODateWithMs), nameOf(event.end), nameOf(event.kind),
                       event.text.simplified()}
            .join(QLatin1Char('\t'));
}

} // namespace Demo

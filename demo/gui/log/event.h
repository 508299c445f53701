// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "gui/colors.h"

#include <QtCore/QDateTime>

#include <array>

namespace Demo {

enum class EventKind : quint8 { State, Sizing, Connection, Error, Action };
inline constexpr std::array eventKinds{EventKind::State, EventKind::Sizing, EventKind::Connection, EventKind::Error,
                                       EventKind::Action};

enum class EventEnd : quint8 { Client, Server };

// A line of the log.
struct Event
{
    QDateTime time;
    EventEnd end = EventEnd::Client;
    EventKind kind = EventKind::State;
    QString text;
};

QString nameOf(EventKind kind);
QString nameOf(EventEnd end);
Hue hueOf(EventKind kind);
QString toLine(const Event &event); // with tabs between the columns

} // namespace Demo

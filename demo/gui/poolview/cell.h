// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "gui/colors.h"

#include <QNetPool/ConnectionId>

#include <array>
#include <chrono>

namespace Demo {

enum class CellState : quint8 { Pending, Idle, ParkedLong, Leased, Lost };
inline constexpr std::array cellStates{CellState::Pending, CellState::Idle, CellState::ParkedLong, CellState::Leased,
                                       CellState::Lost};

// What there is to see of one connection.
struct Cell
{
    QNetPool::ConnectionId id; // null while it is pending
    CellState state = CellState::Pending;
    std::chrono::milliseconds age{};
    std::chrono::milliseconds inState{};
    qint64 bytes = 0;
    qint64 exchanges = 0;
};

QString nameOf(CellState state);
Hue hueOf(CellState state);
QString describe(const Cell &cell); // in a few lines of plain text

} // namespace Demo

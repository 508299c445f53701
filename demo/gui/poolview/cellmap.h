// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "cell.h"
#include "seats.h"

namespace Demo {

// What is to be seen on each seat at a moment. A plain value without a clock: time is passed in.
class CellMap
{
public:
    static constexpr std::chrono::milliseconds lossShown{2000};
    static constexpr int fadeSteps = 8;

    // A cell's appearance, small enough to compare thousands of them: a lost one has several, as it fades.
    struct Look
    {
        bool isEmpty = true;
        CellState state = CellState::Pending;
        quint8 faded = 0; // of fadeSteps

        bool operator==(const Look &) const = default;
    };

    void setParkedLongAfter(std::chrono::milliseconds time) { m_parkedLongAfter = time; }

    // Both return the seats that look different from before, in order.
    QList<int> show(const QList<Cell> &cells, std::chrono::milliseconds now);
    QList<int> advance(std::chrono::milliseconds now); // only time has passed: the lost fade

    const Seats &seats() const { return m_seats; }
    int end() const { return int(m_looks.size()); } // beyond the last seat with a cell, be it a pending one
    Look look(int seat) const { return m_looks.value(seat); }
    const Cell *at(int seat) const { return look(seat).isEmpty ? nullptr : &m_cells[seat]; }
    int count(CellState state) const { return m_counts[std::size_t(state)]; }
    bool fades() const { return !m_lost.isEmpty(); }

private:
    struct Loss
    {
        Cell cell;
        std::chrono::milliseconds died;
    };

    void forgetLosses(std::chrono::milliseconds now);
    void place(int seat, const Cell &cell, QList<Look> &looks);
    QList<int> adopt(QList<Look> looks);

    std::chrono::milliseconds m_parkedLongAfter{30'000};
    Seats m_seats;
    QHash<QNetPool::ConnectionId, Loss> m_lost;
    QList<Cell> m_cells; // by seat
    QList<Look> m_looks; // by seat
    std::array<int, cellStates.size()> m_counts{};
};

} // namespace Demo

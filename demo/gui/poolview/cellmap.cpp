// SPDX-License-Identifier: BSD-3-Clause
#include "cellmap.h"

#include <algorithm>

using namespace std::chrono;
using QNetPool::ConnectionId;

namespace Demo {

QList<int> CellMap::show(const QList<Cell> &cells, milliseconds now)
{
    QList<ConnectionId> ids;
    QList<Cell> seated;
    QList<Cell> pending;
    ids.reserve(cells.size());
    seated.reserve(cells.size());
    for (const Cell &cell : cells) {
        if (cell.id.isNull()) {
            pending.append(cell);
        } else if (cell.state == CellState::Lost) {
            if (cell.inState < lossShown && !m_lost.contains(cell.id))
                m_lost.insert(cell.id, {cell, now - cell.inState});
        } else {
            m_lost.remove(cell.id);
            ids.append(cell.id);
            seated.append(cell);
        }
    }
    forgetLosses(now);
    for (const Loss &loss : std::as_const(m_lost)) {
        ids.append(loss.cell.id);
        seated.append(loss.cell);
        seated.last().inState = now - loss.died;
    }

    const QList<int> seats = m_seats.assign(ids);
    // The pending have no ID yet: they show where the next connections will sit.
    const QList<int> places = m_seats.lowestFree(int(pending.size()));
    QList<Look> looks(std::max(m_seats.end(), places.isEmpty() ? 0 : places.last() + 1));
    m_cells.resize(looks.size());
    for (qsizetype i = 0; i < seats.size(); ++i)
        place(seats[i], seated[i], looks);
    for (qsizetype i = 0; i < places.size(); ++i)
        place(places[i], pending[i], looks);
    return adopt(std::move(looks));
}

QList<int> CellMap::advance(milliseconds now)
{
    QList<Look> looks = m_looks;
    for (const Loss &loss : std::as_const(m_lost)) {
        Cell cell = loss.cell;
        cell.inState = now - loss.died;
        const int seat = m_seats.of(cell.id);
        looks[seat] = {};
        if (cell.inState < lossShown)
            place(seat, cell, looks);
    }
    forgetLosses(now);
    return adopt(std::move(looks));
}

void CellMap::forgetLosses(milliseconds now)
{
    m_lost.removeIf([now](const auto &loss) { return now - loss->died >= lossShown; });
}

void CellMap::place(int seat, const Cell &cell, QList<Look> &looks)
{
    Cell &placed = m_cells[seat];
    placed = cell;
    if (cell.state == CellState::Idle && cell.inState >= m_parkedLongAfter)
        placed.state = CellState::ParkedLong;
    const auto faded = cell.state == CellState::Lost ? cell.inState * fadeSteps / lossShown : 0;
    looks[seat] = {.isEmpty = false, .state = placed.state, .faded = quint8(std::clamp<qint64>(faded, 0, fadeSteps - 1))};
}

QList<int> CellMap::adopt(QList<Look> looks)
{
    QList<int> changed;
    m_counts = {};
    for (qsizetype seat = 0; seat < std::max(looks.size(), m_looks.size()); ++seat) {
        const Look look = looks.value(seat);
        if (!look.isEmpty)
            ++m_counts[std::size_t(look.state)];
        if (look != this->look(int(seat)))
            changed.append(int(seat));
    }
    m_looks = std::move(looks);
    return changed;
}

} // namespace Demo

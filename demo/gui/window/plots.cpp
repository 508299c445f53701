// SPDX-License-Identifier: BSD-3-Clause
#include "plots.h"

#include <QtWidgets/QVBoxLayout>

#include <limits>

namespace Demo {

static std::vector<double> milliseconds(const Waits &waits)
{
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    const auto value = [&](std::chrono::nanoseconds time) {
        return waits.count > 0 ? std::chrono::duration<double, std::milli>(time).count() : none;
    };
    return {value(waits.p50), value(waits.p99)};
}

Plots::Plots(Role role, QWidget *parent) : QWidget(parent)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins({});
    column->setSpacing(0);
    using Kind = Series::Kind;
    const Series idle{tr("idle"), Hue::Idle, Kind::Step, true};
    const Series leased{tr("leased"), Hue::Leased, Kind::Step};
    Plot *stock = nullptr;
    if (role == Role::Client) {
        const Series range{tr("minimum to maximum"), Hue::Capacity, Kind::Band};
        const Series capacity{tr("capacity"), Hue::Capacity, Kind::Step};
        stock = add(tr("Stock"), tr("connections"), {range, idle, leased, capacity}, [](const Sample &now) {
            return std::vector{double(now.minimum), double(now.maximum), double(now.pool.idle), double(now.pool.leased),
                               double(now.pool.capacity)};
        });
        add(tr("Interval"), tr("ms"), {{tr("pause between two cycles"), Hue::Capacity, Kind::Step, true}},
            [](const Sample &now) { return std::vector{double(now.interval.count())}; });
    } else { // takes what comes
        stock = add(tr("Stock"), tr("connections"), {idle, leased}, [](const Sample &now) {
            return std::vector{double(now.pool.idle), double(now.pool.leased)};
        });
    }
    stock->setWholeNumbers(true);
    add(tr("Rates"), tr("per second"), {{tr("created"), Hue::Idle}, {tr("taken"), Hue::Leased}, {tr("lost"), Hue::Lost}},
        [](const Sample &now) {
            return std::vector{now.createdPerSecond, now.takenPerSecond, now.lostPerSecond};
        });
    Plot *waits = add(tr("Waits"), tr("ms"), {{tr("p50"), Hue::Leased}, {tr("p99"), Hue::Pending}},
                      [](const Sample &now) { return milliseconds(now.waits); });
    for (const Part &part : m_parts)
        part.plot->setTimeLabelsVisible(part.plot == waits);
    m_shown = m_parts.size();
}

Plot *Plots::add(const QString &title, const QString &unit, std::vector<Series> series, Values values)
{
    auto *plot = new Plot(title, unit, std::move(series), this);
    for (const Part &other : m_parts) {
        connect(plot, &Plot::cursorMoved, other.plot, &Plot::setCursorTime);
        connect(other.plot, &Plot::cursorMoved, plot, &Plot::setCursorTime);
    }
    connect(plot, &Plot::pausedChanged, this, &Plots::setPaused);
    layout()->addWidget(plot);
    m_parts.push_back({plot, std::move(values)});
    return plot;
}

std::vector<Plot *> Plots::all() const
{
    std::vector<Plot *> plots;
    for (const Part &part : m_parts)
        plots.push_back(part.plot);
    return plots;
}

void Plots::setPaused(bool isPaused)
{
    for (const Part &part : m_parts)
        part.plot->setPaused(isPaused);
    Q_EMIT pausedChanged(isPaused);
}

void Plots::take(double time, const Sample &sample, const std::vector<Mark> &marks)
{
    while (showNext()) { }
    m_time = time;
    m_sample = sample;
    m_marks = marks;
    m_shown = 0;
}

bool Plots::showNext()
{
    if (m_shown == m_parts.size())
        return false;
    const Part &part = m_parts[m_shown++];
    part.plot->append(m_time, part.values(m_sample));
    for (const Mark &mark : m_marks)
        part.plot->addMark(mark);
    return true;
}

} // namespace Demo

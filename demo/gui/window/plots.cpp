// SPDX-License-Identifier: BSD-3-Clause
#include "plots.h"

#include <QtWidgets/QVBoxLayout>

#include <limits>

namespace Demo {

static constexpr double none = std::numeric_limits<double>::quiet_NaN();

static double milliseconds(std::chrono::nanoseconds time)
{
    return std::chrono::duration<double, std::milli>(time).count();
}

static std::vector<double> milliseconds(const Waits &waits)
{
    if (waits.count == 0)
        return {none, none};
    return {milliseconds(waits.p50), milliseconds(waits.p99)};
}

// What a wait costs, beside the waits: who finds nothing ready waits for a setup.
static std::vector<double> withSetup(const Sample &now)
{
    std::vector<double> values = milliseconds(now.waits);
    values.push_back(now.pool.setupTime.count() > 0 ? milliseconds(now.pool.setupTime) : none);
    return values;
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
        // On top of the capacity, which it is as long as there is one.
        const Series target{tr("target"), Hue::Pending, Kind::Step};
        stock = add(tr("Stock"), tr("connections"), {range, idle, leased, capacity, target}, [](const Sample &now) {
            return std::vector{double(now.minimum),     double(now.maximum),       double(now.pool.idle),
                               double(now.pool.leased), double(now.pool.capacity), now.target ? double(*now.target) : none};
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
    std::vector<Series> times{{tr("p50"), Hue::Leased}, {tr("p99"), Hue::Pending}};
    Values values = [](const Sample &now) { return milliseconds(now.waits); };
    if (role == Role::Client) {
        times.push_back({tr("setup"), Hue::Capacity});
        values = withSetup;
    }
    Plot *waits = add(tr("Waits"), tr("ms"), std::move(times), std::move(values));
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

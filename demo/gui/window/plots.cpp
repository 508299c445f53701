// SPDX-License-Identifier: BSD-3-Clause
#include "plots.h"

#include <QtWidgets/QVBoxLayout>

#include <array>
#include <limits>

namespace Demo {

static constexpr double none = std::numeric_limits<double>::quiet_NaN();

Plots::Plots(Role role, QWidget *parent) : QWidget(parent)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins({});
    column->setSpacing(0);
    using Kind = Series::Kind;
    std::vector<Series> stock{{tr("idle"), Hue::Idle, Kind::Step, true}, {tr("leased"), Hue::Leased, Kind::Step}};
    if (role == Role::Client) { // a server takes what comes
        stock.insert(stock.begin(), {tr("minimum to maximum"), Hue::Capacity, Kind::Band});
        stock.push_back({tr("capacity"), Hue::Capacity, Kind::Step});
    }
    m_stock = add(tr("Stock"), tr("connections"), std::move(stock));
    m_stock->setWholeNumbers(true);
    if (role == Role::Client)
        m_interval = add(tr("Interval"), tr("ms"), {{tr("pause between two cycles"), Hue::Capacity, Kind::Step, true}});
    m_rates = add(tr("Rates"), tr("a second"),
                  {{tr("created"), Hue::Idle}, {tr("taken"), Hue::Leased}, {tr("lost"), Hue::Lost}});
    m_waits = add(tr("Waits"), tr("ms"), {{tr("p50"), Hue::Leased}, {tr("p99"), Hue::Pending}});
    for (Plot *plot : m_plots)
        plot->setTimeLabelsVisible(plot == m_plots.back());
}

Plot *Plots::add(const QString &title, const QString &unit, std::vector<Series> series)
{
    auto *plot = new Plot(title, unit, std::move(series), this);
    for (Plot *other : m_plots) {
        connect(plot, &Plot::cursorMoved, other, &Plot::setCursorTime);
        connect(other, &Plot::cursorMoved, plot, &Plot::setCursorTime);
    }
    connect(plot, &Plot::pausedChanged, this, &Plots::setPaused);
    layout()->addWidget(plot);
    m_plots.push_back(plot);
    return plot;
}

void Plots::setPaused(bool isPaused)
{
    bool hasChanged = false;
    for (Plot *plot : m_plots) {
        hasChanged = hasChanged || plot->isPaused() != isPaused;
        plot->setPaused(isPaused);
    }
    Q_EMIT pausedChanged(isPaused);
}

static double milliseconds(std::chrono::nanoseconds time)
{
    return std::chrono::duration<double, std::milli>(time).count();
}

void Plots::append(double time, const Sample &sample)
{
    const auto idle = double(sample.pool.idle);
    const auto leased = double(sample.pool.leased);
    if (m_interval) {
        m_stock->append(
                time,
                std::array{double(sample.minimum), double(sample.maximum), idle, leased, double(sample.pool.capacity)});
        m_interval->append(time, std::array{double(sample.interval.count())});
    } else {
        m_stock->append(time, std::array{idle, leased});
    }
    m_rates->append(time, std::array{sample.createdPerSecond, sample.takenPerSecond, sample.lostPerSecond});
    const bool hasWaited = sample.waits.count > 0;
    m_waits->append(time,
                    std::array{hasWaited ? milliseconds(sample.waits.p50) : none,
                               hasWaited ? milliseconds(sample.waits.p99) : none});
}

void Plots::addMark(const Mark &mark)
{
    for (Plot *plot : m_plots)
        plot->addMark(mark);
}

} // namespace Demo

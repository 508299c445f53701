// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "engine/sampler.h"
#include "gui/plot/plot.h"

namespace Demo {

// One end's last minute: its stock, its interval, its rates and the waits for it, one above the other and with one cursor.
class Plots final : public QWidget
{
    Q_OBJECT

public:
    explicit Plots(Role role, QWidget *parent = nullptr);

    void append(double time, const Sample &sample);
    void addMark(const Mark &mark);
    bool isPaused() const { return m_plots.front()->isPaused(); }

public Q_SLOTS:
    void setPaused(bool isPaused);

Q_SIGNALS:
    void pausedChanged(bool isPaused);

private:
    Plot *add(const QString &title, const QString &unit, std::vector<Series> series);

    std::vector<Plot *> m_plots;
    Plot *m_stock = nullptr;
    Plot *m_interval = nullptr; // of a client
    Plot *m_rates = nullptr;
    Plot *m_waits = nullptr;
};

} // namespace Demo

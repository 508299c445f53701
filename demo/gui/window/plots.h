// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "engine/sampler.h"
#include "gui/plot/plot.h"

#include <functional>

namespace Demo {

// One end's last minute: its stock, its interval, its rates and the waits for it, one above the other and with one cursor.
class Plots final : public QWidget
{
    Q_OBJECT

public:
    explicit Plots(Role role, QWidget *parent = nullptr);

    // What showNext() gives to one plot after the other, so that no frame has to paint them all. What of the sample before has not
    // been shown by then, is.
    void take(double time, const Sample &sample, const std::vector<Mark> &marks);
    bool showNext(); // false: all have been shown
    bool isPaused() const { return m_parts.front().plot->isPaused(); }
    std::vector<Plot *> all() const; // from top to bottom

public Q_SLOTS:
    void setPaused(bool isPaused);

Q_SIGNALS:
    void pausedChanged(bool isPaused);

private:
    using Values = std::function<std::vector<double>(const Sample &)>; // a value for each series, two for a band
    struct Part
    {
        Plot *plot;
        Values values;
    };
    Plot *add(const QString &title, const QString &unit, std::vector<Series> series, Values values);

    std::vector<Part> m_parts;
    std::size_t m_shown = 0; // of the parts
    double m_time = 0;
    Sample m_sample;
    std::vector<Mark> m_marks;
};

} // namespace Demo

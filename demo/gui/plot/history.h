// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QString>

#include <deque>
#include <span>
#include <vector>

namespace Demo {

enum class Severity { Note, Warning, Error };

// Something that happened at one moment.
struct Mark
{
    double time; // seconds
    QString text;
    Severity severity = Severity::Note;
};

struct HistoryLimits
{
    double span = 60; // seconds; what is older than the last sample by more is forgotten
    int samples = 1200; // with more within the span, the oldest are forgotten earlier
    int marks = 200; // and so are these
};

// The last samples of several values, all taken at the same moments, and the marks among them. A copy stands still
// while the original goes on, and both stay within the limits.
class History
{
public:
    explicit History(int valueCount, HistoryLimits limits = {});

    // NaN stands for a value that is missing, as those do that are not given. A sample that is not later than the last one is refused.
    bool append(double time, std::span<const double> values);
    void addMark(const Mark &mark);

    const HistoryLimits &limits() const { return m_limits; }
    bool isEmpty() const { return m_size == 0; }
    int size() const { return m_size; }
    double time(int sample) const { return m_times[slot(sample)]; }
    double value(int sample, int index) const { return m_values[slot(sample) * m_valueCount + size_t(index)]; }
    double begin() const { return end() - m_limits.span; }
    double end() const { return isEmpty() ? 0 : time(m_size - 1); } // the last sample's time
    const std::deque<Mark> &marks() const { return m_marks; } // in order of time

    int nearest(double time) const; // sample; -1: there is none. O(log n)
    double maximum() const; // of all values, or NaN

private:
    size_t slot(int sample) const { return (m_first + size_t(sample)) % m_times.size(); }
    void dropFirst();
    void expire();

    HistoryLimits m_limits;
    size_t m_valueCount;
    std::vector<double> m_times; // a ring
    std::vector<double> m_values; // m_valueCount a sample
    size_t m_first = 0;
    int m_size = 0;
    std::deque<Mark> m_marks;
};

} // namespace Demo

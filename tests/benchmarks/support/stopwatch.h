// SPDX-License-Identifier: BSD-3-Clause
// Time that has passed, and CPU time that this process has used in all its threads.
#pragma once

#include "compare.h"

#include <sys/resource.h>

class Stopwatch
{
public:
    double elapsed() const { return seconds(Clock::now() - m_begin); }
    double cpu() const { return cpuOfProcess() - m_cpu; }

private:
    static double cpuOfProcess()
    {
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        const auto asSeconds = [](const timeval &time) { return double(time.tv_sec) + double(time.tv_usec) / 1e6; };
        return asSeconds(usage.ru_utime) + asSeconds(usage.ru_stime);
    }

    const Clock::time_point m_begin = Clock::now();
    const double m_cpu = cpuOfProcess();
};

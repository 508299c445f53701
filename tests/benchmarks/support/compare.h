// SPDX-License-Identifier: BSD-3-Clause
// How every benchmark measures: rivals in the same run, in turn, several rounds; the median of each is a line of JSON.
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// What a round of a rival has measured. A benchmark that measures several things at once gives each a name, which becomes
// the parameter "metric".
struct Figure
{
    double value = 0;
    std::string unit;
    std::string metric;
};

struct Rival
{
    std::string implementation;
    std::function<std::vector<Figure>()> round;
    QJsonObject parameters = {}; // of its own, in place of those of the comparison
};

inline bool isQuick()
{
    return qEnvironmentVariableIntValue("QNETPOOL_BENCHMARK_QUICK") != 0;
}

inline double seconds(Clock::duration duration)
{
    return std::chrono::duration<double>(duration).count();
}

// Of an odd or even number of values; q from 0 to 1 is the share of them that is less.
inline double quantile(std::vector<double> values, double q)
{
    if (values.empty())
        return 0;
    const auto at = values.begin() + qsizetype(std::min(double(values.size() - 1), q * double(values.size())));
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

inline double median(const std::vector<double> &values)
{
    return quantile(values, 0.5);
}

inline void print(const char *benchmark, QJsonObject parameters, const std::string &implementation, const Figure &figure)
{
    if (!figure.metric.empty())
        parameters.insert(QLatin1String("metric"), QString::fromStdString(figure.metric));
    const QJsonObject line{{QLatin1String("benchmark"), QLatin1String(benchmark)},
                           {QLatin1String("parameters"), parameters},
                           {QLatin1String("implementation"), QString::fromStdString(implementation)},
                           {QLatin1String("value"), figure.value},
                           {QLatin1String("unit"), QString::fromStdString(figure.unit)}};
    std::printf("%s\n", QJsonDocument(line).toJson(QJsonDocument::Compact).constData());
    std::fflush(stdout);
}

inline QJsonObject merged(QJsonObject parameters, const QJsonObject &own)
{
    for (auto it = own.begin(); it != own.end(); ++it)
        parameters.insert(it.key(), it.value());
    return parameters;
}

// A round of each in turn, so that what else happens on the machine happens to all.
inline void compare(const char *benchmark, const QJsonObject &parameters, const std::vector<Rival> &rivals, int rounds)
{
    std::vector<std::vector<std::vector<Figure>>> results(rivals.size());
    for (int round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < rivals.size(); ++i)
            results[i].push_back(rivals[i].round());
    }
    for (std::size_t i = 0; i < rivals.size(); ++i) {
        for (std::size_t figure = 0; figure < results[i].front().size(); ++figure) {
            std::vector<double> values;
            for (const std::vector<Figure> &result : results[i])
                values.push_back(result.at(figure).value);
            Figure middle = results[i].front()[figure];
            middle.value = median(values);
            print(benchmark, merged(parameters, rivals[i].parameters), rivals[i].implementation, middle);
        }
    }
}

// The time of one call of act, in ns: the median of several series of so many calls.
inline double nanosecondsEach(int calls, const std::function<void()> &act, int series = 5)
{
    std::vector<double> values;
    for (int i = 0; i < series; ++i) {
        const Clock::time_point begin = Clock::now();
        for (int call = 0; call < calls; ++call)
            act();
        values.push_back(seconds(Clock::now() - begin) * 1e9 / calls);
    }
    return median(values);
}

// SPDX-License-Identifier: BSD-3-Clause
#include "nearmiss.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace Demo {

namespace {

constexpr qsizetype mostMisses = 3;
constexpr int mostTypos = 3;

// How many letters must be put in, left out or replaced to make one of the other.
int distance(QStringView one, QStringView other)
{
    std::vector<int> row(std::size_t(other.size()) + 1);
    std::iota(row.begin(), row.end(), 0);
    for (const QChar letter : one) {
        int diagonal = row[0]++;
        for (std::size_t i = 1; i < row.size(); ++i) {
            const int replaced = diagonal + (letter == other[qsizetype(i) - 1] ? 0 : 1);
            diagonal = row[i];
            row[i] = std::min({replaced, row[i] + 1, row[i - 1] + 1});
        }
    }
    return row.back();
}

// Whether a name says all that the short form says, in order: maximumCapacity is what maxCap stands for.
bool isShortFor(QStringView name, QStringView shortForm)
{
    qsizetype at = 0;
    for (const QChar letter : name) {
        if (at < shortForm.size() && letter == shortForm[at])
            ++at;
    }
    return shortForm.size() >= mostTypos && at == shortForm.size();
}

} // namespace

QStringList nearMisses(const QString &name, const QStringList &names)
{
    const QString wanted = name.toLower();
    std::vector<std::pair<int, QString>> found;
    for (const QString &candidate : names) {
        // Nobody mistypes the group alone: "maxCapacity" is near to "sizing.maximumCapacity".
        const QString known = (name.contains(u'.') ? candidate : candidate.section(u'.', -1)).toLower();
        const int typos = distance(wanted, known);
        if (typos <= std::min<qsizetype>(mostTypos, wanted.size() / 2) || isShortFor(known, wanted))
            found.emplace_back(typos, candidate);
    }
    std::stable_sort(found.begin(), found.end(), [](const auto &one, const auto &other) { return one.first < other.first; });
    QStringList nearest;
    for (const auto &[typos, candidate] : found)
        nearest << candidate;
    return nearest.mid(0, mostMisses);
}

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "program.h"

#include <functional>

// Makes a program that fails shorter, as long as it still fails: delta debugging over its steps, then each number of the
// setting and of the steps becomes what it is by default, if that makes no difference.
class Shrinker
{
public:
    explicit Shrinker(
            std::function<bool(const Program &)> fails, std::function<bool()> isOver = [] { return false; })
        : m_fails(std::move(fails)), m_isOver(std::move(isOver))
    {
    }
    Program shrink(Program program)
    {
        for (Program before; program.toText() != before.toText() && !m_isOver();) {
            before = program;
            cutSteps(program);
            simplify(program);
        }
        return program;
    }

private:
    bool tryOut(Program &program, Program candidate)
    {
        if (m_isOver() || !m_fails(candidate))
            return false;
        program = std::move(candidate);
        return true;
    }
    // Half of them first, then ever smaller pieces, from the end, as what matters often comes late and needs what is before.
    void cutSteps(Program &program)
    {
        for (std::size_t size = (program.steps.size() + 1) / 2; size > 0; size /= 2) {
            for (std::size_t end = program.steps.size(); end > 0;) {
                const std::size_t begin = end > size ? end - size : 0;
                Program candidate = program;
                candidate.steps.erase(candidate.steps.begin() + qsizetype(begin), candidate.steps.begin() + qsizetype(end));
                tryOut(program, std::move(candidate));
                end = std::min(begin, program.steps.size());
            }
        }
    }
    void simplify(Program &program)
    {
        simplifyEach(program, Setting(), 0, [](Program &whole) -> Setting & { return whole.setting; });
        for (std::size_t i = 0; i < program.steps.size(); ++i) // an act, the first number, remains what it is
            simplifyEach(program, Step(), 1, [i](Program &whole) -> Step & { return whole.steps[i]; });
    }
    template<typename Part, typename Find> void simplifyEach(Program &program, Part usual, std::size_t first, Find find)
    {
        std::vector<int> values;
        visitNumbers(usual, [&values](auto number) { values.push_back(int(number)); });
        for (std::size_t i = first; i < values.size(); ++i) {
            Program candidate = program;
            std::size_t next = 0;
            visitNumbers(find(candidate), [&](auto &number) {
                if (next++ == i)
                    number = static_cast<std::remove_reference_t<decltype(number)>>(values[i]);
            });
            if (candidate.toText() != program.toText())
                tryOut(program, std::move(candidate));
        }
    }

    const std::function<bool(const Program &)> m_fails;
    const std::function<bool()> m_isOver;
};

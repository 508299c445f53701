// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "settle.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

// Whether no other thread of this process has anything to do. One that is told something is on its way at once.
inline bool othersSleep()
{
    for (const auto &task : std::filesystem::directory_iterator("/proc/self/task")) {
        if (task.path().filename() == std::to_string(getpid()))
            continue; // the main thread, which asks
        std::string text;
        std::getline(std::ifstream(task.path() / "stat"), text);
        const std::size_t name = text.rfind(')');
        if (name != std::string::npos && text.compare(name, 3, ") S") != 0)
            return false;
    }
    return true;
}

// settle() for a pool with threads of its own.
inline void settleThreads()
{
    do
        settle();
    while (!othersSleep() || QAbstractEventDispatcher::instance()->processEvents(QEventLoop::AllEvents));
}

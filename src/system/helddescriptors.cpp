// SPDX-License-Identifier: BSD-3-Clause
#include "helddescriptors.h"

#include "descriptor.h"

#include <mutex>
#include <vector>

namespace QNetPool {

namespace {

struct Held
{
    std::mutex mutex;
    std::vector<quint64> sockets; // by descriptor; 0: none
};

Held &held() // never destroyed: pools may be static
{
    static auto *const all = new Held;
    return *all;
}

} // namespace

bool HeldDescriptors::contains(qintptr descriptor)
{
    const quint64 number = socketNumber(descriptor);
    const std::lock_guard lock(held().mutex);
    return number != 0 && std::size_t(descriptor) < held().sockets.size()
            && held().sockets[std::size_t(descriptor)] == number;
}

bool HeldDescriptors::add(qintptr descriptor)
{
    const quint64 number = socketNumber(descriptor);
    if (number == 0)
        return true;
    const auto index = std::size_t(descriptor);
    const std::lock_guard lock(held().mutex);
    if (held().sockets.size() <= index)
        held().sockets.resize(index + 1);
    return std::exchange(held().sockets[index], number) != number;
}

void HeldDescriptors::remove(qintptr descriptor)
{
    const std::lock_guard lock(held().mutex);
    if (descriptor >= 0 && std::size_t(descriptor) < held().sockets.size())
        held().sockets[std::size_t(descriptor)] = 0;
}

} // namespace QNetPool

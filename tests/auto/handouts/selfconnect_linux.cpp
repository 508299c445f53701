// SPDX-License-Identifier: BSD-3-Clause
// Comes before the system's function of the same name.
#include "selfconnect.h"

#include <atomic>

#include <dlfcn.h>
#include <sys/socket.h>

namespace {

std::atomic<bool> isOn = false;

}

SelfConnects::SelfConnects()
{
    isOn = true;
}

SelfConnects::~SelfConnects()
{
    isOn = false;
}

#pragma GCC visibility push(default)
extern "C" int connect(int descriptor, const sockaddr *address, socklen_t size)
{
    static const auto real = reinterpret_cast<decltype(&connect)>(dlsym(RTLD_NEXT, "connect"));
    if (isOn && address->sa_family == AF_INET)
        bind(descriptor, address, size);
    return real(descriptor, address, size);
}
#pragma GCC visibility pop

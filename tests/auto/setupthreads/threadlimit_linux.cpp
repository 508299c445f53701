// SPDX-License-Identifier: BSD-3-Clause
// Comes before the system's function of the same name.
#include "threadlimit.h"

#include <cerrno>

#include <dlfcn.h>
#include <pthread.h>

namespace {

thread_local bool isLimited = false;

}

NoThreadLeft::NoThreadLeft()
{
    isLimited = true;
}

NoThreadLeft::~NoThreadLeft()
{
    isLimited = false;
}

#pragma GCC visibility push(default)
extern "C" int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                              void *argument) noexcept
{
    static const auto real = reinterpret_cast<decltype(&pthread_create)>(dlsym(RTLD_NEXT, "pthread_create"));
    return isLimited ? EAGAIN : real(thread, attributes, start, argument);
}
#pragma GCC visibility pop

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <chrono>
#include <vector>

// The system calls that a pool makes, itself and through Qt Network: systemcalls.cpp stands in front of the C library's functions,
// counts those that come from one of the two libraries, and makes the n-th of them fail.
//
// close() is not among them, as it cannot fail in a way that the caller could answer. Nor is what Qt Core calls for an event loop
// (eventfd, ppoll): Qt ends the process when it gets no event descriptor, as it does when it gets no memory.
namespace SystemCalls {

enum Call {
    Socket,
    Connect,
    Bind,
    Listen,
    Accept,
    EpollCreate,
    EpollControl,
    EpollWait,
    Poll,
    SetOption,
    GetOption,
    PeerName,
    SocketName,
    Control,
    IoControl,
    Receive,
    Read,
    Send,
    Write,
    CallCount
};
constexpr std::array<const char *, CallCount> Names{"socket",        "connect",     "bind",        "listen", "accept4",
                                                    "epoll_create1", "epoll_ctl",   "epoll_wait",  "poll",   "setsockopt",
                                                    "getsockopt",    "getpeername", "getsockname", "fcntl",  "ioctl",
                                                    "recv",          "read",        "send",        "write"};

// A transfer that succeeds with its first byte, in place of an errno.
constexpr int OneByte = -1;

struct Failure
{
    Call call = Socket;
    int number = 0; // of the first call that fails, from 1; 0: none does
    int error = 0; // errno, or OneByte
    std::chrono::milliseconds outage{0}; // from then on, all fail for so long; 0: only this one
};

// The errors with which it may fail on a socket that does not block. Each is one that the kernel gives, where it gives any.
const std::vector<int> &errorsOf(Call call);

void begin(const Failure &failure); // and counts from 0
void end(); // none fails and none is counted any more
std::array<int, CallCount> counted();
int failed(); // how many calls did

// Calls of this thread are not a pool's under test.
void ignoreThisThread();

} // namespace SystemCalls

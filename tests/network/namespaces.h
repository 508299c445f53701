// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

// A namespace has no name: it ends with the last process, thread and socket in it, however they end. Sockets belong to the
// namespace of the thread that makes them, and a thread or process begins in its parent's.

// The calling thread's network becomes a new one, without a device. False: it is not permitted, see errno.
bool leaveNetwork();

// The calling thread's network becomes that of a process.
void enterNetworkOf(pid_t process);

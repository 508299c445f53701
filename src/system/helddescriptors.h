// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qglobal.h>

namespace QNetPool {

// The descriptors that this process's pools hold, so that an application cannot put one of them into a second pool, or twice
// into one. Each is known with the socket behind it: whoever closes one need not tell, as the next one with its number has
// another socket. From any thread. Nothing is known where the system has no numbers for sockets: see socketNumber().
namespace HeldDescriptors {

bool contains(qintptr descriptor);
bool add(qintptr descriptor); // false: a pool holds it already
void remove(qintptr descriptor); // it goes on without a pool

} // namespace HeldDescriptors

} // namespace QNetPool

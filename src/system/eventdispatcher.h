// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace QNetPool {

// Sees to it that this thread has an event dispatcher: a notifier or a timer that is created without one is never activated,
// not even in another thread later. False: there are too few descriptors for one, of which Qt and GLib would end the process.
bool ensureEventDispatcher();

} // namespace QNetPool

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QString>

namespace Demo {

// What --fields shows: the fields that --client and --server can set, and how.
QString fieldList();

// Why they cannot set a field: another option does, for example. Null if they can.
const char *causeNotToSet(QStringView field);

} // namespace Demo

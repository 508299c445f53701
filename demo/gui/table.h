// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtWidgets/QTableView>

namespace Demo {

// How the demo's tables look and are used: whole rows, all of one height, no grid; Tab leaves them.
void makePlain(QTableView &table);

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QStringList>

namespace Demo {

// Which of the names may have been meant by one that is none of them: the nearest first, three at most.
QStringList nearMisses(const QString &name, const QStringList &names);

} // namespace Demo

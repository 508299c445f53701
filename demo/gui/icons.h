// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtGui/QIcon>

namespace Demo {

// One of the drawings in resources/icons, by its file's name: "start". It can be seen on a light and on a dark background.
QIcon icon(const QString &name);

QIcon applicationIcon();

} // namespace Demo

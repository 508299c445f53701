// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QString>

namespace Demo {

// Text in lines of a terminal's width, for --help and --fields.
QString helpParagraph(const QString &text);
// A name, and what there is to say about it in a column to its right.
QString helpEntry(const QString &name, const QString &text);

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "engine/fieldinfo.h"

#include <QtWidgets/QWidget>

#include <functional>

namespace Demo {

// The widget that fits a field's kind, and its value as the field's text.
struct FieldEditor
{
    QWidget *widget = nullptr;
    std::function<QString()> text;
    std::function<void(const QString &)> setText; // clamped to what the widget can show
};

// changed is called for a user's and for a program's changes.
FieldEditor makeEditor(const FieldInfo &info, QWidget *parent, const std::function<void()> &changed);

} // namespace Demo

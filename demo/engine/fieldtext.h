// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "fieldinfo.h"

#include <QtCore/QList>

#include <chrono>

namespace Demo {

// The text of a value, the same in settings, on the command line and in the form's editors.
QString toText(int value, const FieldInfo &info);
QString toText(quint16 value, const FieldInfo &info);
QString toText(std::chrono::milliseconds value, const FieldInfo &info);
QString toText(double value, const FieldInfo &info);
QString toText(bool value, const FieldInfo &info);
QString toText(const QString &value, const FieldInfo &info);
QString toText(const QStringList &value, const FieldInfo &info);
QString toText(const QList<QByteArray> &value, const FieldInfo &info);
QString choiceText(int value, const FieldInfo &info);

// Reads it back. Returns the cause if that cannot be done, and leaves the value alone then; a null text otherwise.
[[nodiscard]] QString readText(const QString &text, int &value, const FieldInfo &info);
[[nodiscard]] QString readText(const QString &text, quint16 &value, const FieldInfo &info);
[[nodiscard]] QString readText(const QString &text, std::chrono::milliseconds &value, const FieldInfo &info);
[[nodiscard]] QString readText(const QString &text, double &value, const FieldInfo &info);
[[nodiscard]] QString readText(const QString &text, bool &value, const FieldInfo &info);
[[nodiscard]] QString readText(const QString &text, QString &value, const FieldInfo &info);
[[nodiscard]] QString readText(const QString &text, QStringList &value, const FieldInfo &info);
[[nodiscard]] QString readText(const QString &text, QList<QByteArray> &value, const FieldInfo &info);
[[nodiscard]] QString readChoice(const QString &text, int &value, const FieldInfo &info);

template<typename Enum>
requires std::is_enum_v<Enum> QString toText(Enum value, const FieldInfo &info)
{
    return choiceText(int(value), info);
}

template<typename Enum>
requires std::is_enum_v<Enum>
[[nodiscard]] QString readText(const QString &text, Enum &value, const FieldInfo &info)
{
    int number = int(value);
    const QString cause = readChoice(text, number, info);
    value = Enum(number);
    return cause;
}

} // namespace Demo

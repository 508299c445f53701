// SPDX-License-Identifier: BSD-3-Clause
#include "fieldinfo.h"

#include <QtCore/QLocale>

namespace Demo {

QString FieldInfo::title() const
{
    return tr(label);
}

QString titleOf(FieldGroup group)
{
    switch (group) {
    case FieldGroup::Peer:
        return FieldInfo::tr("Peer");
    case FieldGroup::Listening:
        return FieldInfo::tr("Listening");
    case FieldGroup::Stock:
        return FieldInfo::tr("Stock");
    case FieldGroup::Times:
        return FieldInfo::tr("Times");
    case FieldGroup::Tls:
        return FieldInfo::tr("TLS");
    case FieldGroup::Naming:
        return FieldInfo::tr("Naming");
    case FieldGroup::Limits:
        return FieldInfo::tr("Limits");
    case FieldGroup::Checks:
        break;
    }
    return FieldInfo::tr("Reuse and checks");
}

static QString limitsOf(const FieldInfo &info)
{
    const QLocale locale;
    switch (info.kind) {
    case FieldKind::Number:
        return FieldInfo::tr("%1 to %2.").arg(locale.toString(info.minimum), locale.toString(info.maximum));
    case FieldKind::Time:
        return FieldInfo::tr("%1 to %2 ms.").arg(locale.toString(info.minimum), locale.toString(info.maximum));
    case FieldKind::Share:
        return FieldInfo::tr("0 to 1.");
    default:
        return {};
    }
}

static QString presetOf(const FieldInfo &info, const QString &preset)
{
    if (info.isRequired || preset.isEmpty() || info.kind == FieldKind::Shown)
        return {};
    if (info.zero && preset == QLatin1String("0"))
        return FieldInfo::tr("Default: %1.").arg(FieldInfo::tr(info.zero));
    if (info.kind == FieldKind::Time || info.kind == FieldKind::Number)
        return FieldInfo::tr("Default: %1.").arg(QLocale().toString(preset.toInt()));
    if (info.kind == FieldKind::Switch)
        return preset == QLatin1String("true") ? FieldInfo::tr("Default: on.") : FieldInfo::tr("Default: off.");
    for (const FieldChoice &choice : info.choices) {
        if (preset == QLatin1String(choice.name))
            return FieldInfo::tr("Default: %1.").arg(FieldInfo::tr(choice.label));
    }
    return FieldInfo::tr("Default: %1.").arg(preset);
}

static QString effectOf(const FieldInfo &info)
{
    if (info.kind == FieldKind::Shown)
        return FieldInfo::tr("It cannot be changed here.");
    switch (info.effect) {
    case FieldEffect::AtOnce:
        break;
    case FieldEffect::NextConnection:
        return FieldInfo::tr("A running pool uses it from the next connection on.");
    case FieldEffect::NextStart:
        return FieldInfo::tr("A running pool uses it from its next start on.");
    }
    return FieldInfo::tr("A running pool uses it at once.");
}

QStringList explanationOf(const FieldInfo &info, const QString &preset)
{
    QStringList sentences{FieldInfo::tr(info.description), limitsOf(info)};
    if (info.zero && info.minimum == 0)
        sentences << FieldInfo::tr("0: %1.").arg(FieldInfo::tr(info.zero));
    sentences << presetOf(info, preset) << effectOf(info);
    sentences.removeAll(QString());
    return sentences;
}

} // namespace Demo

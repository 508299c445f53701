// SPDX-License-Identifier: BSD-3-Clause
#include "fieldlist.h"

#include "engine/fields.h"
#include "engine/settings.h"
#include "helpentry.h"

using namespace QNetPool;

namespace Demo {

namespace {

struct Cause
{
    const char *field;
    const char *text;
};

constexpr Cause causes[] = {
        {"host", "--connect sets it, with --role client"},
        {"port", "--connect sets it, with --role client"},
        {"tls.mode", "--tls sets it"},
        {"tls.enabled", "--tls sets it"},
        {"tls.configuration", "--tls sets it, with --cert and --key at the server's end and --ca at the client's"},
        {"connectionMode", "--single sets it, for both ends"},
        {"dropUnexpectedBytes", "it is on with --single, where the server speaks only when it is asked"},
        {"dialer", "it cannot be given as text"},
        {"hooks.validator", "it cannot be given as text"},
        {"hooks.resetter", "it cannot be given as text"},
};

QString valueOf(const FieldInfo &info)
{
    switch (info.kind) {
    case FieldKind::Number:
    case FieldKind::Share:
        return QStringLiteral("n");
    case FieldKind::Time:
        return QStringLiteral("time");
    case FieldKind::Switch:
        return QStringLiteral("on|off");
    case FieldKind::Choice:
    case FieldKind::Shown:
        break;
    case FieldKind::Text:
        return QStringLiteral("name");
    case FieldKind::Peers:
    case FieldKind::Fingerprints:
        return QStringLiteral("list");
    }
    QStringList choices;
    for (const FieldChoice &choice : info.choices)
        choices << QLatin1String(choice.name);
    return choices.join(u'|');
}

QString limitsOf(const FieldInfo &info)
{
    if (info.kind == FieldKind::Share)
        return QStringLiteral("0 to 1");
    if (info.maximum <= info.minimum)
        return {};
    const QLatin1String unit(info.kind == FieldKind::Time ? " ms" : "");
    const QString limits = QStringLiteral("%1 to %2%3").arg(info.minimum).arg(info.maximum).arg(unit);
    return info.zero && info.minimum == 0 ? QStringLiteral("%1, 0: %2").arg(limits, QLatin1String(info.zero)) : limits;
}

QString presetOf(const FieldInfo &info, const QString &text)
{
    if (text.isEmpty())
        return {};
    if (info.kind == FieldKind::Switch)
        return text == QLatin1String("true") ? QStringLiteral("default: on") : QStringLiteral("default: off");
    return QStringLiteral("default: %1%2").arg(text, QLatin1String(info.kind == FieldKind::Time ? " ms" : ""));
}

template<typename Configuration> QString entryOf(const Field<Configuration> &field, const Configuration &preset)
{
    const QLatin1String name(field.info.name);
    if (const char *cause = causeNotToSet(QString(name)))
        return helpEntry(name, QStringLiteral("Not here: %1.").arg(QLatin1String(cause)));
    QStringList facts{limitsOf(field.info), presetOf(field.info, field.text(preset))};
    facts.removeAll(QString());
    QString text = QLatin1String(field.info.description);
    if (!facts.isEmpty())
        text += QStringLiteral(" (%1)").arg(facts.join(QStringLiteral("; ")));
    return helpEntry(QStringLiteral("%1=%2").arg(name, valueOf(field.info)), text);
}

template<typename Configuration> QString listOf(const Configuration &preset)
{
    QString text;
    QString title;
    for (const Field<Configuration> &field : fields<Configuration>()) {
        if (const QString next = titleOf(field.info.group); next != title)
            text += QStringLiteral("\n%1:\n").arg(title = next);
        text += entryOf(field, preset);
    }
    return text;
}

} // namespace

const char *causeNotToSet(QStringView field)
{
    for (const Cause &cause : causes) {
        if (field == QLatin1String(cause.field))
            return cause.text;
    }
    return nullptr;
}

QString fieldList()
{
    const Settings presets;
    return helpParagraph(QStringLiteral("A time is a number of milliseconds, or has a unit: 500ms, 5s, 2min, 1h. A list is "
                                        "separated by commas. A field's group may be left out: idleTimeout is "
                                        "limits.idleTimeout."))
            + QStringLiteral("\n--client FIELD=VALUE\n") + listOf(presets.client)
            + QStringLiteral("\n--server FIELD=VALUE\n") + listOf(presets.server);
}

} // namespace Demo

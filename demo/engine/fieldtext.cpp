// SPDX-License-Identifier: BSD-3-Clause
#include "fieldtext.h"

#include <QtCore/QLocale>
#include <QtCore/QRegularExpression>
#include <QtNetwork/QHostAddress>

#include <algorithm>

namespace Demo {

namespace {

QString notInRange(const QString &text, const FieldInfo &info)
{
    const QString kind = info.kind == FieldKind::Time
            ? FieldInfo::tr("\"%1\" is not a time of %2 to %3 ms (\"500\", \"500 ms\", \"5 s\", \"2 min\", \"1 h\")")
            : FieldInfo::tr("\"%1\" is not a whole number from %2 to %3");
    return kind.arg(text).arg(info.minimum).arg(info.maximum);
}

QStringList parts(const QString &text)
{
    QStringList result;
    const QStringList all = text.split(u',');
    for (const QString &part : all) {
        if (const QString entry = part.trimmed(); !entry.isEmpty())
            result << entry;
    }
    return result;
}

// Stricter than QHostAddress, which takes 10 for 0.0.0.10, and 010.1.1.1 for 8.1.1.1.
bool isAddress(const QString &text)
{
    const QHostAddress address(text);
    return !address.isNull() && (address.protocol() != QAbstractSocket::IPv4Protocol || address.toString() == text);
}

bool isAddressOrSubnet(const QString &text)
{
    return isAddress(text.section(u'/', 0, 0)) && (!text.contains(u'/') || QHostAddress::parseSubnet(text).second >= 0);
}

bool isFingerprint(const QString &text)
{
    static const QRegularExpression pattern(QStringLiteral("^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$"));
    return pattern.match(text).hasMatch();
}

} // namespace

QString toText(int value, const FieldInfo &)
{
    return QString::number(value);
}

QString toText(quint16 value, const FieldInfo &)
{
    return QString::number(value);
}

QString toText(std::chrono::milliseconds value, const FieldInfo &)
{
    return QString::number(value.count());
}

QString toText(double value, const FieldInfo &)
{
    return QString::number(value, 'g', QLocale::FloatingPointShortest);
}

QString toText(bool value, const FieldInfo &)
{
    return value ? QStringLiteral("true") : QStringLiteral("false");
}

QString toText(const QString &value, const FieldInfo &)
{
    return value;
}

QString toText(const QStringList &value, const FieldInfo &)
{
    return value.join(QLatin1String(", "));
}

QString toText(const QList<QByteArray> &value, const FieldInfo &)
{
    constexpr qsizetype rawSize = 32;
    QStringList texts;
    for (const QByteArray &fingerprint : value)
        texts << QString::fromLatin1(fingerprint.size() == rawSize ? fingerprint.toHex() : fingerprint);
    return texts.join(QLatin1String(", "));
}

QString choiceText(int value, const FieldInfo &info)
{
    return value >= 0 && value < int(info.choices.size()) ? QLatin1String(info.choices[std::size_t(value)].name) : QString();
}

QString readText(const QString &text, int &value, const FieldInfo &info)
{
    bool isNumber = false;
    const int number = text.trimmed().toInt(&isNumber);
    if (!isNumber || number < info.minimum || number > info.maximum)
        return notInRange(text, info);
    value = number;
    return {};
}

QString readText(const QString &text, quint16 &value, const FieldInfo &info)
{
    int number = value;
    QString cause = readText(text, number, info);
    value = quint16(number);
    return cause;
}

QString readText(const QString &text, std::chrono::milliseconds &value, const FieldInfo &info)
{
    static const QRegularExpression pattern(QStringLiteral("^\\s*(\\d{1,10})\\s*(ms|s|min|h|)\\s*$"));
    const QRegularExpressionMatch match = pattern.match(text);
    const QString unit = match.captured(2);
    const qint64 factor = unit == QLatin1String("s") ? 1000
            : unit == QLatin1String("min")           ? 60 * 1000
            : unit == QLatin1String("h")             ? 3600 * 1000
                                                     : 1;
    const qint64 time = match.captured(1).toLongLong() * factor;
    if (!match.hasMatch() || time < info.minimum || time > info.maximum)
        return notInRange(text, info);
    value = std::chrono::milliseconds(time);
    return {};
}

QString readText(const QString &text, double &value, const FieldInfo &)
{
    bool isNumber = false;
    const double number = text.trimmed().toDouble(&isNumber);
    if (!isNumber || !(number >= 0 && number <= 1))
        return FieldInfo::tr("\"%1\" is not a number from 0 to 1").arg(text);
    value = number;
    return {};
}

QString readText(const QString &text, bool &value, const FieldInfo &)
{
    const QString word = text.trimmed().toLower();
    const bool isOn =
            QStringList{QStringLiteral("true"), QStringLiteral("on"), QStringLiteral("yes"), QStringLiteral("1")}.contains(
                    word);
    const bool isOff =
            QStringList{QStringLiteral("false"), QStringLiteral("off"), QStringLiteral("no"), QStringLiteral("0")}.contains(
                    word);
    if (!isOn && !isOff)
        return FieldInfo::tr("\"%1\" is neither true nor false").arg(text);
    value = isOn;
    return {};
}

QString readText(const QString &text, QString &value, const FieldInfo &)
{
    static const QRegularExpression blank(QStringLiteral("\\s"));
    const QString name = text.trimmed();
    if (name.contains(blank))
        return FieldInfo::tr("\"%1\" is neither a host name nor an address: it contains a space").arg(name);
    value = name;
    return {};
}

QString readText(const QString &text, QStringList &value, const FieldInfo &)
{
    const QStringList peers = parts(text);
    const auto offender = std::find_if_not(peers.begin(), peers.end(), isAddressOrSubnet);
    if (offender != peers.end())
        return FieldInfo::tr("\"%1\" is neither an address nor a subnet").arg(*offender);
    value = peers;
    return {};
}

QString readText(const QString &text, QList<QByteArray> &value, const FieldInfo &)
{
    const QStringList fingerprints = parts(text);
    const auto offender = std::find_if_not(fingerprints.begin(), fingerprints.end(), isFingerprint);
    if (offender != fingerprints.end())
        return FieldInfo::tr("\"%1\" is not a SHA-256 fingerprint of 64 hexadecimal digits").arg(*offender);
    value.clear();
    for (const QString &fingerprint : fingerprints)
        value << fingerprint.toLatin1();
    return {};
}

QString readChoice(const QString &text, int &value, const FieldInfo &info)
{
    QStringList names;
    for (const FieldChoice &choice : info.choices) {
        if (text.trimmed().compare(QLatin1String(choice.name), Qt::CaseInsensitive) == 0) {
            value = int(&choice - info.choices.data());
            return {};
        }
        names << QLatin1String(choice.name);
    }
    return FieldInfo::tr("\"%1\" is none of %2").arg(text, names.join(QLatin1String(", ")));
}

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QCoreApplication>

#include <span>

namespace Demo {

enum class FieldGroup { Peer, Listening, Stock, Times, Tls, Naming, Limits, Checks };

enum class FieldKind {
    Number,
    Time, // in milliseconds
    Share, // 0 to 1
    Switch,
    Choice,
    Text,
    Peers, // addresses and subnets, separated by commas
    Fingerprints, // of certificates, separated by commas
    Shown, // what no text can say: it is shown in a few words, and set by other means
};

// When a running pool uses a new value.
enum class FieldEffect { AtOnce, NextConnection, NextStart };

// An enumerator; its value is its place in the list.
struct FieldChoice
{
    const char *name;
    const char *label;
};

// What there is to say about a field of a pool's configuration. Texts for people are in English here, to be translated as they
// are shown.
struct FieldInfo
{
    Q_DECLARE_TR_FUNCTIONS(FieldInfo)

public:
    const char *name; // the path of the member: "host", "limits.idleTimeout"
    const char *label; // without a mnemonic: there are more fields than letters
    const char *description;
    FieldGroup group;
    FieldEffect effect = FieldEffect::AtOnce;
    int minimum = 0;
    int maximum = 0;
    const char *zero = nullptr; // what 0 means where it is no quantity
    std::span<const FieldChoice> choices{};
    bool isRequired = false; // it has no default that could work
    FieldKind kind = FieldKind::Shown; // by the member's type

    QString title() const; // the label, translated
};

QString titleOf(FieldGroup group);

// Its description, limits and default, and when it takes effect, each a sentence.
QStringList explanationOf(const FieldInfo &info, const QString &preset);

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#include "fields.h"

#include "fieldtext.h"
#include "nearmiss.h"
#include "tlssummary.h"

using namespace QNetPool;

namespace Demo {

namespace {

constexpr int mostConnections = 1000000;
constexpr int largestCapacity = 65536;
constexpr int hour = 3600 * 1000;
constexpr int day = 24 * hour;
constexpr int longestKeepAlive = 32767 * 1000; // more seconds Linux does not take
constexpr int mostThreads = 64;

constexpr FieldChoice tlsModes[] = {
        {"None", QT_TRANSLATE_NOOP("FieldInfo", "Plain TCP")},
        {"SelfSigned", QT_TRANSLATE_NOOP("FieldInfo", "Encrypted, verified by pins only")},
        {"Verified", QT_TRANSLATE_NOOP("FieldInfo", "Encrypted and verified")},
};
constexpr FieldChoice connectionModes[] = {
        {"Multi", QT_TRANSLATE_NOOP("FieldInfo", "Multi: the server names")},
        {"Single", QT_TRANSLATE_NOOP("FieldInfo", "Single: each end for itself")},
};
constexpr FieldChoice idFormats[] = {
        {"Hex", QT_TRANSLATE_NOOP("FieldInfo", "8 hexadecimal digits")},
        {"Binary", QT_TRANSLATE_NOOP("FieldInfo", "4 bytes")},
};
constexpr FieldChoice rules[] = {
        {"Stepwise", QT_TRANSLATE_NOOP("FieldInfo", "Stepwise: one a cycle")},
        {"Predictive", QT_TRANSLATE_NOOP("FieldInfo", "Predictive: ahead of the demand")},
};
constexpr FieldChoice reuses[] = {
        {"OldestFirst", QT_TRANSLATE_NOOP("FieldInfo", "Oldest first: all evenly")},
        {"NewestFirst", QT_TRANSLATE_NOOP("FieldInfo", "Newest first: a few stay busy")},
};

FieldKind kindOf(int)
{
    return FieldKind::Number;
}
FieldKind kindOf(quint16)
{
    return FieldKind::Number;
}
FieldKind kindOf(std::chrono::milliseconds)
{
    return FieldKind::Time;
}
FieldKind kindOf(double)
{
    return FieldKind::Share;
}
FieldKind kindOf(bool)
{
    return FieldKind::Switch;
}
FieldKind kindOf(const QString &)
{
    return FieldKind::Text;
}
FieldKind kindOf(const QStringList &)
{
    return FieldKind::Peers;
}
FieldKind kindOf(const QList<QByteArray> &)
{
    return FieldKind::Fingerprints;
}
template<typename Enum>
requires std::is_enum_v<Enum> FieldKind kindOf(Enum)
{
    return FieldKind::Choice;
}

// Collects the table of an end. What both ends have is written once.
template<typename Configuration> class Table
{
public:
    Table();
    std::vector<Field<Configuration>> fields;

private:
    static constexpr bool isClient = std::is_same_v<Configuration, ClientPool::Configuration>;

    using Tls = decltype(Configuration::tls);

    template<typename Value> void add(Value Configuration::*member, FieldInfo info);
    template<typename Group, typename Value> void add(Group Configuration::*group, Value Group::*member, FieldInfo info);
    template<typename Value> void show(Value Configuration::*member, FieldInfo info);
    template<typename Group, typename Value> void show(Group Configuration::*group, Value Group::*member, FieldInfo info);
    template<typename Value, typename Access> void addEditable(Access access, FieldInfo info);
    template<typename Access> void addShown(Access access, const FieldInfo &info);
    void addPeer();
    void addListening();
    void addMinimumCapacity();
    void addRule();
    void addStock();
    void addTimes();
    void addTls();
    void addPins();
    void addNaming();
    void addLimits();
    void addHandshakeLimits();
    void addLifetimes();
    void addReuse();
    void addChecks();
};

// Access returns the field of a configuration.
template<typename Configuration>
template<typename Value, typename Access>
void Table<Configuration>::addEditable(Access access, FieldInfo info)
{
    info.kind = kindOf(Value());
    fields.push_back({info, [=](const Configuration &from) { return toText(access(from), info); },
                      [=](Configuration &to, const QString &text) { return readText(text, access(to), info); }});
}

template<typename Configuration>
template<typename Value>
void Table<Configuration>::add(Value Configuration::*member, FieldInfo info)
{
    addEditable<Value>(
            [=](auto &configuration) -> auto & { return configuration.*member; }, info);
}

template<typename Configuration>
template<typename Group, typename Value>
void Table<Configuration>::add(Group Configuration::*group, Value Group::*member, FieldInfo info)
{
    addEditable<Value>(
            [=](auto &configuration) -> auto & { return configuration.*group.*member; }, info);
}

template<typename Function> QString summaryOf(const std::function<Function> &function, bool)
{
    return function ? FieldInfo::tr("set by the program") : FieldInfo::tr("none");
}

QString summaryOf(const QSslConfiguration &tls, bool isClient)
{
    return tlsSummary(tls, isClient);
}

template<typename Configuration>
template<typename Access>
void Table<Configuration>::addShown(Access access, const FieldInfo &info)
{
    fields.push_back({info, [=](const Configuration &from) { return summaryOf(access(from), isClient); },
                      [](Configuration &, const QString &) { return FieldInfo::tr("it cannot be given as text"); }});
}

template<typename Configuration>
template<typename Value>
void Table<Configuration>::show(Value Configuration::*member, FieldInfo info)
{
    addShown(
            [=](const Configuration &configuration) -> auto & { return configuration.*member; }, info);
}

template<typename Configuration>
template<typename Group, typename Value>
void Table<Configuration>::show(Group Configuration::*group, Value Group::*member, FieldInfo info)
{
    addShown(
            [=](const Configuration &configuration) -> auto & { return configuration.*group.*member; }, info);
}

template<typename Configuration> Table<Configuration>::Table()
{
    if constexpr (isClient)
        addPeer();
    else
        addListening();
    addStock();
    addTimes();
    addTls();
    addNaming();
    addLimits();
    addReuse();
    addChecks();
}

template<typename Configuration> void Table<Configuration>::addPeer()
{
    add(&Configuration::host,
        {.name = "host",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Host"),
         .description = QT_TRANSLATE_NOOP("FieldInfo", "Name or address of the peer."),
         .group = FieldGroup::Peer,
         .effect = FieldEffect::NextConnection,
         .isRequired = true});
    add(&Configuration::port,
        {.name = "port",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Port"),
         .description = QT_TRANSLATE_NOOP("FieldInfo", "Port of the peer."),
         .group = FieldGroup::Peer,
         .effect = FieldEffect::NextConnection,
         .maximum = 65535,
         .zero = QT_TRANSLATE_NOOP("FieldInfo", "not set"),
         .isRequired = true});
    show(&Configuration::dialer,
         {.name = "dialer",
          .label = QT_TRANSLATE_NOOP("FieldInfo", "Dialer"),
          .description = QT_TRANSLATE_NOOP("FieldInfo", "A function of the program that connects in place of the pool."),
          .group = FieldGroup::Peer});
}

template<typename Configuration> void Table<Configuration>::addListening()
{
    add(&Configuration::allowedPeers,
        {.name = "allowedPeers",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Allowed peers"),
         .description = QT_TRANSLATE_NOOP("FieldInfo",
                                          "Addresses (192.0.2.7) and subnets (10.0.0.0/8, 2001:db8::/32) that "
                                          "may connect, separated by commas. Empty: any."),
         .group = FieldGroup::Listening,
         .effect = FieldEffect::NextConnection});
    add(&Configuration::listenBacklog,
        {.name = "listenBacklog",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Listen backlog"),
         .description = QT_TRANSLATE_NOOP("FieldInfo",
                                          "How many connections that are not accepted yet may wait in the system's "
                                          "backlog. The system may have a lower limit."),
         .group = FieldGroup::Listening,
         .effect = FieldEffect::NextStart,
         .minimum = 1,
         .maximum = 65535});
}

template<typename Configuration> void Table<Configuration>::addMinimumCapacity()
{
    add(&Configuration::sizing, &ClientPool::Sizing::minimumCapacity,
        {.name = "sizing.minimumCapacity",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Minimum capacity"),
         .description = QT_TRANSLATE_NOOP("FieldInfo", "The least number of idle connections the pool aims at."),
         .group = FieldGroup::Stock,
         .maximum = largestCapacity,
         .zero = QT_TRANSLATE_NOOP("FieldInfo", "on demand")});
}

template<typename Configuration> void Table<Configuration>::addRule()
{
    add(&Configuration::sizing, &ClientPool::Sizing::rule,
        {.name = "sizing.rule",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Sizing rule"),
         .description = QT_TRANSLATE_NOOP("FieldInfo",
                                          "Whether the demand that was seen decides how many connections are ready, or one "
                                          "more or less each cycle."),
         .group = FieldGroup::Stock,
         .choices = rules});
    add(&Configuration::sizing, &ClientPool::Sizing::waitProbability,
        {.name = "sizing.waitProbability",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Wait probability"),
         .description = QT_TRANSLATE_NOOP("FieldInfo",
                                          "The share of calls that may have to wait for a connection. Only with the "
                                          "predictive rule."),
         .group = FieldGroup::Stock,
         .zero = QT_TRANSLATE_NOOP("FieldInfo", "refused")});
}

template<typename Configuration> void Table<Configuration>::addStock()
{
    const FieldInfo maximumCapacity{.name = isClient ? "sizing.maximumCapacity" : "maximumCapacity",
                                    .label = QT_TRANSLATE_NOOP("FieldInfo", "Maximum capacity"),
                                    .description = QT_TRANSLATE_NOOP("FieldInfo", "The largest number of idle connections."),
                                    .group = FieldGroup::Stock,
                                    .minimum = 1,
                                    .maximum = largestCapacity};
    if constexpr (!isClient) {
        add(&Configuration::maximumCapacity, maximumCapacity);
    } else {
        addMinimumCapacity();
        add(&Configuration::sizing, &ClientPool::Sizing::maximumCapacity, maximumCapacity);
        add(&Configuration::sizing, &ClientPool::Sizing::minimumInterval,
            {.name = "sizing.minimumInterval",
             .label = QT_TRANSLATE_NOOP("FieldInfo", "Minimum interval"),
             .description = QT_TRANSLATE_NOOP("FieldInfo", "The shortest pause between two cycles."),
             .group = FieldGroup::Stock,
             .minimum = 1,
             .maximum = hour});
        add(&Configuration::sizing, &ClientPool::Sizing::maximumInterval,
            {.name = "sizing.maximumInterval",
             .label = QT_TRANSLATE_NOOP("FieldInfo", "Maximum interval"),
             .description = QT_TRANSLATE_NOOP("FieldInfo", "The longest pause between two cycles."),
             .group = FieldGroup::Stock,
             .minimum = 1,
             .maximum = hour});
        add(&Configuration::sizing, &ClientPool::Sizing::maximumBackoff,
            {.name = "sizing.maximumBackoff",
             .label = QT_TRANSLATE_NOOP("FieldInfo", "Maximum backoff"),
             .description = QT_TRANSLATE_NOOP("FieldInfo",
                                              "The longest pause between two attempts while the peer cannot be "
                                              "reached. Smaller values than the maximum interval count as that."),
             .group = FieldGroup::Stock,
             .minimum = 1,
             .maximum = day});
        add(&Configuration::sizing, &ClientPool::Sizing::maximumPending,
            {.name = "sizing.maximumPending",
             .label = QT_TRANSLATE_NOOP("FieldInfo", "Maximum pending"),
             .description = QT_TRANSLATE_NOOP("FieldInfo", "How many connections are set up at the same time at most."),
             .group = FieldGroup::Stock,
             .minimum = 1,
             .maximum = largestCapacity});
        addRule();
    }
    add(&Configuration::setupThreads,
        {.name = "setupThreads",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Setup threads"),
         .description = QT_TRANSLATE_NOOP("FieldInfo",
                                          "Threads of the pool's own that set up connections: they pay where TLS "
                                          "handshakes would keep the pool's thread from its other work."),
         .group = FieldGroup::Stock,
         .effect = FieldEffect::NextConnection,
         .maximum = mostThreads,
         .zero = QT_TRANSLATE_NOOP("FieldInfo", "none")});
}

template<typename Configuration> void Table<Configuration>::addTimes()
{
    if constexpr (isClient)
        add(&Configuration::connectTimeout,
            {.name = "connectTimeout",
             .label = QT_TRANSLATE_NOOP("FieldInfo", "Connect timeout"),
             .description = QT_TRANSLATE_NOOP("FieldInfo", "Time for name lookup and TCP connect, all addresses together."),
             .group = FieldGroup::Times,
             .effect = FieldEffect::NextConnection,
             .minimum = 1,
             .maximum = hour});
    add(&Configuration::handshakeTimeout,
        {.name = "handshakeTimeout",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Handshake timeout"),
         .description = QT_TRANSLATE_NOOP("FieldInfo", "Time for the TLS handshake and the ID."),
         .group = FieldGroup::Times,
         .effect = FieldEffect::NextConnection,
         .minimum = 1,
         .maximum = hour});
    add(&Configuration::tcp, &Pool::Tcp::keepAlivePeriod,
        {.name = "tcp.keepAlivePeriod",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Keep-alive period"),
         .description = QT_TRANSLATE_NOOP("FieldInfo",
                                          "How long a connection may be silent before TCP probes it, and the time "
                                          "between two probes. Rounded up to seconds."),
         .group = FieldGroup::Times,
         .effect = FieldEffect::NextConnection,
         .maximum = longestKeepAlive,
         .zero = QT_TRANSLATE_NOOP("FieldInfo", "off")});
    add(&Configuration::tcp, &Pool::Tcp::userTimeout,
        {.name = "tcp.userTimeout",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "User timeout"),
         .description = QT_TRANSLATE_NOOP("FieldInfo",
                                          "How long sent bytes may stay unacknowledged before TCP gives the "
                                          "connection up."),
         .group = FieldGroup::Times,
         .effect = FieldEffect::NextConnection,
         .maximum = day,
         .zero = QT_TRANSLATE_NOOP("FieldInfo", "system default")});
    add(&Configuration::limits, &Pool::Limits::unclaimedTimeout,
        {.name = "limits.unclaimedTimeout",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Unclaimed timeout"),
         .description = QT_TRANSLATE_NOOP("FieldInfo",
                                          "How long the last bytes of a connection that its peer has closed wait to "
                                          "be taken by their ID."),
         .group = FieldGroup::Times,
         .maximum = day,
         .zero = QT_TRANSLATE_NOOP("FieldInfo", "not kept")});
    add(&Configuration::checkOnNetworkChange,
        {.name = "checkOnNetworkChange",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Check on network change"),
         .description = QT_TRANSLATE_NOOP("FieldInfo",
                                          "Checks the stock when the host's reachability or medium has changed, "
                                          "where Qt can tell."),
         .group = FieldGroup::Times});
}

template<typename Configuration> void Table<Configuration>::addTls()
{
    if constexpr (isClient)
        add(&Configuration::tls, &Tls::mode,
            {.name = "tls.mode",
             .label = QT_TRANSLATE_NOOP("FieldInfo", "TLS mode"),
             .description = QT_TRANSLATE_NOOP("FieldInfo", "How connections are secured."),
             .group = FieldGroup::Tls,
             .effect = FieldEffect::NextConnection,
             .choices = tlsModes});
    else
        add(&Configuration::tls, &Tls::enabled,
            {.name = "tls.enabled",
             .label = QT_TRANSLATE_NOOP("FieldInfo", "TLS"),
             .description = QT_TRANSLATE_NOOP("FieldInfo", "Whether connections are encrypted."),
             .group = FieldGroup::Tls,
             .effect = FieldEffect::NextConnection});
    show(&Configuration::tls, &Tls::configuration,
         {.name = "tls.configuration",
          .label = QT_TRANSLATE_NOOP("FieldInfo", "TLS configuration"),
          .description = QT_TRANSLATE_NOOP("FieldInfo", "Protocol, certificates and authorities."),
          .group = FieldGroup::Tls});
    add(&Configuration::tls, &Tls::allowTls12,
        {.name = "tls.allowTls12",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Allow TLS 1.2"),
         .description = QT_TRANSLATE_NOOP("FieldInfo", "Also accepts a peer that supports nothing newer than TLS 1.2."),
         .group = FieldGroup::Tls,
         .effect = FieldEffect::NextConnection});
    if constexpr (isClient)
        addPins();
}

template<typename Configuration> void Table<Configuration>::addPins()
{
    add(&Configuration::tls, &Tls::peerName,
        {.name = "tls.peerName",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Peer name"),
         .description = QT_TRANSLATE_NOOP("FieldInfo",
                                          "The name that the peer's certificate must carry where it is verified. "
                                          "Empty: the host."),
         .group = FieldGroup::Tls,
         .effect = FieldEffect::NextConnection});
    add(&Configuration::tls, &Tls::pinnedFingerprints,
        {.name = "tls.pinnedFingerprints",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Pinned fingerprints"),
         .description = QT_TRANSLATE_NOOP("FieldInfo",
                                          "SHA-256 fingerprints of the certificates that are accepted, in addition to "
                                          "other verification, 64 hexadecimal digits each, separated by commas. "
                                          "Empty: any."),
         .group = FieldGroup::Tls,
         .effect = FieldEffect::NextConnection});
}

template<typename Configuration> void Table<Configuration>::addNaming()
{
    add(&Configuration::connectionMode,
        {.name = "connectionMode",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Connection mode"),
         .description = QT_TRANSLATE_NOOP("FieldInfo", "Who names the connections. Both ends must agree."),
         .group = FieldGroup::Naming,
         .effect = FieldEffect::NextConnection,
         .choices = connectionModes});
    add(&Configuration::idFormat,
        {.name = "idFormat",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "ID format"),
         .description = QT_TRANSLATE_NOOP("FieldInfo", "How the server writes the ID in Multi mode. Both ends must agree."),
         .group = FieldGroup::Naming,
         .effect = FieldEffect::NextConnection,
         .choices = idFormats});
    if constexpr (isClient)
        add(&Configuration::dropUnexpectedBytes,
            {.name = "dropUnexpectedBytes",
             .label = QT_TRANSLATE_NOOP("FieldInfo", "Drop unexpected bytes"),
             .description =
                     QT_TRANSLATE_NOOP("FieldInfo", "In Single mode, closes an idle connection on which bytes arrive."),
             .group = FieldGroup::Naming});
}

template<typename Configuration> void Table<Configuration>::addLimits()
{
    add(&Configuration::limits, &Pool::Limits::maximumConnections,
        {.name = "limits.maximumConnections",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Maximum connections"),
         .description = QT_TRANSLATE_NOOP("FieldInfo",
                                          "How many connections there may be at most: idle, leased, unclaimed and "
                                          "being set up together."),
         .group = FieldGroup::Limits,
         .maximum = mostConnections,
         .zero = QT_TRANSLATE_NOOP("FieldInfo", "no limit")});
    add(&Configuration::limits, &Pool::Limits::maximumWaiters,
        {.name = "limits.maximumWaiters",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Maximum waiters"),
         .description = QT_TRANSLATE_NOOP("FieldInfo", "How many may wait for a connection at most; one more fails."),
         .group = FieldGroup::Limits,
         .maximum = mostConnections,
         .zero = QT_TRANSLATE_NOOP("FieldInfo", "no limit")});
    if constexpr (!isClient)
        addHandshakeLimits();
    addLifetimes();
}

template<typename Configuration> void Table<Configuration>::addHandshakeLimits()
{
    add(&Configuration::maximumPendingHandshakes,
        {.name = "maximumPendingHandshakes",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Maximum pending handshakes"),
         .description = QT_TRANSLATE_NOOP("FieldInfo", "How many TLS handshakes may be going on at the same time."),
         .group = FieldGroup::Limits,
         .maximum = mostConnections,
         .zero = QT_TRANSLATE_NOOP("FieldInfo", "no limit")});
    add(&Configuration::maximumPendingPerPeer,
        {.name = "maximumPendingPerPeer",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Maximum pending per peer"),
         .description = QT_TRANSLATE_NOOP("FieldInfo",
                                          "How many of them may be with one peer: an IPv4 address, or an IPv6 "
                                          "network of 64 bits."),
         .group = FieldGroup::Limits,
         .maximum = mostConnections,
         .zero = QT_TRANSLATE_NOOP("FieldInfo", "no limit")});
    add(&Configuration::maximumConnectionsPerPeer,
        {.name = "maximumConnectionsPerPeer",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Maximum connections per peer"),
         .description =
                 QT_TRANSLATE_NOOP("FieldInfo", "How many connections one such peer may have. The demo's client is one."),
         .group = FieldGroup::Limits,
         .maximum = mostConnections,
         .zero = QT_TRANSLATE_NOOP("FieldInfo", "no limit")});
}

template<typename Configuration> void Table<Configuration>::addLifetimes()
{
    add(&Configuration::limits, &Pool::Limits::idleTimeout,
        {.name = "limits.idleTimeout",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Idle timeout"),
         .description = QT_TRANSLATE_NOOP("FieldInfo", "How long a connection may be idle before it is closed."),
         .group = FieldGroup::Limits,
         .maximum = 7 * day,
         .zero = QT_TRANSLATE_NOOP("FieldInfo", "no limit")});
    add(&Configuration::limits, &Pool::Limits::maximumLifetime,
        {.name = "limits.maximumLifetime",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Maximum lifetime"),
         .description = QT_TRANSLATE_NOOP("FieldInfo",
                                          "How long a connection may live: an idle one is closed then, a leased one "
                                          "when it is given back."),
         .group = FieldGroup::Limits,
         .effect = FieldEffect::NextConnection,
         .maximum = 7 * day,
         .zero = QT_TRANSLATE_NOOP("FieldInfo", "no limit")});
    add(&Configuration::limits, &Pool::Limits::lifetimeSpread,
        {.name = "limits.lifetimeSpread",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Lifetime spread"),
         .description = QT_TRANSLATE_NOOP("FieldInfo",
                                          "The share of the maximum lifetime by which each connection's life is "
                                          "shortened at random, so that not all end at once."),
         .group = FieldGroup::Limits,
         .effect = FieldEffect::NextConnection,
         .zero = QT_TRANSLATE_NOOP("FieldInfo", "none")});
    add(&Configuration::limits, &Pool::Limits::leakThreshold,
        {.name = "limits.leakThreshold",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Leak threshold"),
         .description = QT_TRANSLATE_NOOP("FieldInfo", "A lease that is held for longer is reported once."),
         .group = FieldGroup::Limits,
         .maximum = 7 * day,
         .zero = QT_TRANSLATE_NOOP("FieldInfo", "never")});
}

template<typename Configuration> void Table<Configuration>::addReuse()
{
    add(&Configuration::reuse,
        {.name = "reuse",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Reuse"),
         .description = QT_TRANSLATE_NOOP("FieldInfo", "Which idle connection goes out next."),
         .group = FieldGroup::Checks,
         .choices = reuses});
}

template<typename Configuration> void Table<Configuration>::addChecks()
{
    show(&Configuration::hooks, &Pool::Hooks::validator,
         {.name = "hooks.validator",
          .label = QT_TRANSLATE_NOOP("FieldInfo", "Validator"),
          .description = QT_TRANSLATE_NOOP("FieldInfo",
                                           "A function of the program that asks the peer whether a connection still "
                                           "serves, before it goes out."),
          .group = FieldGroup::Checks});
    add(&Configuration::hooks, &Pool::Hooks::validateAfter,
        {.name = "hooks.validateAfter",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Validate after"),
         .description = QT_TRANSLATE_NOOP("FieldInfo",
                                          "Up to this time of idleness a connection goes out without being validated."),
         .group = FieldGroup::Checks,
         .maximum = day,
         .zero = QT_TRANSLATE_NOOP("FieldInfo", "always")});
    show(&Configuration::hooks, &Pool::Hooks::resetter,
         {.name = "hooks.resetter",
          .label = QT_TRANSLATE_NOOP("FieldInfo", "Resetter"),
          .description = QT_TRANSLATE_NOOP("FieldInfo",
                                           "A function of the program that resets a used connection when it is given "
                                           "back."),
          .group = FieldGroup::Checks});
    add(&Configuration::hooks, &Pool::Hooks::timeout,
        {.name = "hooks.timeout",
         .label = QT_TRANSLATE_NOOP("FieldInfo", "Hook timeout"),
         .description = QT_TRANSLATE_NOOP("FieldInfo", "Time for the validator or the resetter."),
         .group = FieldGroup::Checks,
         .minimum = 1,
         .maximum = day});
}

} // namespace

template<typename Configuration> const std::vector<Field<Configuration>> &fields()
{
    static const Table<Configuration> table;
    return table.fields;
}

template<typename Configuration> QStringList fieldNames()
{
    QStringList names;
    for (const Field<Configuration> &field : fields<Configuration>())
        names << QLatin1String(field.info.name);
    return names;
}

template<typename Configuration> QString fullName(const QString &name)
{
    QStringList meant;
    const QStringList names = fieldNames<Configuration>();
    for (const QString &known : names) {
        if (known == name)
            return name;
        if (known.section(u'.', -1) == name)
            meant << known;
    }
    return meant.size() == 1 ? meant.constFirst() : name;
}

template<typename Configuration>
bool setField(Configuration &configuration, const QString &givenName, const QString &text, QString *problem)
{
    const QString name = fullName<Configuration>(givenName);
    for (const Field<Configuration> &field : fields<Configuration>()) {
        if (name != QLatin1String(field.info.name))
            continue;
        const QString cause = field.setText(configuration, text);
        if (!cause.isEmpty())
            *problem = QStringLiteral("%1: %2").arg(name, cause);
        return cause.isEmpty();
    }
    *problem = FieldInfo::tr("\"%1\" is not a field of the configuration").arg(name);
    const QStringList meant = nearMisses(name, fieldNames<Configuration>());
    if (!meant.isEmpty())
        *problem += FieldInfo::tr(" (perhaps %1)").arg(meant.join(QLatin1String(", ")));
    return false;
}

template<typename Configuration> QVariantMap toSettings(const Configuration &configuration)
{
    QVariantMap settings;
    for (const Field<Configuration> &field : fields<Configuration>()) {
        if (field.info.kind != FieldKind::Shown)
            settings.insert(QLatin1String(field.info.name), field.text(configuration));
    }
    return settings;
}

template<typename Configuration> Configuration fromSettings(const QVariantMap &settings, Configuration base)
{
    QString problem; // ignored: settings that cannot be read were edited by hand, or are of another version
    for (auto setting = settings.cbegin(); setting != settings.cend(); ++setting) {
        // An INI file turns unquoted commas into a list.
        const bool isList = setting->typeId() == QMetaType::QStringList || setting->typeId() == QMetaType::QVariantList;
        if (isList || setting->canConvert<QString>())
            setField(base, setting.key(), isList ? setting->toStringList().join(u',') : setting->toString(), &problem);
    }
    return base;
}

#define DEMO_FIELDS_OF(Pool)                                                                                                \
    template const std::vector<Field<Pool::Configuration>> &fields();                                                       \
    template QStringList fieldNames<Pool::Configuration>();                                                                 \
    template QString fullName<Pool::Configuration>(const QString &);                                                        \
    template bool setField(Pool::Configuration &, const QString &, const QString &, QString *);                             \
    template QVariantMap toSettings(const Pool::Configuration &);                                                           \
    template Pool::Configuration fromSettings(const QVariantMap &, Pool::Configuration);
DEMO_FIELDS_OF(ClientPool)
DEMO_FIELDS_OF(ServerPool)
#undef DEMO_FIELDS_OF

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#include "commandline.h"

#include "engine/credentials.h"
#include "engine/fields.h"
#include "fieldlist.h"
#include "options.h"

#include <QNetPool/Version>

#include <QtCore/QCommandLineParser>
#include <QtNetwork/QHostAddress>

#include <cstdio>

using namespace QNetPool;

namespace Demo {

namespace {

constexpr int longestRun = 30 * 24 * 3600;
constexpr double highestRate = 100000;
constexpr int longestHold = 4000; // less than Settings::exchangeTimeout

// Options that set one field of the client's configuration each.
struct Shorthand
{
    const char *option;
    const char *field;
};
constexpr Shorthand sizes[] = {
        {"min", "sizing.minimumCapacity"},
        {"max", "sizing.maximumCapacity"},
        {"min-interval", "sizing.minimumInterval"},
        {"max-interval", "sizing.maximumInterval"},
};

constexpr QLatin1String peerName("tls.peerName");
constexpr QLatin1String pinnedFingerprints("tls.pinnedFingerprints");
constexpr QLatin1String idFormat("idFormat");

// The option that sets the same field of the client as --client would; null if there is none.
const char *shorthandOf(const QString &field)
{
    for (const Shorthand &shorthand : sizes) {
        if (field == QLatin1String(shorthand.field))
            return shorthand.option;
    }
    return field == pinnedFingerprints ? "pin" : field == peerName ? "peer-name" : nullptr;
}

// The limit that was not given follows the one that was.
template<typename Number> void makeRoom(Number &minimum, Number &maximum, bool isMinimumGiven, bool isMaximumGiven)
{
    if (minimum <= maximum || isMinimumGiven == isMaximumGiven)
        return;
    (isMinimumGiven ? maximum : minimum) = isMinimumGiven ? minimum : maximum;
}

// Reads the options, and keeps the first problem.
class Reader
{
public:
    explicit Reader(const QCommandLineParser &parser) : m_parser(parser) { }

    CommandLine read();
    QString problem() const { return m_problem; }

private:
    void readEnds(Settings &settings);
    void readServer(Settings &settings);
    void readClient(Settings &settings);
    void readServerTls(Settings &settings);
    void readClientTls(Settings &settings);
    void readPins(Settings &settings);
    void readWindow(CommandLine &commandLine);
    void readScenario(CommandLine &commandLine);
    void readLoad(Settings &settings);
    void readFields(Settings &settings);
    template<typename Configuration> void readFields(const char *option, Configuration &configuration);
    template<typename Configuration>
    void set(const char *option, Configuration &configuration, const QString &field, const QString &value);
    void refuseUseless(const Settings &settings);
    void askPools(const Settings &settings);

    bool isSet(const char *name) const { return m_parser.isSet(QLatin1String(name)); }
    QString value(const char *name) const { return m_parser.value(QLatin1String(name)); }
    template<typename Number> Number number(const char *name, Number least, Number most);
    Endpoint endpoint(const char *name);
    Endpoint listenEndpoint(const char *name);
    Endpoint portAfter(const Endpoint &data);
    void onlyIf(bool applies, std::initializer_list<const char *> names, const char *condition);
    void refuse(const char *name, const QString &cause);

    const QCommandLineParser &m_parser;
    std::map<QString, const char *> m_clientFields; // that are given, by their full names, and by which option
    QString m_problem;
};

void Reader::refuse(const char *name, const QString &cause)
{
    if (m_problem.isEmpty())
        m_problem = QStringLiteral("--%1: %2").arg(QLatin1String(name), cause);
}

void Reader::onlyIf(bool applies, std::initializer_list<const char *> names, const char *condition)
{
    for (const char *name : names) {
        if (!applies && isSet(name))
            refuse(name, QStringLiteral("it only applies %1").arg(QLatin1String(condition)));
    }
}

template<typename Number> Number Reader::number(const char *name, Number least, Number most)
{
    bool isNumber = false;
    Number result;
    if constexpr (std::is_integral_v<Number>)
        result = value(name).toInt(&isNumber);
    else
        result = value(name).toDouble(&isNumber);
    if (isNumber && result >= least && result <= most)
        return result;
    const QLatin1String kind(std::is_integral_v<Number> ? "a whole number" : "a number");
    refuse(name, QStringLiteral("\"%1\" is not %2 from %3 to %4").arg(value(name), kind).arg(least).arg(most));
    return least;
}

Endpoint Reader::endpoint(const char *name)
{
    const std::optional<Endpoint> result = Endpoint::fromString(value(name));
    if (!result)
        refuse(name, QStringLiteral("\"%1\" is not host:port (write an IPv6 address as [address]:port)").arg(value(name)));
    return result.value_or(Endpoint());
}

Endpoint Reader::listenEndpoint(const char *name)
{
    const std::optional<Endpoint> result = Endpoint::fromString(value(name));
    if (!result || QHostAddress(result->host).isNull())
        refuse(name,
               QStringLiteral("\"%1\" is not address:port, with an IP address of this machine (IPv6: [address]:port)")
                       .arg(value(name)));
    return result.value_or(Endpoint());
}

Endpoint Reader::portAfter(const Endpoint &data)
{
    if (data.port == 65535)
        refuse("control", QStringLiteral("it must be given, as there is no port after 65535"));
    return {data.host, quint16(data.port ? data.port + 1 : 0)};
}

void Reader::readEnds(Settings &settings)
{
    const QString role = value("role");
    settings.client.connectionMode = settings.server.connectionMode =
            isSet("single") ? ConnectionMode::Single : ConnectionMode::Multi;
    settings.client.tls.mode = TlsMode(number("tls", 0, 2));
    if (role == QLatin1String("server"))
        readServer(settings);
    else if (role == QLatin1String("client"))
        readClient(settings);
    else if (role != QLatin1String("both"))
        refuse("role", QStringLiteral("\"%1\" is neither server nor client").arg(role));
    onlyIf(settings.role == Role::Server, {"listen"}, "with --role server");
    onlyIf(settings.role == Role::Client, {"connect"}, "with --role client");
    onlyIf(settings.role != Role::Both && settings.isMulti(), {"control"}, "with --role and without --single");
}

void Reader::readServer(Settings &settings)
{
    settings.role = Role::Server;
    if (!isSet("listen"))
        return refuse("role", QStringLiteral("a server needs --listen ADDR:PORT"));
    settings.data = listenEndpoint("listen");
    if (settings.isMulti())
        settings.control = isSet("control") ? listenEndpoint("control") : portAfter(settings.data);
}

void Reader::readClient(Settings &settings)
{
    settings.role = Role::Client;
    if (!isSet("connect"))
        return refuse("role", QStringLiteral("a client needs --connect HOST:PORT"));
    settings.data = endpoint("connect");
    if (settings.isMulti())
        settings.control = isSet("control") ? endpoint("control") : portAfter(settings.data);
    if (isSet("control") && settings.control.port == 0)
        refuse("control", QStringLiteral("nothing can be reached on port 0"));
}

void Reader::readServerTls(Settings &settings)
{
    onlyIf(settings.client.tls.mode != TlsMode::None && settings.hasServer(), {"cert", "key"},
           "with --tls and at the server's end");
    if (settings.client.tls.mode == TlsMode::None || !settings.hasServer())
        return;
    if (isSet("cert") != isSet("key"))
        return refuse(isSet("cert") ? "cert" : "key", QStringLiteral("--cert and --key go together"));
    const bool isSelfSigned = settings.client.tls.mode == TlsMode::SelfSigned;
    QString cause;
    const auto chain = readCertificates(isSet("cert") ? value("cert") : BuiltIn::certificate(isSelfSigned), &cause);
    if (chain.isEmpty())
        return refuse("cert", cause);
    const QSslKey key = readPrivateKey(isSet("key") ? value("key") : BuiltIn::privateKey(isSelfSigned), &cause);
    if (key.isNull())
        return refuse("key", cause);
    settings.server.tls.enabled = true;
    settings.server.tls.configuration = showing(chain, key);
}

void Reader::readClientTls(Settings &settings)
{
    const bool isVerified = settings.client.tls.mode == TlsMode::Verified && settings.hasClient();
    onlyIf(isVerified, {"ca", "peer-name"}, "with --tls 2 and at the client's end");
    onlyIf(settings.client.tls.mode != TlsMode::None && settings.hasClient(), {"pin"}, "with --tls and at the client's end");
    readPins(settings);
    if (!isVerified)
        return;
    QString cause;
    const auto authorities = readCertificates(isSet("ca") ? value("ca") : BuiltIn::authority(), &cause);
    if (authorities.isEmpty())
        return refuse("ca", cause);
    settings.client.tls.configuration = trusting(authorities);
    settings.client.tls.peerName = value("peer-name");
    if (settings.client.tls.peerName.isEmpty() && !isSet("ca"))
        settings.client.tls.peerName = QStringLiteral("localhost"); // the built-in certificate's
}

void Reader::readPins(Settings &settings)
{
    QString problem;
    if (!setField(settings.client, pinnedFingerprints, m_parser.values(QStringLiteral("pin")).join(u','), &problem))
        refuse("pin", problem);
}

template<typename Configuration>
void Reader::set(const char *option, Configuration &configuration, const QString &field, const QString &value)
{
    constexpr bool isClient = std::is_same_v<Configuration, ClientPool::Configuration>;
    using Other = std::conditional_t<isClient, ServerPool::Configuration, ClientPool::Configuration>;
    const bool isKnown = fieldNames<Configuration>().contains(field);
    if (!isKnown && fieldNames<Other>().contains(fullName<Other>(field)))
        return refuse(
                option,
                QStringLiteral("%1: only --%2 has this field").arg(field, QLatin1String(isClient ? "server" : "client")));
    if (const char *cause = isKnown ? causeNotToSet(field) : nullptr)
        return refuse(option, QStringLiteral("%1: %2").arg(field, QLatin1String(cause)));
    if (isKnown && value.trimmed().isEmpty()) // an unset variable of a shell, perhaps, that would lift a limit
        return refuse(option, QStringLiteral("%1: no value is given").arg(field));
    QString problem;
    if (!setField(configuration, field, value, &problem))
        return refuse(option, problem);
    if (isClient)
        m_clientFields.emplace(field, option);
}

template<typename Configuration> void Reader::readFields(const char *option, Configuration &configuration)
{
    QStringList given;
    const QStringList texts = m_parser.values(QLatin1String(option));
    for (const QString &text : texts) {
        const QString field = fullName<Configuration>(text.section(u'=', 0, 0).trimmed());
        if (field.isEmpty() || !text.contains(u'='))
            return refuse(option, QStringLiteral("\"%1\" is not FIELD=VALUE; --fields shows the fields").arg(text));
        if (given.contains(field))
            return refuse(option, QStringLiteral("%1: it is given more than once").arg(field));
        given << field;
        set(option, configuration, field, text.section(u'=', 1));
    }
}

void Reader::readFields(Settings &settings)
{
    onlyIf(settings.hasClient(), {"client", "min", "max", "min-interval", "max-interval"}, "at a client's end");
    onlyIf(settings.hasServer(), {"server"}, "at a server's end");
    ClientPool::Configuration &client = settings.client;
    readFields("client", client);
    for (const auto &[field, option] : m_clientFields) {
        if (const char *shorthand = shorthandOf(field); shorthand && isSet(shorthand))
            refuse(option, QStringLiteral("%1: --%2 sets it, too").arg(field, QLatin1String(shorthand)));
    }
    for (const Shorthand &shorthand : sizes) {
        if (isSet(shorthand.option))
            set(shorthand.option, client, QLatin1String(shorthand.field), value(shorthand.option));
    }
    readFields("server", settings.server);
    const auto isGiven = [this](const char *field) { return m_clientFields.count(QLatin1String(field)) > 0; };
    ClientPool::Sizing &sizing = client.sizing;
    makeRoom(sizing.minimumCapacity, sizing.maximumCapacity, isGiven("sizing.minimumCapacity"),
             isGiven("sizing.maximumCapacity"));
    makeRoom(sizing.minimumInterval, sizing.maximumInterval, isGiven("sizing.minimumInterval"),
             isGiven("sizing.maximumInterval"));
    refuseUseless(settings);
    askPools(settings);
}

// Fields that have no effect with the other options, or that the other end would contradict.
void Reader::refuseUseless(const Settings &settings)
{
    const ClientPool::Configuration &client = settings.client;
    if (m_clientFields.count(peerName) && client.tls.mode != TlsMode::Verified)
        refuse("client", QStringLiteral("%1: it only applies with --tls 2").arg(peerName));
    if (m_clientFields.count(pinnedFingerprints) && client.tls.mode == TlsMode::None)
        refuse("client", QStringLiteral("%1: they only apply with --tls").arg(pinnedFingerprints));
    if (settings.role == Role::Both && client.idFormat != settings.server.idFormat)
        refuse(m_clientFields.count(idFormat) ? "client" : "server",
               QStringLiteral("%1: both ends must agree, so give it to --client and to --server").arg(idFormat));
}

// What they would refuse as they start is refused before anything starts, in the same words.
void Reader::askPools(const Settings &settings)
{
    ClientPool::Configuration client = settings.client;
    client.host = settings.data.host;
    client.port = settings.role == Role::Client ? settings.data.port : 1; // that of the server here is not known yet
    const QStringList ofClient = settings.hasClient() ? ClientPool::problems(client) : QStringList();
    const QStringList ofServer = settings.hasServer() ? ServerPool::problems(settings.server) : QStringList();
    if (m_problem.isEmpty() && !ofClient.isEmpty())
        m_problem = QStringLiteral("client: ") + ofClient.constFirst();
    if (m_problem.isEmpty() && !ofServer.isEmpty())
        m_problem = QStringLiteral("server: ") + ofServer.constFirst();
}

void Reader::readLoad(Settings &settings)
{
    settings.load.rate = number("rate", 0.0, highestRate);
    settings.load.hold = std::chrono::milliseconds(number("hold", 0, longestHold));
}

void Reader::readWindow(CommandLine &commandLine)
{
    commandLine.theme = value("theme");
    if (!QStringList{QStringLiteral("system"), QStringLiteral("light"), QStringLiteral("dark")}.contains(commandLine.theme))
        refuse("theme", QStringLiteral("\"%1\" is neither system, light nor dark").arg(commandLine.theme));
    commandLine.screenshot = value("screenshot");
    commandLine.screenshotAfter = std::chrono::seconds(number("after", 1, longestRun));
    onlyIf(isSet("screenshot"), {"after"}, "with --screenshot");
    if (isSet("screenshot") && commandLine.duration.count() > 0 && commandLine.screenshotAfter > commandLine.duration)
        refuse("after", QStringLiteral("the program ends before, by --seconds"));
    if (isSet("language"))
        commandLine.locale = QLocale(value("language"));
    commandLine.measuresFrames = isSet("measure-frames");
    onlyIf(!isSet("headless"), {"theme", "language", "screenshot", "measure-frames"}, "without --headless");
}

void Reader::readScenario(CommandLine &commandLine)
{
    if (!isSet("scenario"))
        return;
    const Scenario *scenario = findScenario(value("scenario"));
    if (!scenario)
        return refuse("scenario", QStringLiteral("\"%1\" is none of %2").arg(value("scenario"), scenarioNames()));
    if (!commandLine.settings.hasServer())
        return refuse("scenario", QStringLiteral("it happens at the server's end"));
    if (commandLine.settings.client.tls.mode < scenario->tlsMode)
        return refuse("scenario", QStringLiteral("%1 needs --tls %2").arg(scenario->name).arg(int(scenario->tlsMode)));
    commandLine.scenario = *scenario;
    if (isSet("rate"))
        commandLine.scenario->load.rate = commandLine.settings.load.rate;
    if (isSet("hold"))
        commandLine.scenario->load.hold = commandLine.settings.load.hold;
    if (!isSet("seconds") && isSet("headless")) // a window stays open
        commandLine.duration = scenario->duration;
}

CommandLine Reader::read()
{
    CommandLine result;
    readEnds(result.settings);
    readServerTls(result.settings);
    readClientTls(result.settings);
    readFields(result.settings);
    readLoad(result.settings);
    result.duration = std::chrono::seconds(number("seconds", 0, longestRun));
    const QStringList names = m_parser.optionNames();
    result.hasPoolOptions = !std::all_of(names.begin(), names.end(), [](const QString &name) {
        static const QStringList others{QStringLiteral("seconds"),  QStringLiteral("theme"),
                                        QStringLiteral("language"), QStringLiteral("screenshot"),
                                        QStringLiteral("after"),    QStringLiteral("measure-frames")};
        return others.contains(name);
    });
    readScenario(result);
    readWindow(result);
    return result;
}

// The text of an option that asks for one in place of a run.
QString answerTo(const QCommandLineParser &parser)
{
    if (parser.isSet(QStringLiteral("help")))
        return helpText();
    if (parser.isSet(QStringLiteral("version")))
        return QStringLiteral("qnetpool-demo " QNETPOOL_VERSION_STR "\n");
    if (parser.isSet(QStringLiteral("fields")))
        return fieldList();
    return {};
}

} // namespace

std::optional<CommandLine> CommandLine::fromArguments(const QStringList &arguments, QString *problem)
{
    problem->clear();
    QCommandLineParser parser;
    const QList<OptionGroup> groups = optionGroups();
    for (const OptionGroup &group : groups)
        parser.addOptions(group.options);
    if (!parser.parse(arguments)) {
        *problem = parser.errorText();
        return std::nullopt;
    }
    if (const QString text = answerTo(parser); !text.isEmpty()) {
        std::fputs(qPrintable(text), stdout);
        return std::nullopt;
    }
    if (!parser.positionalArguments().isEmpty()) {
        *problem = QStringLiteral("\"%1\" is not an option").arg(parser.positionalArguments().constFirst());
        return std::nullopt;
    }
    Reader reader(parser);
    const CommandLine result = reader.read();
    *problem = reader.problem();
    return problem->isEmpty() ? std::optional(result) : std::nullopt;
}

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#include "commandline.h"

#include "engine/credentials.h"
#include "engine/fields.h"
#include "fieldlist.h"
#include "options.h"

#include <QtCore/QCommandLineParser>
#include <QtCore/QRegularExpression>
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
        {"min", "minimumCapacity"},
        {"max", "maximumCapacity"},
        {"min-interval", "minimumInterval"},
        {"max-interval", "maximumInterval"},
};

// The name of an option that does what --client would do with the field; null if there is none.
const char *shorthandOf(const QString &field)
{
    for (const Shorthand &shorthand : sizes) {
        if (field == QLatin1String(shorthand.field))
            return shorthand.option;
    }
    return field == QLatin1String("pinnedFingerprints") ? "pin" : field == QLatin1String("peerName") ? "peer-name" : nullptr;
}

// One that was not asked for makes room for the one that was.
template<typename Number> void makeRoom(Number &minimum, Number &maximum, bool isMinimumGiven, bool isMaximumGiven)
{
    if (minimum <= maximum || isMinimumGiven == isMaximumGiven)
        return;
    (isMinimumGiven ? maximum : minimum) = isMinimumGiven ? minimum : maximum;
}

// Reads what the options say, and keeps the first problem that it meets.
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
    void refuse(const FieldProblems &problems, const char *option);

    bool isSet(const char *name) const { return m_parser.isSet(QLatin1String(name)); }
    QString value(const char *name) const { return m_parser.value(QLatin1String(name)); }
    template<typename Number> Number number(const char *name, Number least, Number most);
    Endpoint endpoint(const char *name);
    Endpoint listenEndpoint(const char *name);
    Endpoint portAfter(const Endpoint &data);
    void onlyIf(bool applies, std::initializer_list<const char *> names, const char *condition);
    void refuse(const char *name, const QString &cause);

    const QCommandLineParser &m_parser;
    std::map<QString, const char *> m_clientFields; // that are given, and by which option
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
            refuse(name, QStringLiteral("it is of use %1 only").arg(QLatin1String(condition)));
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
    else if (result->port == 0)
        refuse(name, QStringLiteral("nothing can be reached on port 0"));
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
    settings.client.tlsMode = TlsMode(number("tls", 0, 2));
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
}

void Reader::readServerTls(Settings &settings)
{
    onlyIf(settings.client.tlsMode != TlsMode::None && settings.hasServer(), {"cert", "key"},
           "with --tls and at the server's end");
    if (settings.client.tlsMode == TlsMode::None || !settings.hasServer())
        return;
    if (isSet("cert") != isSet("key"))
        return refuse(isSet("cert") ? "cert" : "key", QStringLiteral("--cert and --key go together"));
    const bool isSelfSigned = settings.client.tlsMode == TlsMode::SelfSigned;
    QString cause;
    const auto chain = readCertificates(isSet("cert") ? value("cert") : BuiltIn::certificate(isSelfSigned), &cause);
    if (chain.isEmpty())
        return refuse("cert", cause);
    const QSslKey key = readPrivateKey(isSet("key") ? value("key") : BuiltIn::privateKey(isSelfSigned), &cause);
    if (key.isNull())
        return refuse("key", cause);
    settings.server.sslConfiguration = showing(chain, key);
}

void Reader::readClientTls(Settings &settings)
{
    const bool isVerified = settings.client.tlsMode == TlsMode::Verified && settings.hasClient();
    onlyIf(isVerified, {"ca", "peer-name"}, "with --tls 2 and at the client's end");
    onlyIf(settings.client.tlsMode == TlsMode::SelfSigned && settings.hasClient(), {"pin"},
           "with --tls 1 and at the client's end");
    readPins(settings);
    if (!isVerified)
        return;
    QString cause;
    const auto authorities = readCertificates(isSet("ca") ? value("ca") : BuiltIn::authority(), &cause);
    if (authorities.isEmpty())
        return refuse("ca", cause);
    settings.client.sslConfiguration = trusting(authorities);
    settings.client.peerName = value("peer-name");
    if (settings.client.peerName.isEmpty() && !isSet("ca"))
        settings.client.peerName = QStringLiteral("localhost"); // the built-in certificate's
}

void Reader::readPins(Settings &settings)
{
    static const QRegularExpression fingerprint(QStringLiteral("^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$"));
    const QStringList pins = m_parser.values(QStringLiteral("pin"));
    for (const QString &pin : pins) {
        if (!fingerprint.match(pin).hasMatch())
            refuse("pin", QStringLiteral("\"%1\" is not a SHA-256 fingerprint of 64 hexadecimal digits").arg(pin));
        settings.client.pinnedFingerprints << pin.toLatin1();
    }
}

template<typename Configuration>
void Reader::set(const char *option, Configuration &configuration, const QString &field, const QString &value)
{
    constexpr bool isClient = std::is_same_v<Configuration, ClientPool::Configuration>;
    using Other = std::conditional_t<isClient, ServerPool::Configuration, ClientPool::Configuration>;
    const bool isKnown = fieldNames<Configuration>().contains(field);
    if (!isKnown && fieldNames<Other>().contains(field))
        return refuse(
                option,
                QStringLiteral("%1: only --%2 has this field").arg(field, QLatin1String(isClient ? "server" : "client")));
    if (const char *cause = isKnown ? causeNotToSet(field) : nullptr)
        return refuse(option, QStringLiteral("%1: %2").arg(field, QLatin1String(cause)));
    if (isKnown && value.trimmed().isEmpty()) // of a shell's variable that is not set, perhaps, which would lift a limit
        return refuse(option, QStringLiteral("%1: it is given no value").arg(field));
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
        const QString field = text.section(u'=', 0, 0).trimmed();
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
            refuse(option, QStringLiteral("%1: --%2 says it, too").arg(field, QLatin1String(shorthand)));
    }
    for (const Shorthand &shorthand : sizes) {
        if (isSet(shorthand.option))
            set(shorthand.option, client, QLatin1String(shorthand.field), value(shorthand.option));
    }
    readFields("server", settings.server);
    const auto isGiven = [this](const char *field) { return m_clientFields.count(QLatin1String(field)) > 0; };
    makeRoom(client.minimumCapacity, client.maximumCapacity, isGiven("minimumCapacity"), isGiven("maximumCapacity"));
    makeRoom(client.minimumInterval, client.maximumInterval, isGiven("minimumInterval"), isGiven("maximumInterval"));
    refuseUseless(settings);
}

// What each field may say by itself, and yet cannot work.
void Reader::refuseUseless(const Settings &settings)
{
    const ClientPool::Configuration &client = settings.client;
    if (m_clientFields.count(QStringLiteral("peerName")) && client.tlsMode != TlsMode::Verified)
        refuse("client", QStringLiteral("peerName: it is of use with --tls 2 only"));
    if (m_clientFields.count(QStringLiteral("pinnedFingerprints")) && client.tlsMode != TlsMode::SelfSigned)
        refuse("client", QStringLiteral("pinnedFingerprints: they are of use with --tls 1 only"));
    if (settings.role == Role::Both && client.idFormat != settings.server.idFormat)
        refuse(m_clientFields.count(QStringLiteral("idFormat")) ? "client" : "server",
               QStringLiteral("idFormat: both ends must agree, so give it to --client and to --server"));
    FieldProblems problems = problemsOf(client);
    problems.erase(QStringLiteral("host")); // where the server is, the client hears when it starts
    problems.erase(QStringLiteral("port"));
    if (settings.hasClient())
        refuse(problems, "client");
    if (settings.hasServer())
        refuse(problemsOf(settings.server), "server");
}

void Reader::refuse(const FieldProblems &problems, const char *option)
{
    for (const auto &[field, cause] : problems) {
        const auto given = m_clientFields.find(field);
        const bool isByOther = given != m_clientFields.end() && qstrcmp(option, "client") == 0;
        refuse(isByOther ? given->second : option, QStringLiteral("%1: %2").arg(field, cause));
    }
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
    if (commandLine.settings.client.tlsMode < scenario->tlsMode)
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

// What is asked for in place of a run.
QString answerTo(const QCommandLineParser &parser)
{
    if (parser.isSet(QStringLiteral("help")))
        return helpText();
    if (parser.isSet(QStringLiteral("version")))
        return QStringLiteral("qnetpool-demo " QNETPOOL_VERSION "\n");
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

// SPDX-License-Identifier: BSD-3-Clause
#include "commandline.h"

#include "engine/credentials.h"

#include <QtCore/QCommandLineParser>
#include <QtCore/QRegularExpression>
#include <QtNetwork/QHostAddress>

#include <cstdio>

using namespace QNetPool;

namespace Demo {

namespace {

constexpr int largestCapacity = 65536;
constexpr int longestInterval = 3600 * 1000;
constexpr int longestRun = 30 * 24 * 3600;
constexpr double highestRate = 100000;
constexpr int longestHold = 4000; // less than Settings::exchangeTimeout

constexpr char description[] =
        "Shows pools of ready TCP and TLS connections at work.\n\n"
        "A server pool and a client pool, on loopback unless --role says otherwise, exchange checked messages over pooled "
        "connections. In multi mode the server end takes a connection, tells the other end its ID over a control channel, "
        "and asks; the client end takes the connection with that ID and answers. In single mode (--single) the client end "
        "asks, and there is no control channel.\n\n"
        "Every second a line tells how it goes; the last line is a JSON object with the totals. The exit code is 0 if no "
        "exchange failed, 1 if some did, 2 if the program could not start.";

QString scenarioNames()
{
    QStringList names;
    for (const Scenario &scenario : scenarios())
        names << scenario.name;
    return names.join(QStringLiteral(", "));
}

QList<QCommandLineOption> allOptions()
{
    const auto option = [](const char *name, const char *text, const char *value = "", const char *preset = "") {
        return QCommandLineOption(QLatin1String(name), QLatin1String(text), QLatin1String(value), QLatin1String(preset));
    };
    return {
            option("headless", "Run in the terminal, without a window."),
            option("seconds", "Time to run for; 0: until Ctrl+C or SIGTERM. Default: 0.", "n", "0"),
            option("rate", "Exchanges begun a second; 0: none. Default: 20.", "n", "20"),
            option("hold", "How long an answer takes, for which both ends hold a connection. Default: 0.", "ms", "0"),
            QCommandLineOption(QStringLiteral("scenario"), QStringLiteral("Go through a scenario: %1.").arg(scenarioNames()),
                               QStringLiteral("name")),
            option("single", "Single mode: each end names its connections for itself, and nothing is sent to set them up."),
            option("tls", "0: plain TCP. 1: encrypted, server not verified unless --pin is given. 2: verified. Default: 0.",
                   "mode", "0"),
            option("min", "The least number of idle connections that the client pool aims at. Default: 5.", "n", "5"),
            option("max", "The largest number of them. Default: 20.", "n", "20"),
            option("min-interval", "The shortest pause between two cycles of the client pool. Default: 100.", "ms", "100"),
            option("max-interval", "The longest pause between them. Default: 1000.", "ms", "1000"),
            option("theme", "The window's colours: system, light or dark. Default: system.", "name", "system"),
            option("language", "The window's language: zh_CN, en. Default: the system's.", "name"),
            option("screenshot", "Save a picture of the window in this file, and end.", "file"),
            option("after", "When to do that. Default: 5.", "seconds", "5"),
            option("measure-frames", "Print the JSON object at the end, with the times for which the window was busy."),
            option("role", "Run one end only: server or client. Default: both.", "role", "both"),
            option("listen", "Where --role server listens.", "addr:port"),
            option("connect", "What --role client connects to.", "host:port"),
            option("control",
                   "Where --role server announces IDs and --role client hears them. Default: the port after that of the "
                   "connections.",
                   "addr:port"),
            option("cert", "The server's certificate chain, PEM. Default: a built-in one whose key is public.", "file"),
            option("key", "The key of --cert, PEM.", "file"),
            option("ca",
                   "The authorities that the client trusts with --tls 2, PEM. Default: that of the built-in certificate.",
                   "file"),
            option("peer-name",
                   "The name that the server's certificate must carry with --tls 2. Default: the host with --ca, "
                   "else localhost.",
                   "name"),
            option("pin",
                   "SHA-256 fingerprint of a certificate that the client accepts with --tls 1. May be given more than once.",
                   "fingerprint"),
    };
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
    void readSizes(Settings &settings);
    void readWindow(CommandLine &commandLine);
    void readScenario(CommandLine &commandLine);
    void readRange(const char *least, const char *most, int limit, int &minimum, int &maximum);

    bool isSet(const char *name) const { return m_parser.isSet(QLatin1String(name)); }
    QString value(const char *name) const { return m_parser.value(QLatin1String(name)); }
    template<typename Number> Number number(const char *name, Number least, Number most);
    Endpoint endpoint(const char *name);
    Endpoint listenEndpoint(const char *name);
    Endpoint portAfter(const Endpoint &data);
    void onlyIf(bool applies, std::initializer_list<const char *> names, const char *condition);
    void refuse(const char *name, const QString &cause);

    const QCommandLineParser &m_parser;
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

void Reader::readRange(const char *least, const char *most, int limit, int &minimum, int &maximum)
{
    minimum = number(least, 1, limit);
    maximum = number(most, 1, limit);
    if (minimum <= maximum)
        return;
    // One that was not asked for makes room for the one that was.
    if (!isSet(most))
        maximum = minimum;
    else if (!isSet(least))
        minimum = maximum;
    else
        refuse(least, QStringLiteral("%1 is more than the %2 of --%3").arg(minimum).arg(maximum).arg(QLatin1String(most)));
}

void Reader::readSizes(Settings &settings)
{
    readRange("min", "max", largestCapacity, settings.client.minimumCapacity, settings.client.maximumCapacity);
    int minimum = 0;
    int maximum = 0;
    readRange("min-interval", "max-interval", longestInterval, minimum, maximum);
    settings.client.minimumInterval = std::chrono::milliseconds(minimum);
    settings.client.maximumInterval = std::chrono::milliseconds(maximum);
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
    if (isSet("screenshot") && isSet("seconds") && commandLine.screenshotAfter > commandLine.duration)
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
    readSizes(result.settings);
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

} // namespace

std::optional<CommandLine> CommandLine::fromArguments(const QStringList &arguments, QString *problem)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(QLatin1String(description));
    const QCommandLineOption help = parser.addHelpOption();
    const QCommandLineOption version = parser.addVersionOption();
    parser.addOptions(allOptions());
    if (!parser.parse(arguments)) {
        *problem = parser.errorText();
        return std::nullopt;
    }
    if (parser.isSet(help) || parser.isSet(QStringLiteral("help-all"))) {
        std::fputs(qPrintable(parser.helpText()), stdout);
        return std::nullopt;
    }
    if (parser.isSet(version)) {
        std::puts("qnetpool-demo " QNETPOOL_VERSION);
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

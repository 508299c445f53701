// SPDX-License-Identifier: BSD-3-Clause
#include "options.h"

#include "engine/scenario.h"
#include "helpentry.h"

namespace Demo {

namespace {

QCommandLineOption option(const char *name, const char *text, const char *value = "", const char *preset = "")
{
    return QCommandLineOption(QString::fromLatin1(name).split(u'|'), QLatin1String(text), QLatin1String(value),
                              QLatin1String(preset));
}

OptionGroup running()
{
    return {QStringLiteral("Running"),
            {
                    option("h|help", "Show this help."),
                    option("v|version", "Show the version."),
                    option("headless", "Run in the terminal, without a window."),
                    option("seconds", "Time to run; 0 runs until Ctrl+C or SIGTERM. Default: 0.", "n", "0"),
                    option("rate", "Exchanges begun per second; 0 disables them. Default: 20.", "n", "20"),
                    option("hold", "How long an answer takes, while both ends hold a connection. Default: 0.", "ms", "0"),
                    option("scenario", "Run one of the scenarios below.", "name"),
            }};
}

OptionGroup pools()
{
    return {QStringLiteral("Pools"),
            {
                    option("single", "Single mode: each end names its connections by itself, and no ID is sent."),
                    option("min", "The least number of idle connections that the client pool aims at. Default: 5.", "n"),
                    option("max", "The largest number of them. Default: 20.", "n"),
                    option("min-interval", "The shortest pause between two cycles of the client pool. Default: 100.", "ms"),
                    option("max-interval", "The longest pause between them. Default: 1000.", "ms"),
                    option("client",
                           "Set any field of the client pool's configuration, as in --client sizing.maximumBackoff=5s. "
                           "May be given more than once, for one field each. A field is set by this or by its own "
                           "option, as --max is for sizing.maximumCapacity: both together are refused.",
                           "field=value"),
                    option("server", "The same for the server pool.", "field=value"),
                    option("fields", "Show all fields of both, with their limits and defaults."),
            }};
}

OptionGroup tls()
{
    return {QStringLiteral("TLS"),
            {
                    option("tls",
                           "0: plain TCP. 1: encrypted, server not verified unless --pin is given. 2: verified. Default: 0.",
                           "mode", "0"),
                    option("cert", "The server's certificate chain, PEM. Default: a built-in one whose key is public.",
                           "file"),
                    option("key", "The key of --cert, PEM.", "file"),
                    option("ca",
                           "The authorities that the client trusts with --tls 2, PEM. Default: that of the built-in "
                           "certificate.",
                           "file"),
                    option("peer-name",
                           "The name that the server's certificate must carry with --tls 2. Default: the host with --ca, "
                           "else localhost.",
                           "name"),
                    option("pin",
                           "SHA-256 fingerprint of a certificate that the client accepts, with --tls 2 if it is verified, "
                           "too. May be given more than once.",
                           "fingerprint"),
            }};
}

OptionGroup ends()
{
    return {QStringLiteral("Ends"),
            {
                    option("role", "Run one end only: server or client. Default: both.", "role", "both"),
                    option("listen", "Where --role server listens.", "addr:port"),
                    option("connect", "What --role client connects to.", "host:port"),
                    option("control",
                           "Where --role server announces IDs and --role client hears them. Default: the port after that "
                           "of the connections.",
                           "addr:port"),
            }};
}

OptionGroup window()
{
    return {QStringLiteral("Window"),
            {
                    option("theme", "The window's colours: system, light or dark. Default: system.", "name", "system"),
                    option("language", "The window's language: zh_CN, en. Default: the system's.", "name"),
                    option("screenshot", "Save a picture of the window in this file, and end.", "file"),
                    option("after", "When to do that. Default: 5.", "seconds", "5"),
                    option("measure-frames",
                           "Print the JSON object at the end, with the times for which the window was busy."),
            }};
}

QString introduction()
{
    return QStringLiteral("Usage: qnetpool-demo [OPTION...]\n\n")
            + helpParagraph(QStringLiteral("Shows pools of ready TCP and TLS connections at work: in a window, or with "
                                           "--headless in the terminal."))
            + u'\n'
            + helpParagraph(QStringLiteral(
                    "A server pool and a client pool, on loopback unless --role says otherwise, exchange checked messages "
                    "over pooled connections. In multi mode the server end takes a connection, tells the other end its ID "
                    "over a control channel, and asks; the client end takes the connection with that ID and answers. In "
                    "single mode (--single) the client end asks, and there is no control channel."))
            + u'\n'
            + helpParagraph(QStringLiteral(
                    "In the terminal a line is printed every second; the last line is a JSON object with the totals. "
                    "The exit code is 0 if no exchange failed or, with --scenario, if the pool recovered; 1 if not; 2 "
                    "if the program could not start."));
}

QString nameOf(const QCommandLineOption &option)
{
    QStringList names;
    const QStringList all = option.names();
    for (const QString &name : all)
        names << (name.size() == 1 ? QStringLiteral("-") : QStringLiteral("--")) + name;
    const QString value = option.valueName();
    return names.join(QStringLiteral(", ")) + (value.isEmpty() ? QString() : QStringLiteral(" <%1>").arg(value));
}

} // namespace

QList<OptionGroup> optionGroups()
{
    return {running(), pools(), tls(), ends(), window()};
}

QString scenarioNames()
{
    QStringList names;
    for (const Scenario &scenario : scenarios())
        names << scenario.name;
    return names.join(QStringLiteral(", "));
}

QString helpText()
{
    QString text = introduction();
    const QList<OptionGroup> groups = optionGroups();
    for (const OptionGroup &group : groups) {
        text += QStringLiteral("\n%1:\n").arg(group.title);
        for (const QCommandLineOption &option : group.options)
            text += helpEntry(nameOf(option), option.description());
    }
    text += QStringLiteral("\nScenarios:\n");
    for (const Scenario &scenario : scenarios())
        text += helpEntry(scenario.name, QLatin1String(scenario.summary));
    return text;
}

} // namespace Demo

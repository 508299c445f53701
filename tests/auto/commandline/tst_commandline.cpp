// SPDX-License-Identifier: BSD-3-Clause
#include "commandline.h"
#include "engine/fields.h"
#include "fieldlist.h"
#include "options.h"

#include <QtCore/QRegularExpression>
#include <QtNetwork/QSslCertificate>
#include <QtNetwork/QSslKey>
#include <QtTest/QTest>

using namespace Demo;
using namespace QNetPool;
using namespace std::chrono_literals;

Q_DECLARE_METATYPE(QNetPool::TlsMode)

class tst_CommandLine : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void defaultsAreThoseOfTheSettings();
    void runningOptions();
    void shorthandsSetTheirFields();
    void onlyOneOfTheTwoLimitsGiven_data();
    void onlyOneOfTheTwoLimitsGiven();
    void minimumAboveMaximumIsForThePool();
    void everyFieldCanBeGiven();
    void fieldsOfBothEnds();
    void modesAreOfBothEnds();
    void builtInCertificates_data();
    void builtInCertificates();
    void certificatesFromFiles();
    void pinsAreCollected();
    void oneEnd_data();
    void oneEnd();
    void scenarioSetsLoadAndDuration();
    void optionsOverrideTheScenario();
    void windowOptions();
    void poolOptionsAreNoticed_data();
    void poolOptionsAreNoticed();
    void badOptionIsRefused_data();
    void badOptionIsRefused();
    void questionIsAnsweredWithoutAProblem();
    void helpHasEachOptionAndScenario();
    void fieldListHasEachField();
    void textsFitTheTerminal();
};

namespace {

std::optional<CommandLine> read(const QString &options, QString *problem)
{
    static const QRegularExpression blanks(QStringLiteral(" +"));
    return CommandLine::fromArguments(
            QStringList(QStringLiteral("qnetpool-demo")) + options.split(blanks, Qt::SkipEmptyParts), problem);
}

// What must be right.
CommandLine read(const QString &options)
{
    QString problem;
    const std::optional<CommandLine> commandLine = read(options, &problem);
    if (!commandLine)
        qFatal("%s: %s", qPrintable(options), qPrintable(problem));
    return *commandLine;
}

QString certificateFile(const char *name)
{
    return QStringLiteral(QNETPOOL_CERTIFICATES "/") + QLatin1String(name);
}

} // namespace

void tst_CommandLine::defaultsAreThoseOfTheSettings()
{
    const CommandLine commandLine = read(QString());
    const Settings settings;
    QCOMPARE(toSettings(commandLine.settings.client), toSettings(settings.client));
    QCOMPARE(toSettings(commandLine.settings.server), toSettings(settings.server));
    QVERIFY(commandLine.settings.role == Role::Both);
    QCOMPARE(commandLine.settings.load.rate, 20);
    QCOMPARE(commandLine.settings.load.hold, 0ms);
    QVERIFY(!commandLine.scenario);
    QCOMPARE(commandLine.duration, 0s);
    QVERIFY(!commandLine.hasPoolOptions);
    QCOMPARE(commandLine.theme, QStringLiteral("system"));
    QVERIFY(commandLine.screenshot.isEmpty());
    QVERIFY(!commandLine.measuresFrames);
}

void tst_CommandLine::runningOptions()
{
    const CommandLine commandLine = read(QStringLiteral("--headless --seconds 7 --rate 2.5 --hold 40"));
    QCOMPARE(commandLine.duration, 7s);
    QCOMPARE(commandLine.settings.load.rate, 2.5);
    QCOMPARE(commandLine.settings.load.hold, 40ms);
    QCOMPARE(read(QStringLiteral("--rate 0")).settings.load.rate, 0);
}

void tst_CommandLine::shorthandsSetTheirFields()
{
    const auto client = read(QStringLiteral("--min 7 --max 9 --min-interval 30 --max-interval 2s")).settings.client;
    QCOMPARE(client.sizing.minimumCapacity, 7);
    QCOMPARE(client.sizing.maximumCapacity, 9);
    QCOMPARE(client.sizing.minimumInterval, 30ms);
    QCOMPARE(client.sizing.maximumInterval, 2000ms);
}

void tst_CommandLine::onlyOneOfTheTwoLimitsGiven_data()
{
    QTest::addColumn<int>("minimum");
    QTest::addColumn<int>("maximum");
    QTest::newRow("--min 0") << 0 << 20; // none is ready before one was asked for
    QTest::newRow("--min 3") << 3 << 20;
    QTest::newRow("--min 50") << 50 << 50;
    QTest::newRow("--max 50") << 5 << 50;
    QTest::newRow("--max 2") << 2 << 2;
    QTest::newRow("--client minimumCapacity=50") << 50 << 50;
    QTest::newRow("--client maximumCapacity=2") << 2 << 2;
    QTest::newRow("--min 50 --client maximumCapacity=60") << 50 << 60;
    QTest::newRow("--client minimumInterval=5s") << 5 << 20;
}

// The other makes room.
void tst_CommandLine::onlyOneOfTheTwoLimitsGiven()
{
    const auto client = read(QString::fromLatin1(QTest::currentDataTag())).settings.client;
    QTEST(client.sizing.minimumCapacity, "minimum");
    QTEST(client.sizing.maximumCapacity, "maximum");
    QVERIFY(client.sizing.minimumInterval <= client.sizing.maximumInterval);
}

// It swaps them.
void tst_CommandLine::minimumAboveMaximumIsForThePool()
{
    const auto client = read(QStringLiteral("--min 9 --max 8 --min-interval 9 --max-interval 8")).settings.client;
    QCOMPARE(client.sizing.minimumCapacity, 9);
    QCOMPARE(client.sizing.maximumCapacity, 8);
    QCOMPARE(client.sizing.minimumInterval, 9ms);
    QCOMPARE(client.sizing.maximumInterval, 8ms);
}

// With its own default, which changes nothing; TLS and IDs need more than one option.
template<typename Configuration> static void giveEach(const QString &option, const Configuration &preset)
{
    int given = 0;
    for (const Field<Configuration> &field : fields<Configuration>()) {
        const QString name = QLatin1String(field.info.name);
        if (causeNotToSet(name) || field.text(preset).isEmpty())
            continue;
        ++given;
        const Settings settings = read(QStringLiteral("%1 %2=%3").arg(option, name, field.text(preset))).settings;
        QCOMPARE(toSettings(settings.client), toSettings(Settings().client));
        QCOMPARE(toSettings(settings.server), toSettings(Settings().server));
    }
    QVERIFY(given > 15);
}

void tst_CommandLine::everyFieldCanBeGiven()
{
    giveEach(QStringLiteral("--client"), Settings().client);
    giveEach(QStringLiteral("--server"), Settings().server);
}

void tst_CommandLine::fieldsOfBothEnds()
{
    const Settings settings = read(QStringLiteral("--client sizing.maximumBackoff=5s --client reuse=newestfirst "
                                                  "--server maximumCapacity=33 --client maximumCapacity=44 "
                                                  "--server allowedPeers=10.0.0.0/8,::1 --server checkOnNetworkChange=off "
                                                  "--client idFormat=Binary --server idFormat=Binary"))
                                      .settings;
    QCOMPARE(settings.client.sizing.maximumBackoff, 5000ms);
    QVERIFY(settings.client.reuse == Reuse::NewestFirst);
    QCOMPARE(settings.client.sizing.maximumCapacity, 44);
    QVERIFY(settings.client.checkOnNetworkChange);
    QVERIFY(settings.client.idFormat == IdFormat::Binary);
    QCOMPARE(settings.server.maximumCapacity, 33);
    QCOMPARE(settings.server.allowedPeers, QStringList({QStringLiteral("10.0.0.0/8"), QStringLiteral("::1")}));
    QVERIFY(!settings.server.checkOnNetworkChange);
    QVERIFY(settings.server.idFormat == IdFormat::Binary);
    const Settings peer = read(QStringLiteral("--tls 2 --client peerName=example.com")).settings;
    QCOMPARE(peer.client.tls.peerName, QStringLiteral("example.com")); // not the built-in certificate's
}

void tst_CommandLine::modesAreOfBothEnds()
{
    QVERIFY(read(QString()).settings.isMulti());
    const Settings settings = read(QStringLiteral("--single")).settings;
    QVERIFY(settings.client.connectionMode == ConnectionMode::Single);
    QVERIFY(settings.server.connectionMode == ConnectionMode::Single);
}

void tst_CommandLine::builtInCertificates_data()
{
    QTest::addColumn<TlsMode>("mode");
    QTest::newRow("--tls 0") << TlsMode::None;
    QTest::newRow("--tls 1") << TlsMode::SelfSigned;
    QTest::newRow("--tls 2") << TlsMode::Verified;
}

void tst_CommandLine::builtInCertificates()
{
    QFETCH(TlsMode, mode);
    const Settings settings = read(QString::fromLatin1(QTest::currentDataTag())).settings;
    QVERIFY(settings.client.tls.mode == mode);
    QCOMPARE(settings.server.tls.enabled, mode != TlsMode::None);
    QCOMPARE(settings.server.tls.configuration.localCertificate().isNull(), mode == TlsMode::None);
    QCOMPARE(settings.server.tls.configuration.privateKey().isNull(), mode == TlsMode::None);
    QCOMPARE(settings.client.tls.peerName, QLatin1String(mode == TlsMode::Verified ? "localhost" : ""));
    QCOMPARE(settings.client.tls.configuration.caCertificates().size(), mode == TlsMode::Verified ? 1 : 0);
}

void tst_CommandLine::certificatesFromFiles()
{
    const Settings settings = read(QStringLiteral("--tls 2 --cert %1 --key %2 --ca %3 --peer-name other.example")
                                           .arg(certificateFile("other-host.crt"), certificateFile("other-host.key"),
                                                certificateFile("ca.crt")))
                                      .settings;
    QCOMPARE(settings.server.tls.configuration.localCertificate(),
             QSslCertificate::fromPath(certificateFile("other-host.crt")).constFirst());
    QCOMPARE(settings.client.tls.configuration.caCertificates(), QSslCertificate::fromPath(certificateFile("ca.crt")));
    QCOMPARE(settings.client.tls.peerName, QStringLiteral("other.example"));
    // With an authority of one's own, the name is that of the host.
    QCOMPARE(read(QStringLiteral("--tls 2 --ca ") + certificateFile("ca.crt")).settings.client.tls.peerName, QString());
}

void tst_CommandLine::pinsAreCollected()
{
    const QByteArray one(64, 'a');
    const QByteArray other(64, 'B');
    const auto client =
            read(QStringLiteral("--tls 1 --pin %1 --pin %2").arg(QLatin1String(one), QLatin1String(other))).settings.client;
    QCOMPARE(client.tls.pinnedFingerprints, QList<QByteArray>({one, other}));
    const auto fields =
            read(QStringLiteral("--tls 1 --client pinnedFingerprints=%1,%2").arg(QLatin1String(one), QLatin1String(other)))
                    .settings.client;
    QCOMPARE(fields.tls.pinnedFingerprints, client.tls.pinnedFingerprints);
}

void tst_CommandLine::oneEnd_data()
{
    QTest::addColumn<bool>("isServer");
    QTest::addColumn<QString>("data");
    QTest::addColumn<QString>("control");
    QTest::newRow("--role server --listen 127.0.0.1:5000") << true << "127.0.0.1:5000"
                                                           << "127.0.0.1:5001";
    QTest::newRow("--role server --listen 0.0.0.0:0") << true << "0.0.0.0:0"
                                                      << "0.0.0.0:0";
    QTest::newRow("--role server --listen [::1]:5000 --control [::1]:7000") << true << "[::1]:5000"
                                                                            << "[::1]:7000";
    QTest::newRow("--role client --connect example.com:5000") << false << "example.com:5000"
                                                              << "example.com:5001";
    QTest::newRow("--role client --connect [::1]:5000 --control localhost:7") << false << "[::1]:5000"
                                                                              << "localhost:7";
    QTest::newRow("--role client --connect a:65535 --single") << false << "a:65535"
                                                              << "127.0.0.1:0";
}

void tst_CommandLine::oneEnd()
{
    QFETCH(bool, isServer);
    const Settings settings = read(QString::fromLatin1(QTest::currentDataTag())).settings;
    QCOMPARE(settings.hasServer(), isServer);
    QCOMPARE(settings.hasClient(), !isServer);
    QTEST(settings.data.toString(), "data");
    QTEST(settings.control.toString(), "control");
}

void tst_CommandLine::scenarioSetsLoadAndDuration()
{
    for (const Scenario &scenario : scenarios()) {
        const QString options = QStringLiteral("--scenario %1 --tls %2").arg(scenario.name).arg(int(scenario.tlsMode));
        const CommandLine commandLine = read(QStringLiteral("--headless ") + options);
        QVERIFY(commandLine.scenario);
        QCOMPARE(commandLine.scenario->name, scenario.name);
        QCOMPARE(commandLine.scenario->steps.size(), scenario.steps.size());
        QCOMPARE(commandLine.scenario->load.rate, scenario.load.rate);
        QCOMPARE(commandLine.duration, scenario.duration);
        QCOMPARE(read(options).duration, 0s); // a window stays open
        QVERIFY(commandLine.hasPoolOptions);
    }
}

void tst_CommandLine::optionsOverrideTheScenario()
{
    const CommandLine commandLine = read(QStringLiteral("--scenario burst --rate 3 --hold 7 --seconds 99"));
    QCOMPARE(commandLine.scenario->load.rate, 3);
    QCOMPARE(commandLine.scenario->load.hold, 7ms);
    QCOMPARE(commandLine.duration, 99s);
}

void tst_CommandLine::windowOptions()
{
    const CommandLine commandLine =
            read(QStringLiteral("--theme dark --language zh_CN --screenshot a.png --after 3 --measure-frames"));
    QCOMPARE(commandLine.theme, QStringLiteral("dark"));
    QCOMPARE(commandLine.locale.language(), QLocale::Chinese);
    QCOMPARE(commandLine.screenshot, QStringLiteral("a.png"));
    QCOMPARE(commandLine.screenshotAfter, 3s);
    QCOMPARE(read(QStringLiteral("--screenshot a.png --seconds 0")).screenshotAfter, 5s); // it ends by that alone
    QVERIFY(commandLine.measuresFrames);
}

void tst_CommandLine::poolOptionsAreNoticed_data()
{
    QTest::addColumn<bool>("has");
    QTest::newRow("--seconds 3 --theme dark --language en --screenshot a --after 1 --measure-frames") << false;
    for (const char *options : {"--min 5", "--client reuse=OldestFirst", "--server maximumCapacity=3", "--single", "--tls 0",
                                "--rate 20", "--scenario fill"})
        QTest::newRow(options) << true;
}

// Else the window takes those that it remembers.
void tst_CommandLine::poolOptionsAreNoticed()
{
    QTEST(read(QString::fromLatin1(QTest::currentDataTag())).hasPoolOptions, "has");
}

void tst_CommandLine::badOptionIsRefused_data()
{
    QTest::addColumn<QString>("problem");
    const auto row = [](const char *options, const char *problem) { QTest::newRow(options) << QString::fromUtf8(problem); };
    row("--nonsense", "Unknown option 'nonsense'.");
    row("--rate", "Missing value after '--rate'.");
    row("nonsense", "\"nonsense\" is not an option");

    row("--seconds -1", "--seconds: \"-1\" is not a whole number from 0 to 2592000");
    row("--seconds 1.5", "--seconds: \"1.5\" is not a whole number from 0 to 2592000");
    row("--rate nan", "--rate: \"nan\" is not a number from 0 to 100000");
    row("--rate 100001", "--rate: \"100001\" is not a number from 0 to 100000");
    row("--hold 5000", "--hold: \"5000\" is not a whole number from 0 to 4000");
    row("--scenario flood",
        "--scenario: \"flood\" is none of fill, burst, outage, freeze, drop, refuse, tls-failure, used-once");
    row("--scenario tls-failure", "--scenario: tls-failure needs --tls 2");
    row("--scenario tls-failure --tls 1", "--scenario: tls-failure needs --tls 2");
    row("--role client --connect a:1 --scenario outage", "--scenario: it happens at the server's end");

    row("--min -1", "--min: sizing.minimumCapacity: \"-1\" is not a whole number from 0 to 65536");
    row("--max 0", "--max: sizing.maximumCapacity: \"0\" is not a whole number from 1 to 65536");
    row("--max many", "--max: sizing.maximumCapacity: \"many\" is not a whole number from 1 to 65536");
    row("--client", "Missing value after '--client'.");
    row("--client maximumCapacity", "--client: \"maximumCapacity\" is not FIELD=VALUE; --fields shows the fields");
    row("--client =5", "--client: \"=5\" is not FIELD=VALUE; --fields shows the fields");
    row("--client maximumCapacity=", "--client: sizing.maximumCapacity: no value is given");
    row("--client maximumCapacity=0", "--client: sizing.maximumCapacity: \"0\" is not a whole number from 1 to 65536");
    row("--server allowedPeers=here", "--server: allowedPeers: \"here\" is neither an address nor a subnet");
    row("--client maxCapacity=5",
        "--client: \"maxCapacity\" is not a field of the configuration (perhaps sizing.maximumCapacity)");
    row("--client MaximumCapacity=5",
        "--client: \"MaximumCapacity\" is not a field of the configuration (perhaps sizing.maximumCapacity, "
        "sizing.minimumCapacity)");
    row("--client colour=5", "--client: \"colour\" is not a field of the configuration");
    row("--client allowedPeers=::1", "--client: allowedPeers: only --server has this field");
    row("--server maximumBackoff=5", "--server: maximumBackoff: only --client has this field");
    row("--client maximumBackoff=5 --client sizing.maximumBackoff=6",
        "--client: sizing.maximumBackoff: it is given more than once");
    row("--client maximumCapacity=5 --max 5", "--client: sizing.maximumCapacity: --max sets it, too");
    row("--tls 2 --client peerName=a --peer-name b", "--client: tls.peerName: --peer-name sets it, too");
    row("--client peerName=a", "--client: tls.peerName: it only applies with --tls 2");
    row("--client host=a", "--client: host: --connect sets it, with --role client");
    row("--client tls.mode=None", "--client: tls.mode: --tls sets it");
    row("--server tls.enabled=on", "--server: tls.enabled: --tls sets it");
    row("--server connectionMode=Single", "--server: connectionMode: --single sets it, for both ends");
    row("--client validator=a", "--client: hooks.validator: it cannot be given as text");
    row("--client idFormat=Binary", "--client: idFormat: both ends must agree, so give it to --client and to --server");
    row("--server idFormat=Binary", "--server: idFormat: both ends must agree, so give it to --client and to --server");
    row("--role server --listen 127.0.0.1:0 --client reuse=OldestFirst", "--client: it only applies at a client's end");
    row("--role server --listen 127.0.0.1:0 --max 4", "--max: it only applies at a client's end");
    row("--role client --connect a:1 --server reuse=OldestFirst", "--server: it only applies at a server's end");

    row("--tls 3", "--tls: \"3\" is not a whole number from 0 to 2");
    row("--cert a", "--cert: it only applies with --tls and at the server's end");
    row("--tls 1 --cert a", "--cert: --cert and --key go together");
    row("--tls 1 --key a", "--key: --cert and --key go together");
    row("--tls 1 --cert /nowhere --key a", "--cert: cannot read /nowhere: No such file or directory");
    row("--tls 2 --ca /nowhere", "--ca: cannot read /nowhere: No such file or directory");
    row("--tls 1 --ca a", "--ca: it only applies with --tls 2 and at the client's end");
    row("--pin a", "--pin: it only applies with --tls and at the client's end");
    row(QByteArray("--client pinnedFingerprints=" + QByteArray(64, 'a')).constData(),
        "--client: tls.pinnedFingerprints: they only apply with --tls");
    row("--single --client idFormat=Binary --server idFormat=Binary",
        "client: idFormat has no effect in ConnectionMode::Single, in which no ID is sent");
    row("--tls 1 --pin ab:cd",
        "--pin: tls.pinnedFingerprints: \"ab:cd\" is not a SHA-256 fingerprint of 64 hexadecimal digits");

    row("--role peer", "--role: \"peer\" is neither server nor client");
    row("--role server", "--role: a server needs --listen ADDR:PORT");
    row("--role client", "--role: a client needs --connect HOST:PORT");
    row("--listen 127.0.0.1:1", "--listen: it only applies with --role server");
    row("--connect 127.0.0.1:1", "--connect: it only applies with --role client");
    row("--control 127.0.0.1:1", "--control: it only applies with --role and without --single");
    row("--role client --connect a", "--connect: \"a\" is not host:port (write an IPv6 address as [address]:port)");
    row("--role client --connect a:0", "client: the port of host a is 0");
    row("--role client --connect a:1 --control a:0", "--control: nothing can be reached on port 0");
    row("--role client --connect a:65535", "--control: it must be given, as there is no port after 65535");
    row("--role server --listen localhost:1",
        "--listen: \"localhost:1\" is not address:port, with an IP address of this machine (IPv6: [address]:port)");

    row("--theme pink", "--theme: \"pink\" is neither system, light nor dark");
    row("--after 3", "--after: it only applies with --screenshot");
    row("--screenshot a --after 3 --seconds 2", "--after: the program ends before, by --seconds");
    row("--headless --theme dark", "--theme: it only applies without --headless");
    row("--headless --screenshot a", "--screenshot: it only applies without --headless");
}

void tst_CommandLine::badOptionIsRefused()
{
    QString problem;
    QVERIFY(!read(QString::fromLatin1(QTest::currentDataTag()), &problem));
    QTEST(problem, "problem");
}

void tst_CommandLine::questionIsAnsweredWithoutAProblem()
{
    for (const char *options : {"--version", "--headless -v", "--tls 2 --version"}) {
        QString problem = QStringLiteral("none was told");
        QVERIFY(!read(QString::fromLatin1(options), &problem));
        QCOMPARE(problem, QString());
    }
}

void tst_CommandLine::helpHasEachOptionAndScenario()
{
    const QString help = helpText();
    const QList<OptionGroup> groups = optionGroups();
    for (const OptionGroup &group : groups) {
        QVERIFY(help.contains(QStringLiteral("\n%1:\n").arg(group.title)));
        for (const QCommandLineOption &option : group.options)
            QVERIFY2(help.contains(QStringLiteral("--") + option.names().constLast()),
                     qPrintable(option.names().constLast()));
    }
    for (const Scenario &scenario : scenarios())
        QVERIFY2(help.contains(QStringLiteral("\n  %1  ").arg(scenario.name)), qPrintable(scenario.name));
}

template<typename Configuration> static void checkListed(const QString &list)
{
    for (const Field<Configuration> &field : fields<Configuration>()) {
        const QString name = QLatin1String(field.info.name);
        const QString entry = list.section(QStringLiteral("\n  %1").arg(name), 1, 1);
        QVERIFY2(!entry.isEmpty(), field.info.name);
        if (causeNotToSet(name))
            QVERIFY2(entry.trimmed().startsWith(QStringLiteral("Not here: ")), field.info.name);
        else
            QVERIFY2(entry.startsWith(u'='), field.info.name);
    }
}

void tst_CommandLine::fieldListHasEachField()
{
    const QString list = fieldList();
    checkListed<ClientPool::Configuration>(list.section(QStringLiteral("--server FIELD=VALUE"), 0, 0));
    checkListed<ServerPool::Configuration>(list.section(QStringLiteral("--server FIELD=VALUE"), 1));
    for (const char *entry : {"The shortest pause between two cycles. (1 to 3600000 ms; default: 100 ms)",
                              "Which idle connection goes out next. (default: OldestFirst)", "0: no limit; default: 0)"})
        QVERIFY2(list.simplified().contains(QLatin1String(entry)), entry);
}

void tst_CommandLine::textsFitTheTerminal()
{
    const QStringList lines = (helpText() + fieldList()).split(u'\n');
    for (const QString &line : lines)
        QVERIFY2(line.size() <= 80, qPrintable(line));
}

QTEST_GUILESS_MAIN(tst_CommandLine)
#include "tst_commandline.moc"

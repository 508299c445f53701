// SPDX-License-Identifier: BSD-3-Clause
#include "engine/fields.h"

#include "certificates.h"

#include <QtCore/QRegularExpression>
#include <QtCore/QSettings>
#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

using namespace Demo;
using namespace QNetPool;
using namespace std::chrono_literals;

using Client = ClientPool::Configuration;
using Server = ServerPool::Configuration;

class tst_Fields : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void noFieldIsForgotten_data();
    void noFieldIsForgotten();
    void eachFieldIsDescribed();
    void defaultsAreValuesThatTextsCanSay();
    void choicesAreTheEnumerators();
    void textIsRead_data();
    void textIsRead();
    void badTextIsRefusedByName_data();
    void badTextIsRefusedByName();
    void peersAreAddressesAndSubnets_data();
    void peersAreAddressesAndSubnets();
    void serverFieldsAreRead();
    void rawFingerprintsBecomeDigits();
    void settingsRoundTripThroughAFile();
    void badSettingsChangeNothing();
    void handwrittenListsAreRead();
    void tlsIsSummedUp();
    void shortNamesAreUnderstood();
};

// The members of a struct, as a public header declares them: pairs of type and name.
static QList<std::pair<QString, QString>> membersOf(const QString &structName, const QString &header)
{
    QFile file(QStringLiteral(QNETPOOL_CERTIFICATES "/../../include/qnetpool/") + header);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("cannot read %s", qPrintable(file.fileName()));
    static const QRegularExpression comment(QStringLiteral("//[^\n]*"));
    static const QRegularExpression alias(QStringLiteral("\\busing [^;]*;"));
    static const QRegularExpression member(QStringLiteral("^(.*?)\\s*(\\w+)\\s*(?:=[^;]*|\\{[^;]*\\})?$"),
                                           QRegularExpression::DotMatchesEverythingOption);
    QString text = QString::fromUtf8(file.readAll()).remove(comment).remove(alias);
    text = text.section(QStringLiteral("struct %1\n").arg(structName), 1)
                   .section(QStringLiteral("\n    };"), 0, 0)
                   .section(u'{', 1);
    QList<std::pair<QString, QString>> members;
    const QStringList declarations = text.split(u';');
    for (const QString &declaration : declarations) {
        const QRegularExpressionMatch match = member.match(declaration.trimmed());
        if (match.hasMatch())
            members.emplaceBack(match.captured(1), match.captured(2));
    }
    return members;
}

// The paths of struct Configuration's members, those of the groups among them included.
static QStringList pathsIn(const QString &header)
{
    static const QStringList groups{QStringLiteral("Sizing"), QStringLiteral("Tls"), QStringLiteral("Tcp"),
                                    QStringLiteral("Limits"), QStringLiteral("Hooks")};
    QStringList paths;
    const auto members = membersOf(QStringLiteral("Configuration"), header);
    for (const auto &[type, name] : members) {
        if (!groups.contains(type)) {
            paths << name;
            continue;
        }
        auto ofGroup = membersOf(type, header);
        if (ofGroup.isEmpty())
            ofGroup = membersOf(type, QStringLiteral("pool.h"));
        for (const auto &[itsType, itsName] : std::as_const(ofGroup))
            paths << name + u'.' + itsName;
    }
    return paths;
}

template<typename Configuration> static QStringList namesInTable()
{
    QStringList names;
    for (const Field<Configuration> &field : fields<Configuration>())
        names << QString::fromLatin1(field.info.name);
    return names;
}

void tst_Fields::noFieldIsForgotten_data()
{
    QTest::addColumn<QStringList>("table");
    QTest::addColumn<QStringList>("members");
    QTest::newRow("client") << namesInTable<Client>() << pathsIn(QStringLiteral("clientpool.h"));
    QTest::newRow("server") << namesInTable<Server>() << pathsIn(QStringLiteral("serverpool.h"));
}

void tst_Fields::noFieldIsForgotten()
{
    QFETCH(QStringList, table);
    QFETCH(QStringList, members);
    QVERIFY(members.size() > 20); // so that the header was understood
    table.sort();
    members.sort();
    QCOMPARE(table, members);
}

template<typename Configuration> static void checkTold()
{
    for (const Field<Configuration> &field : fields<Configuration>()) {
        const FieldInfo &info = field.info;
        QVERIFY2(!info.title().isEmpty() && QString::fromLatin1(info.description).endsWith(u'.'), info.name);
        QCOMPARE(info.choices.empty(), info.kind != FieldKind::Choice);
        const bool isNumber = info.kind == FieldKind::Number || info.kind == FieldKind::Time;
        QVERIFY2(isNumber == (info.maximum > info.minimum), info.name);
        QVERIFY2(!isNumber || info.minimum > 0 || info.zero, info.name); // what 0 means is told
        QVERIFY2(explanationOf(info, field.text(Configuration())).size() >= 2, info.name);
    }
}

void tst_Fields::eachFieldIsDescribed()
{
    checkTold<Client>();
    checkTold<Server>();
}

template<typename Configuration> static void checkDefaults()
{
    for (const Field<Configuration> &field : fields<Configuration>()) {
        if (field.info.kind == FieldKind::Shown)
            continue;
        Configuration configuration;
        const QString preset = field.text(configuration);
        QCOMPARE(field.setText(configuration, preset), QString());
        QCOMPARE(field.text(configuration), preset);
    }
}

void tst_Fields::defaultsAreValuesThatTextsCanSay()
{
    checkDefaults<Client>();
    checkDefaults<Server>();
}

template<typename Enum> static void checkChoices(const char *name)
{
    const QMetaEnum meta = QMetaEnum::fromType<Enum>();
    for (const Field<Client> &field : fields<Client>()) {
        if (qstrcmp(field.info.name, name) != 0)
            continue;
        QCOMPARE(int(field.info.choices.size()), meta.keyCount());
        for (int value = 0; value < meta.keyCount(); ++value)
            QCOMPARE(field.info.choices[std::size_t(value)].name, meta.valueToKey(value));
        return;
    }
    QFAIL("there is no such field");
}

void tst_Fields::choicesAreTheEnumerators()
{
    checkChoices<TlsMode>("tls.mode");
    checkChoices<ConnectionMode>("connectionMode");
    checkChoices<IdFormat>("idFormat");
    checkChoices<Reuse>("reuse");
}

void tst_Fields::textIsRead_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("readBack");
    const auto row = [](const char *name, const char *text, const char *readBack) {
        QTest::addRow("%s=%s", name, text)
                << QString::fromLatin1(name) << QString::fromLatin1(text) << QString::fromLatin1(readBack);
    };
    row("host", " example.com ", "example.com");
    row("port", "443", "443");
    row("sizing.maximumCapacity", " 50", "50");
    row("limits.maximumConnections", "0", "0");
    row("sizing.minimumInterval", "250", "250");
    row("sizing.minimumInterval", "250 ms", "250");
    row("sizing.minimumInterval", "5s", "5000");
    row("sizing.maximumBackoff", "2 min", "120000");
    row("limits.idleTimeout", "1h", "3600000");
    row("limits.lifetimeSpread", "0.25", "0.25");
    row("limits.lifetimeSpread", "1", "1");
    row("checkOnNetworkChange", "off", "false");
    row("tls.allowTls12", "Yes", "true");
    row("tls.mode", "verified", "Verified");
    row("connectionMode", "Single", "Single");
    row("idFormat", "binary", "Binary");
    row("reuse", "NewestFirst", "NewestFirst");
    row("tls.pinnedFingerprints", "", "");
}

void tst_Fields::textIsRead()
{
    QFETCH(QString, name);
    QFETCH(QString, text);
    QFETCH(QString, readBack);
    Client configuration;
    QString problem;
    QVERIFY2(setField(configuration, name, text, &problem), qPrintable(problem));
    QCOMPARE(problem, QString());
    QCOMPARE(toSettings(configuration).value(name).toString(), readBack);
    QVariantMap others = toSettings(Client());
    others.insert(name, readBack);
    QCOMPARE(toSettings(configuration), others);
}

void tst_Fields::badTextIsRefusedByName_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("problem");
    const auto row = [](const char *name, const char *text, const char *problem) {
        QTest::addRow("%s=%s", name, text)
                << QString::fromLatin1(name) << QString::fromLatin1(text) << QString::fromLatin1(problem);
    };
    row("sizing.maximumCapacity", "many", "sizing.maximumCapacity: \"many\" is not a whole number from 1 to 65536");
    row("sizing.maximumCapacity", "0", "sizing.maximumCapacity: \"0\" is not a whole number from 1 to 65536");
    row("sizing.maximumCapacity", "5.5", "sizing.maximumCapacity: \"5.5\" is not a whole number from 1 to 65536");
    row("sizing.maximumCapacity", "99999999999",
        "sizing.maximumCapacity: \"99999999999\" is not a whole number from 1 to 65536");
    row("port", "65536", "port: \"65536\" is not a whole number from 0 to 65535");
    row("port", "-1", "port: \"-1\" is not a whole number from 0 to 65535");
    row("tcp.userTimeout", "25 h",
        "tcp.userTimeout: \"25 h\" is not a time of 0 to 86400000 ms (\"500\", \"500 ms\", \"5 s\", \"2 min\", \"1 h\")");
    row("connectTimeout", "5 parsecs",
        "connectTimeout: \"5 parsecs\" is not a time of 1 to 3600000 ms (\"500\", \"500 ms\", \"5 s\", \"2 min\", \"1 h\")");
    row("limits.lifetimeSpread", "1.5", "limits.lifetimeSpread: \"1.5\" is not a number from 0 to 1");
    row("limits.lifetimeSpread", "nan", "limits.lifetimeSpread: \"nan\" is not a number from 0 to 1");
    row("tls.allowTls12", "perhaps", "tls.allowTls12: \"perhaps\" is neither true nor false");
    row("tls.mode", "Ssl3", "tls.mode: \"Ssl3\" is none of None, SelfSigned, Verified");
    row("host", "two words", "host: \"two words\" is neither a host name nor an address: it contains a space");
    row("tls.pinnedFingerprints", "ab:cd",
        "tls.pinnedFingerprints: \"ab:cd\" is not a SHA-256 fingerprint of 64 hexadecimal digits");
    row("tls.configuration", "x", "tls.configuration: it cannot be given as text");
    row("dialer", "x", "dialer: it cannot be given as text");
    row("maxCapacity", "1", "\"maxCapacity\" is not a field of the configuration (perhaps sizing.maximumCapacity)");
    row("allowedPeers", "any", "\"allowedPeers\" is not a field of the configuration"); // but of the server's
}

void tst_Fields::badTextIsRefusedByName()
{
    QFETCH(QString, name);
    QFETCH(QString, text);
    Client configuration;
    QString problem;
    QVERIFY(!setField(configuration, name, text, &problem));
    QTEST(problem, "problem");
    QCOMPARE(toSettings(configuration), toSettings(Client()));
}

void tst_Fields::peersAreAddressesAndSubnets_data()
{
    QTest::addColumn<bool>("isGood");
    for (const char *good : {"", "192.0.2.7", "10.0.0.0/8", "2001:db8::7", "2001:db8::/32", "192.0.2.7, ::1", "::1,",
                             "0.0.0.0/0", "172.16.0.0/255.240.0.0"})
        QTest::addRow("good: %s", good) << true;
    for (const char *bad : {"here", "10", "10/8", "010.1.1.1", "192.0.2.7/33", "/8", "10.0.0.0/", "10.0.0.0/8/8",
                            "192.0.2.7 ::1", "2001:db8::/129", "192.0.2.7, here"})
        QTest::addRow("bad: %s", bad) << false;
}

// The pool itself is the judge of what is good: it may take more, but never less.
void tst_Fields::peersAreAddressesAndSubnets()
{
    QFETCH(bool, isGood);
    const QString text = QString::fromLatin1(QTest::currentDataTag()).section(QStringLiteral(": "), 1);
    Server configuration;
    QString problem;
    QCOMPARE(setField(configuration, QStringLiteral("allowedPeers"), text, &problem), isGood);
    QCOMPARE(problem.isEmpty(), isGood);
    ServerPool pool;
    QVERIFY(pool.listen(QHostAddress::LocalHost));
    QVERIFY(pool.setConfiguration(configuration));
    QCOMPARE(pool.configuration().allowedPeers, configuration.allowedPeers);
}

void tst_Fields::serverFieldsAreRead()
{
    Server configuration;
    QString problem;
    QVERIFY(setField(configuration, QStringLiteral("maximumPendingPerPeer"), QStringLiteral("10"), &problem));
    QVERIFY(setField(configuration, QStringLiteral("allowedPeers"), QStringLiteral("10.0.0.0/8 ,::1"), &problem));
    QCOMPARE(configuration.maximumPendingPerPeer, 10);
    QCOMPARE(configuration.allowedPeers, QStringList({QStringLiteral("10.0.0.0/8"), QStringLiteral("::1")}));
    QVERIFY(!setField(configuration, QStringLiteral("host"), QStringLiteral("example.com"), &problem));
    QCOMPARE(problem, QStringLiteral("\"host\" is not a field of the configuration"));
}

void tst_Fields::rawFingerprintsBecomeDigits()
{
    const QByteArray raw = Certificates::certificate(QStringLiteral("server")).digest(QCryptographicHash::Sha256);
    Client configuration;
    configuration.tls.pinnedFingerprints = {raw, raw.toHex(':').toUpper()};
    const Client copy = fromSettings<Client>(toSettings(configuration));
    QCOMPARE(copy.tls.pinnedFingerprints, QList<QByteArray>({raw.toHex(), raw.toHex(':').toUpper()}));
}

void tst_Fields::settingsRoundTripThroughAFile()
{
    const QTemporaryDir directory;
    Client configuration;
    configuration.host = QStringLiteral("2001:db8::7");
    configuration.port = 4433;
    configuration.sizing.minimumCapacity = 7;
    configuration.sizing.minimumInterval = 123ms;
    configuration.limits.lifetimeSpread = 0.1234567;
    configuration.checkOnNetworkChange = false;
    configuration.tls.mode = TlsMode::SelfSigned;
    configuration.reuse = Reuse::NewestFirst;
    configuration.tls.pinnedFingerprints = {QByteArray(64, 'a'), QByteArray(64, 'b')};
    {
        QSettings file(directory.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat);
        const QVariantMap settings = toSettings(configuration);
        for (auto setting = settings.cbegin(); setting != settings.cend(); ++setting)
            file.setValue(setting.key(), setting.value());
    }
    QSettings file(directory.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat);
    QVariantMap settings;
    const QStringList keys = file.allKeys();
    for (const QString &key : keys)
        settings.insert(key, file.value(key));
    const Client copy = fromSettings<Client>(settings);
    QCOMPARE(toSettings(copy), toSettings(configuration));
    QCOMPARE(copy.limits.lifetimeSpread, configuration.limits.lifetimeSpread);
    QCOMPARE(copy.tls.pinnedFingerprints, configuration.tls.pinnedFingerprints);
}

void tst_Fields::badSettingsChangeNothing()
{
    Client base;
    base.sizing.maximumCapacity = 33;
    base.hooks.validator = [](QTcpSocket *) { return QFuture<bool>(); };
    const QVariantMap settings{
            {QStringLiteral("sizing.maximumCapacity"), QStringLiteral("a lot")},
            {QStringLiteral("sizing.minimumInterval"), QVariant()},
            {QStringLiteral("connectTimeout"), QByteArray("\xff\xfe")},
            {QStringLiteral("port"), 123456},
            {QStringLiteral("reuse"), QVariantMap()},
            {QStringLiteral("tls.mode"), 7},
            {QStringLiteral("hooks.validator"), QStringLiteral("none")},
            {QStringLiteral("ofAnotherVersion"), 1},
            {QStringLiteral("sizing.minimumCapacity"), 4}, // and one that is good
    };
    const Client result = fromSettings(settings, base);
    QVERIFY(result.hooks.validator);
    QCOMPARE(result.sizing.minimumCapacity, 4);
    base.sizing.minimumCapacity = 4;
    QCOMPARE(toSettings(result), toSettings(base));
}

void tst_Fields::handwrittenListsAreRead()
{
    const QStringList peers{QStringLiteral("10.0.0.0/8"), QStringLiteral("::1")};
    const Server configuration = fromSettings<Server>({{QStringLiteral("allowedPeers"), peers}});
    QCOMPARE(configuration.allowedPeers, peers);
}

template<typename Configuration> static QString tlsSummaryOf(const Configuration &configuration)
{
    for (const Field<Configuration> &field : fields<Configuration>()) {
        if (qstrcmp(field.info.name, "tls.configuration") == 0)
            return field.text(configuration);
    }
    return {};
}

void tst_Fields::tlsIsSummedUp()
{
    QCOMPARE(tlsSummaryOf(Client()), QStringLiteral("Qt's default"));
    Server server;
    QCOMPARE(tlsSummaryOf(server), QStringLiteral("none"));
    server.tls = {.enabled = true,
                  .configuration =
                          Certificates::demandingClientCertificate(Certificates::showing(QStringLiteral("server")))};
    server.tls.configuration.setProtocol(QSsl::TlsV1_2OrLater);
    QCOMPARE(tlsSummaryOf(server),
             QStringLiteral("TLS 1.2 or later, certificates: 1, authorities: 1, client certificates required"));
}

template<typename Configuration> static void checkShortNames()
{
    const QStringList names = fieldNames<Configuration>();
    for (const QString &name : names) {
        QCOMPARE(fullName<Configuration>(name), name);
        QCOMPARE(fullName<Configuration>(name.section(u'.', -1)), name);
    }
    for (const char *unknown : {"", "imits.idleTimeout", "Timeout", "limits", "limits."})
        QCOMPARE(fullName<Configuration>(QLatin1String(unknown)), QLatin1String(unknown));
}

void tst_Fields::shortNamesAreUnderstood()
{
    checkShortNames<Client>();
    checkShortNames<Server>();
    Client configuration;
    QString problem;
    QVERIFY2(setField(configuration, QStringLiteral("idleTimeout"), QStringLiteral("5s"), &problem), qPrintable(problem));
    QCOMPARE(configuration.limits.idleTimeout, 5000ms);
    QVERIFY(!setField(configuration, QStringLiteral("idleTimeout"), QStringLiteral("5 d"), &problem));
    QVERIFY2(problem.startsWith(QStringLiteral("limits.idleTimeout: ")), qPrintable(problem));
}

QTEST_GUILESS_MAIN(tst_Fields)
#include "tst_fields.moc"

// SPDX-License-Identifier: BSD-3-Clause
// A server under attack while honest clients go on: see tests/README.md.
#include "honest.h"
#include "server.h"
#include "swarm.h"

#include <QtCore/QThread>

#include <optional>

namespace {

constexpr int silentClients = 5000;
constexpr int halfClients = 5000;
constexpr int manyClients = 5000; // each with an address of its own
constexpr int floodAtATime = 64;
constexpr int attackAddresses = 50;
constexpr double memoryUnderAttackMib = 192; // more than before: 1,024 handshakes, some 100 KiB each, and what malloc keeps
constexpr double memoryAfterMib = 32; // more than before
constexpr int toldASecond = 11 * 5; // ten of each kind of error and a summary
constexpr int linesAHandshake = 1; // in the log of everything, beside its error
constexpr int linesAConnection = 5; // once it is set up

QJsonObject ask(OtherEnd &end, const QByteArray &line)
{
    return QJsonDocument::fromJson(end.ask(line)).object();
}

double number(const QJsonObject &object, const char *name)
{
    const QJsonValue value = object.value(QLatin1String(name));
    if (!value.isDouble())
        qFatal("the other end does not tell its %s", name);
    return value.toDouble();
}

template<typename Condition> bool within(std::chrono::seconds time, Condition condition)
{
    const Clock::time_point end = Clock::now() + time;
    while (!condition()) {
        if (Clock::now() > end)
            return false;
        QThread::msleep(100);
    }
    return true;
}

struct Phase
{
    const char *name;
    double seconds;
    QJsonObject honest;
    QJsonObject begin; // of the server
    QJsonObject end;
    double peakMemory; // MiB
    double peakPending;
    double fewestOpen; // of the honest clients

    double grown(const char *what) const { return number(end, what) - number(begin, what); }
    double perSecond(const char *what) const { return grown(what) / seconds; }
};

Phase measure(const char *name, std::chrono::seconds time, OtherEnd &server, OtherEnd &honest)
{
    Phase phase{name, 0, {}, ask(server, "sample"), {}, 0, 0, Honest::connections};
    ask(honest, "begin");
    const Clock::time_point begin = Clock::now();
    while (Clock::now() - begin < time) {
        QThread::msleep(250);
        phase.end = ask(server, "sample");
        phase.peakMemory = std::max(phase.peakMemory, number(phase.end, "rss") / 1024);
        phase.peakPending = std::max(phase.peakPending, number(phase.end, "pending"));
        phase.fewestOpen = std::min(phase.fewestOpen, number(ask(honest, "figures"), "open"));
    }
    phase.seconds = seconds(Clock::now() - begin);
    phase.honest = ask(honest, "figures");
    return phase;
}

void print(const std::vector<Phase> &phases)
{
    const auto row = [&phases](const char *what, const std::function<QString(const Phase &)> &cell) {
        QString line = QLatin1String(what).toString().leftJustified(36);
        for (const Phase &phase : phases)
            line += cell(phase).rightJustified(15);
        std::printf("%s\n", qPrintable(line));
    };
    const auto fixed = [](double value, int digits = 0) { return QString::number(value, 'f', digits); };
    row("", [](const Phase &phase) { return QLatin1String(phase.name).toString(); });
    row("honest exchanges a second",
        [&](const Phase &phase) { return fixed(number(phase.honest, "completed") / phase.seconds); });
    row("  p50, ms", [&](const Phase &phase) { return fixed(number(phase.honest, "p50"), 2); });
    row("  p99, ms", [&](const Phase &phase) { return fixed(number(phase.honest, "p99"), 2); });
    row("  p99, times that of the quiet",
        [&](const Phase &phase) { return fixed(number(phase.honest, "p99") / number(phases.front().honest, "p99"), 1); });
    row("honest connections dialled anew", [&](const Phase &phase) { return fixed(number(phase.honest, "dialled")); });
    row("  of so many that were due", [&](const Phase &phase) { return fixed(number(phase.honest, "due")); });
    row("  open at least", [&](const Phase &phase) { return fixed(phase.fewestOpen); });
    row("  dials that failed", [&](const Phase &phase) { return fixed(number(phase.honest, "errors")); });
    row("peers refused a second", [&](const Phase &phase) { return fixed(phase.perSecond("refused")); });
    row("handshakes begun a second", [&](const Phase &phase) { return fixed(phase.perSecond("handshakes")); });
    row("  pending at most", [&](const Phase &phase) { return fixed(phase.peakPending); });
    row("errors told a second", [&](const Phase &phase) { return fixed(phase.perSecond("signals"), 1); });
    row("server's memory at most, MiB", [&](const Phase &phase) { return fixed(phase.peakMemory, 1); });
    row("server's processor, % of a core", [&](const Phase &phase) { return fixed(phase.perSecond("cpu") / 10); });
}

class Verdict
{
public:
    void expect(bool holds, const QString &what)
    {
        std::printf("%-6s %s\n", holds ? "ok" : "FAILED", qPrintable(what));
        m_holds &= holds;
    }
    bool holds() const { return m_holds; }

private:
    bool m_holds = true;
};

struct Swarms
{
    explicit Swarms(const QString &port) : silent({QStringLiteral("silent"), port}), half({QStringLiteral("half"), port}) { }
    static qint64 opened(OtherEnd &swarm) { return swarm.ask("how many have been opened?").toLongLong(); }
    bool areThere()
    {
        return within(30s, [this] { return opened(silent) >= silentClients && opened(half) >= halfClients; });
    }
    OtherEnd silent;
    OtherEnd half;
};

QString text(double value, const char *what)
{
    return QStringLiteral("%1 %2").arg(QString::number(value, 'f', 0), QLatin1String(what));
}

void judgeExchanges(Verdict &verdict, const QJsonObject &figures, const Phase &attack)
{
    const double failed = number(figures, "failed");
    const double wrong = number(figures, "wrong");
    const double outstanding = number(figures, "outstanding");
    verdict.expect(failed + wrong + outstanding == 0,
                   QStringLiteral("every honest exchange had its own bytes: %1 failed, %2 wrong, %3 not answered")
                           .arg(failed)
                           .arg(wrong)
                           .arg(outstanding));
    const double dialled = number(attack.honest, "dialled");
    const double due = number(attack.honest, "due");
    verdict.expect(2 * dialled > due,
                   QStringLiteral("%1 of %2 honest connections got in through the attack").arg(dialled).arg(due));
}

void judgeReports(Verdict &verdict, const QJsonObject &before, const QJsonObject &after, double seconds)
{
    const auto grown = [&](const char *what) { return number(after, what) - number(before, what); };
    verdict.expect(grown("refused") > 0, text(grown("refused"), "peers were refused before anything was made for them"));
    verdict.expect(grown("errors") > grown("refused"), text(grown("errors"), "errors were counted, those among them"));
    verdict.expect(grown("signals") <= toldASecond * seconds, text(grown("signals"), "times errorOccurred() was emitted"));
    verdict.expect(grown("errorLines") == grown("signals"), text(grown("errorLines"), "lines of the log tell of them"));
    const double most =
            grown("errorLines") + linesAHandshake * grown("handshakes") + linesAConnection * grown("created") + 10;
    verdict.expect(grown("lines") <= most, text(grown("lines"), "lines has the log of everything"));
}

void judgeResources(Verdict &verdict, const QJsonObject &before, const QJsonObject &after, double peak)
{
    const double base = number(before, "rss") / 1024;
    const auto memory = [&verdict, base](const char *when, double value, double most) {
        verdict.expect(value - base <= most,
                       QStringLiteral("memory %1: %2 MiB more than before, %3 at most")
                               .arg(QLatin1String(when))
                               .arg(value - base, 0, 'f', 1)
                               .arg(most));
    };
    memory("under attack", peak, memoryUnderAttackMib);
    memory("after it", number(after, "rss") / 1024, memoryAfterMib);
    const auto others = [](const QJsonObject &sample) {
        return number(sample, "descriptors") - number(sample, "connections");
    };
    verdict.expect(
            others(before) == others(after),
            QStringLiteral("descriptors but for connections: %1 before, %2 after").arg(others(before)).arg(others(after)));
}

bool attackAndJudge(int setupThreads)
{
    OtherEnd server({QStringLiteral("server"), QString::number(setupThreads)});
    const QString port = QString::number(server.readPort());
    OtherEnd honest({QStringLiteral("honest"), port});
    if (!within(30s, [&] { return number(ask(honest, "figures"), "completed") > 2 * Honest::rate; }))
        qFatal("the honest clients do not begin");

    std::vector<Phase> phases;
    phases.push_back(measure("quiet", 8s, server, honest));
    const QJsonObject before = ask(server, "trim");
    const Clock::time_point begin = Clock::now();
    std::optional<OtherEnd> flood(QStringList{QStringLiteral("flood"), port});
    phases.push_back(measure("flood", 6s, server, honest));
    std::optional<Swarms> swarms(port);
    const bool areThere = swarms->areThere();
    phases.push_back(measure("flood, swarms", 16s, server, honest));
    flood.reset();
    swarms.reset();
    const auto isIdle = [&] { return number(ask(server, "sample"), "pending") == 0; };
    bool isOver = within(30s, isIdle);
    std::optional<OtherEnd> many(QStringList{QStringLiteral("many"), port});
    phases.push_back(measure("many addresses", 16s, server, honest));
    many.reset();
    isOver &= within(30s, isIdle);
    const QJsonObject attacked = ask(server, "sample");
    const double attackSeconds = seconds(Clock::now() - begin);
    phases.push_back(measure("after", 8s, server, honest));
    ask(honest, "stop");
    const bool isAnswered = within(40s, [&] { return number(ask(honest, "figures"), "outstanding") == 0; });
    const QJsonObject after = ask(server, "trim");

    print(phases);
    Verdict verdict;
    verdict.expect(areThere,
                   QStringLiteral("%1 silent clients and %2 that stop half-way").arg(silentClients).arg(halfClients));
    const int most = QNetPool::ServerPool::Configuration().maximumPendingHandshakes;
    const double peak = std::max(phases[2].peakPending, phases[3].peakPending);
    verdict.expect(peak <= most, text(peak, "handshakes at a time at most"));
    verdict.expect(isOver, QStringLiteral("none is left of the attack"));
    verdict.expect(isAnswered, QStringLiteral("nobody waits any more"));
    judgeExchanges(verdict, ask(honest, "figures"), phases[2]);
    judgeReports(verdict, before, attacked, attackSeconds);
    judgeResources(verdict, before, after, std::max(phases[2].peakMemory, phases[3].peakMemory));
    return verdict.holds();
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    const QString role = arguments.value(1, QStringLiteral("1"));
    const auto port = quint16(arguments.value(2).toUInt());
    const quint32 strangers = 0x7f000200; // 127.0.2.x
    const quint32 neighbours = 0x7f000100; // 127.0.1.x
    const quint32 everywhere = 0x7f010000; // 127.1.x.x
    if (role == u"server")
        return Server::run(application, arguments.value(2).toInt());
    if (role == u"honest")
        return Honest::run(application, port);
    if (role == u"silent")
        return Swarm::run({silentClients, neighbours, attackAddresses, {}, 1s}, port);
    if (role == u"half")
        return Swarm::run({halfClients, neighbours + 100, attackAddresses, Swarm::clientHello(), 1s}, port);
    if (role == u"many")
        return Swarm::run({manyClients, everywhere, manyClients, {}, 1s}, port);
    if (role == u"flood")
        return Swarm::run({floodAtATime, strangers, attackAddresses, {}, 0ms}, port);
    return attackAndJudge(role.toInt()) ? 0 : 1;
}

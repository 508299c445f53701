// SPDX-License-Identifier: BSD-3-Clause
// attack: what hostile peers take from the honest ones, the callers, the memory and the descriptors of a process with a pool.
// That process, the attacker and the honest peers are processes of their own. Each figure is measured without the attack and
// with it, in turn, several rounds.
//
// QNETPOOL_BENCHMARK_BEFORE=<this program, built with another version of the library>: the same of that one, in the same run.
#include "attackers.h"
#include "ends.h"
#include "stopwatch.h"

#include <QtCore/QFile>
#include <QtCore/QLoggingCategory>
#include <QtCore/QPromise>
#include <QtCore/QThread>

#include <sys/resource.h>

#include <memory>

namespace {

// --- The process under attack ------------------------------------------------------------------------------------------

enum class Use {
    Idle,
    Taken, // again and again by a thread, which gives them back at once
    Validated, // the same, with a validator that takes its time
};

struct Target
{
    bool isServer = true;
    Transport transport = Transport::Tls;
    Use use = Use::Idle;
    int setupThreads = 0;
    int descriptors = 0; // the limit of the process; 0: the system's
    quint16 port = 0; // a client's
    int capacity = 0;

    QStringList arguments() const
    {
        QStringList arguments{QStringLiteral("--pool")};
        for (const int value : {int(isServer), int(transport), int(use), setupThreads, descriptors, int(port), capacity})
            arguments << QString::number(value);
        return arguments;
    }

    static Target of(const QStringList &arguments)
    {
        const auto value = [&arguments](int at) { return arguments.at(at + 2).toInt(); };
        return {value(0) != 0, Transport(value(1)), Use(value(2)), value(3), value(4), quint16(value(5)), value(6)};
    }
};

// As one that asks the peer and waits for its answer.
QFuture<bool> validate(QTcpSocket *socket)
{
    const auto promise = std::make_shared<QPromise<bool>>();
    promise->start();
    QTimer::singleShot(20, socket, [promise] {
        promise->addResult(true);
        promise->finish();
    });
    return promise->future();
}

template<typename Configuration> Configuration of(const Target &target, Configuration configuration)
{
    configuration.setupThreads = target.setupThreads;
    if (target.use == Use::Validated) {
        configuration.hooks.validator = validate;
        configuration.hooks.validateAfter = 0ms;
    }
    return configuration;
}

// The 99th percentile of take() and give back, in µs. A caller comes each half millisecond: when one has to wait for longer,
// those who would have come meanwhile count as well.
QByteArray takeP99(Pool &pool, std::chrono::milliseconds time)
{
    constexpr Clock::duration interval = 500us;
    std::vector<double> times;
    for (const Clock::time_point end = Clock::now() + time; Clock::now() < end;) {
        std::this_thread::sleep_for(interval);
        const Clock::time_point begin = Clock::now();
        static_cast<void>(pool.take());
        for (Clock::duration left = Clock::now() - begin; left > 0ns; left -= interval)
            times.push_back(seconds(left) * 1e6);
    }
    return QByteArray::number(quantile(times, 0.99));
}

void takeForEver(Pool &pool)
{
    while (true) {
        for (int i = 0; i < 10; ++i)
            static_cast<void>(pool.take());
        std::this_thread::sleep_for(5ms);
    }
}

// One that no event loop runs in, as std::thread has none.
QByteArray useOne(Pool &pool)
{
    const Connection connection = pool.take();
    QTcpSocket *const socket = connection.socket();
    return socket && socket->write("hello") == 5 && socket->flush() ? "1" : "0";
}

// "take MS" and "use" are answered by another thread, while the pool's turns its loop.
int serve(Pool &pool, Use use)
{
    answerParent(*QCoreApplication::instance(), [&pool, use](const QByteArray &line) {
        if (line == "look" && use != Use::Idle)
            std::thread([&pool] { takeForEver(pool); }).detach();
        else if (line.startsWith("take "))
            std::thread([&pool, line] { tell(takeP99(pool, std::chrono::milliseconds(line.mid(5).toInt()))); }).detach();
        else if (line == "use")
            std::thread([&pool] { tell(useOne(pool)); }).detach();
        return QByteArray::number(pool.idleCount());
    });
    _exit(QCoreApplication::exec()); // the threads may be in the pool
}

int runPool(const Target &target)
{
    QLoggingCategory::setFilterRules(QStringLiteral("qnetpool.*=false"));
    if (target.descriptors > 0) {
        const rlimit limit{rlim_t(target.descriptors), rlim_t(target.descriptors)};
        Bare::check(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
    }
    if (target.isServer) {
        ServerPool pool(of(target, serverFor(target.transport)));
        if (!pool.listen(QHostAddress::LocalHost))
            qFatal("cannot listen");
        tell(QByteArray::number(pool.serverPort()));
        return serve(pool, target.use);
    }
    ClientPool pool(of(target, clientFor(target.transport, target.port, target.capacity)));
    pool.start();
    return serve(pool, target.use);
}

// --- The parent --------------------------------------------------------------------------------------------------------

// One of the versions that are compared.
struct Version
{
    std::string name;
    QString program;
};

std::vector<Version> versions()
{
    std::vector<Version> versions{{"qnetpool", QCoreApplication::applicationFilePath()}};
    if (const QString before = qEnvironmentVariable("QNETPOOL_BENCHMARK_BEFORE"); !before.isEmpty())
        versions.push_back({"qnetpool, before", before});
    return versions;
}

QString text(int number)
{
    return QString::number(number);
}

void waitForIdle(OtherEnd &pool, int count)
{
    QElapsedTimer timer;
    for (timer.start(); pool.ask("idle").toInt() < count;) {
        QThread::msleep(10);
        if (timer.hasExpired(30000))
            qFatal("%d connections were not set up", count);
    }
}

std::vector<Figure> besideEachOther(double quiet, double attacked, const std::string &unit)
{
    return {{quiet, unit, "quiet"}, {attacked, unit, "attacked"}, {attacked / quiet, "x", "attacked / quiet"}};
}

QByteArray milliseconds(int normal)
{
    return QByteArray::number(isQuick() ? normal / 5 : normal);
}

std::vector<Figure> handshakes(const Version &version, const QString &group, int perSecond)
{
    OtherEnd pool(Target{}.arguments(), version.program);
    const QString port = QString::number(pool.readPort());
    OtherEnd honest({QStringLiteral("--honest"), port, nameOf(Transport::Tls)});
    OtherEnd attacker({QStringLiteral("--hellos"), port, group, text(perSecond)});
    const double quiet = honest.ask("measure " + milliseconds(1500)).toDouble();
    attacker.ask("go");
    const int before = attacker.ask("count").toInt();
    const Stopwatch watch;
    const double attacked = honest.ask("measure " + milliseconds(2500)).toDouble();
    std::vector<Figure> figures = besideEachOther(quiet, attacked, "ms");
    figures.push_back({(attacker.ask("count").toInt() - before) / watch.elapsed(), "1/s", "attacks"});
    return figures;
}

std::vector<Figure> takes(const Version &version, int connections, int updatesEach)
{
    constexpr int others = 20;
    OtherEnd pool(Target{}.arguments(), version.program);
    const QString port = QString::number(pool.readPort());
    OtherEnd honest({QStringLiteral("--honest"), port, nameOf(Transport::Tls)});
    honest.ask("hold " + QByteArray::number(others));
    OtherEnd attacker({QStringLiteral("--key-updates"), port, text(connections), text(updatesEach)});
    attacker.readLine(); // it is ready
    waitForIdle(pool, others + connections);
    const auto measure = [&](const std::function<void()> &meanwhile) {
        pool.ask("take " + milliseconds(1500));
        meanwhile();
        return pool.readLine().toDouble();
    };
    const double quiet = measure([] {});
    return besideEachOther(quiet, measure([&] { attacker.ask("go"); }), "µs");
}

constexpr int Connections = 32; // whose peers send without end

// Of the resident set, in KiB a connection. Read from outside, as a version whose loop does not turn any more would not answer.
class Growth
{
public:
    explicit Growth(const OtherEnd &pool) : m_pages(QStringLiteral("/proc/%1/statm").arg(pool.processId())) { }

    // After a while, or as soon as it is far too much.
    double after(std::chrono::milliseconds time) const
    {
        double growth = 0;
        for (const Clock::time_point end = Clock::now() + time; Clock::now() < end && growth < 16384;) {
            QThread::msleep(100);
            growth = (resident() - m_before) / Connections;
        }
        return growth;
    }

private:
    double resident() const
    {
        QFile pages(m_pages);
        if (!pages.open(QIODevice::ReadOnly))
            qFatal("cannot read %s", qPrintable(m_pages));
        return pages.readAll().split(' ').at(1).toDouble() * double(sysconf(_SC_PAGESIZE)) / 1024;
    }

    const QString m_pages;
    const double m_before = resident();
};

std::vector<Figure> memory(const Version &version, Target target)
{
    target.capacity = Connections;
    const auto start = [&] { return std::make_unique<OtherEnd>(target.arguments(), version.program); };
    std::unique_ptr<OtherEnd> pool;
    std::unique_ptr<OtherEnd> attacker;
    if (target.isServer) {
        pool = start();
        attacker = std::make_unique<OtherEnd>(QStringList{QStringLiteral("--endless-client"), nameOf(target.transport),
                                                          text(Connections), QString::number(pool->readPort())});
        attacker->readLine(); // it is connected
    } else {
        attacker = std::make_unique<OtherEnd>(
                QStringList{QStringLiteral("--endless-server"), nameOf(target.transport), text(Connections)});
        target.port = attacker->readPort();
        pool = start();
    }
    waitForIdle(*pool, Connections);
    pool->ask("look");
    QThread::msleep(200); // what is there once, for the thread and the first look
    const double quiet = Growth(*pool).after(1s);
    const Growth growth(*pool);
    attacker->ask("go");
    const std::chrono::milliseconds half = isQuick() ? 500ms : 3000ms;
    const double first = growth.after(half);
    const double second = growth.after(half);
    pool->kill();
    attacker->kill();
    return {{quiet, "KiB", "quiet"},
            {first, "KiB", "after 3 s"},
            {second, "KiB", "after 6 s"},
            {second - first, "KiB", "grown meanwhile"}};
}

// Whether a connection can be used by a std::thread while strangers have all descriptors, and how many of ten clients are
// served when those have left. It may have ended.
std::pair<double, double> atTheLimit(const Version &version, Transport transport, int strangers)
{
    OtherEnd pool(Target{.transport = transport, .setupThreads = 1, .descriptors = 100}.arguments(), version.program);
    const QString port = QString::number(pool.readPort());
    OtherEnd honest({QStringLiteral("--honest"), port, nameOf(transport)});
    OtherEnd attacker({QStringLiteral("--strangers"), port, text(strangers)});
    honest.ask("hold 5");
    waitForIdle(pool, 5);
    attacker.ask("connect");
    QThread::sleep(1); // there is nothing to wait for: at the limit, the pool accepts nobody
    const double used = pool.tryAsk("use") ? pool.tryReadLine().value_or("0").toDouble() : 0;
    attacker.ask("leave");
    return {used, honest.ask("serve 10").toDouble()};
}

std::vector<Figure> descriptors(const Version &version, Transport transport)
{
    const auto [usedQuietly, servedQuietly] = atTheLimit(version, transport, 0);
    const auto [used, served] = atTheLimit(version, transport, 200);
    return {{usedQuietly, "connections", "used in a thread, quiet"},
            {used, "connections", "used in a thread, attacked"},
            {servedQuietly, "connections", "served of 10, quiet"},
            {served, "connections", "served of 10 afterwards, attacked"}};
}

// All versions in turn.
void compareVersions(const QString &attack, int rounds, const std::function<std::vector<Figure>(const Version &)> &measure)
{
    std::vector<Rival> rivals;
    for (const Version &version : versions())
        rivals.push_back({version.name, [&measure, version] { return measure(version); }});
    compare("attack", {{QLatin1String("attack"), attack}}, rivals, isQuick() ? 1 : rounds);
}

void measureHellos(const char *group, int perSecond)
{
    QString attack = QStringLiteral("ClientHellos, ") + QLatin1String(group);
    if (perSecond > 0)
        attack += QStringLiteral(", %1 a second").arg(perSecond);
    compareVersions(attack, 3, [&](const Version &version) { return handshakes(version, QLatin1String(group), perSecond); });
}

void measureKeyUpdates(int connections)
{
    constexpr int updates = 400'000;
    compareVersions(QStringLiteral("KeyUpdates on %1").arg(connections), 3,
                    [&](const Version &version) { return takes(version, connections, updates / connections); });
}

void measureEndlessBytes(const Target &target, const char *use)
{
    const QLatin1String end(target.isServer ? "server" : "client");
    compareVersions(QStringLiteral("endless bytes, %1, %2, %3").arg(end, nameOf(target.transport), QLatin1String(use)), 1,
                    [&](const Version &version) { return memory(version, target); });
}

void measureDescriptors(Transport transport)
{
    compareVersions(QStringLiteral("100 descriptors, ") + nameOf(transport), 1,
                    [&](const Version &version) { return descriptors(version, transport); });
}

void measureAll()
{
    measureHellos("ffdhe8192", 10);
    measureHellos("ffdhe8192", 0);
    measureHellos("X25519", 100);
    measureHellos("X25519", 0);
    measureKeyUpdates(1);
    measureKeyUpdates(8);
    for (const bool isServer : {true, false}) {
        measureEndlessBytes({.isServer = isServer, .transport = Transport::Tcp}, "idle");
        measureEndlessBytes({.isServer = isServer}, "idle");
        measureEndlessBytes({.isServer = isServer, .use = Use::Taken}, "taken");
        measureEndlessBytes({.isServer = isServer, .use = Use::Validated}, "validated");
    }
    measureDescriptors(Transport::Tcp);
    measureDescriptors(Transport::Tls);
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const QStringList arguments = application.arguments();
    const QString role = arguments.value(1);
    const auto number = [&arguments](int at) { return arguments.at(at).toInt(); };
    const auto transport = [&arguments](int at) {
        return arguments.at(at) == nameOf(Transport::Tls) ? Transport::Tls : Transport::Tcp;
    };
    if (role == QLatin1String("--pool"))
        return runPool(Target::of(arguments));
    if (role == QLatin1String("--honest"))
        Attackers::beHonest(quint16(number(2)), transport(3));
    if (role == QLatin1String("--hellos"))
        Attackers::sendHellos(quint16(number(2)), qPrintable(arguments.at(3)), number(4));
    if (role == QLatin1String("--key-updates"))
        Attackers::sendKeyUpdates(quint16(number(2)), number(3), number(4));
    if (role == QLatin1String("--endless-client"))
        Attackers::sendEndlesslyTo(quint16(number(4)), transport(2), number(3));
    if (role == QLatin1String("--endless-server"))
        Attackers::serveEndlessly(transport(2), number(3));
    if (role == QLatin1String("--strangers"))
        Attackers::stayAway(quint16(number(2)), number(3));
    measureAll();
    return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "network.h"

#include "namespaces.h"

#include <QtCore/QRegularExpression>

using namespace std::chrono_literals;

namespace {

struct Result
{
    bool isDone = false;
    QString output; // or what is wrong
};

Result run(const QString &program, const QStringList &arguments, const QString &script)
{
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("PATH"),
                       environment.value(QStringLiteral("PATH")) + QStringLiteral(":/usr/sbin:/sbin"));
    process.setProcessEnvironment(environment);
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(program, arguments + QStringList{QStringLiteral("-ec"), script});
    if (!process.waitForFinished())
        return {false, process.errorString()};
    const QString output = QString::fromUtf8(process.readAll());
    if (process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0)
        return {true, output};
    return {false, output.simplified() + QStringLiteral(" (") + script + u')'};
}

Result run(const QString &script)
{
    return run(QStringLiteral("sh"), {}, script);
}

QString outputOf(const Result &result)
{
    if (!result.isDone)
        qFatal("%s", qPrintable(result.output));
    return result.output;
}

// The sum of the numbers that follow this word.
qint64 sumAfter(const QString &word, const QString &text)
{
    qint64 sum = 0;
    const QRegularExpression pattern(word + QStringLiteral(" (\\d+)"));
    QRegularExpressionMatchIterator matches = pattern.globalMatch(text);
    while (matches.hasNext())
        sum += matches.next().captured(1).toLongLong();
    return sum;
}

// On arrival: a packet dropped on departure would not be lost on the path, as its sender is told.
QString dropping(const QString &which)
{
    return QStringLiteral(
                   "nft 'table inet fault { chain arrival { type filter hook input priority 0; %1 counter drop; }; }'")
            .arg(which);
}

QString losing20Percent()
{
    return dropping(QStringLiteral("numgen random mod 100 < 20"));
}

QString slowingDown()
{
    return QStringLiteral("tc qdisc add dev path root tbf rate 1mbit burst 4kb latency 300ms");
}

constexpr bool needsRelay(Fault fault)
{
    return fault == Fault::Delay || fault == Fault::Reordering;
}

} // namespace

QString Network::whyNot()
{
    if (!leaveNetwork())
        return qt_error_string();
    for (const QString &script :
         {QStringLiteral("ip link add path type veth peer name other"), slowingDown(), losing20Percent()}) {
        if (const Result result = run(script); !result.isDone)
            return result.output;
    }
    if (const std::string cause = Relay::whyNot(); !cause.empty())
        return QStringLiteral("no TUN device: ") + QString::fromStdString(cause);
    return {};
}

Network::Network(Fault fault, bool isEncrypted, std::uint32_t seed) : m_fault(fault), m_server(isEncrypted)
{
    leaveNetwork();
    if (needsRelay(fault))
        m_relay = std::make_unique<Relay>("path", m_server.id(), seed);
    else
        here(QStringLiteral("ip link add name path type veth peer name path netns %1").arg(m_server.id()));
    here(QStringLiteral("ip addr add 192.0.2.1/24 dev path"));
    there(QStringLiteral("ip addr add 192.0.2.2/24 dev path"));
    onBoth(QStringLiteral("ip link set path up"));
    if (!m_relay) // until then it drops what is sent
        onBoth(QStringLiteral("until ip link show path | grep -q 'state UP'; do sleep 0.01; done"));
}

// The server first: a veth pair goes with either of its namespaces.
Network::~Network()
{
    m_server.exit();
}

QString Network::serverAddress() const
{
    return QStringLiteral("192.0.2.2");
}

void Network::begin()
{
    switch (m_fault) {
    case Fault::Loss:
        onBoth(losing20Percent());
        return;
    case Fault::Delay:
        return m_relay->setWeather({200ms, 60ms});
    case Fault::Reordering:
        return m_relay->setWeather({10ms, 50ms, true});
    case Fault::SlowLink:
        onBoth(slowingDown());
        return;
    case Fault::SilentDrop:
        onBoth(dropping(QString()));
        return;
    case Fault::LostRequests:
        there(dropping(QString()));
        return;
    case Fault::LostAnswers:
        here(dropping(QString()));
        return;
    case Fault::VanishedAddress:
        here(QStringLiteral("ip addr del 192.0.2.1/24 dev path"));
        return;
    }
}

void Network::end()
{
    m_hits = countHits();
    switch (m_fault) {
    case Fault::Loss:
    case Fault::SilentDrop:
    case Fault::LostRequests:
    case Fault::LostAnswers:
        onBoth(QStringLiteral("nft flush ruleset"));
        return;
    case Fault::Delay:
    case Fault::Reordering:
        return m_relay->setWeather({});
    case Fault::SlowLink:
        onBoth(QStringLiteral("tc qdisc del dev path root"));
        return;
    case Fault::VanishedAddress: // a new one in its place, as after a change of networks
        here(QStringLiteral("ip addr add 192.0.2.3/24 dev path"));
        return;
    }
}

qint64 Network::countHits() const
{
    switch (m_fault) {
    case Fault::Loss:
    case Fault::SilentDrop:
    case Fault::LostRequests:
    case Fault::LostAnswers:
        return sumAfter(QStringLiteral("counter packets"), onBoth(QStringLiteral("nft list ruleset")));
    case Fault::Delay:
    case Fault::Reordering:
        return m_relay->hits();
    case Fault::SlowLink:
        return sumAfter(QStringLiteral("overlimits"), onBoth(QStringLiteral("tc -s qdisc show dev path")));
    case Fault::VanishedAddress:
        break;
    }
    return 0;
}

QString Network::onBoth(const QString &script) const
{
    return here(script) + there(script);
}

QString Network::here(const QString &script) const
{
    return outputOf(run(script));
}

QString Network::there(const QString &script) const
{
    const QString process = QString::number(m_server.id());
    return outputOf(run(QStringLiteral("nsenter"),
                        {QStringLiteral("--target"), process, QStringLiteral("--net"), QStringLiteral("sh")}, script));
}

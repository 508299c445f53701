// SPDX-License-Identifier: BSD-3-Clause
#include "console.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QMetaEnum>

#include <cstdio>

using namespace QNetPool;
using namespace std::chrono_literals;

namespace Demo {

namespace {

constexpr int couldNotStart = 2;
constexpr qsizetype troublesASecond = 3; // an outage makes a lot of them that all say the same

void printLine(std::FILE *stream, const QString &line)
{
    std::fprintf(stream, "%s\n", qPrintable(line));
    std::fflush(stream);
}

QString liveLine(const Snapshot &now, const Snapshot &before, qint64 seconds)
{
    return QStringLiteral(
                   "%1 s  %2  idle %3/%4  target %5  leased %6  interval %7 ms  setup %8 ms  waited %9 %  errors %10  "
                   "exchanges %11  failed %12")
            .arg(seconds, 4)
            .arg(QLatin1String(QMetaEnum::fromType<Pool::State>().valueToKey(int(now.state))), -8)
            .arg(now.pool.idle)
            .arg(now.pool.capacity)
            .arg(now.pool.target)
            .arg(now.pool.leased)
            .arg(now.interval.count())
            .arg(setupMilliseconds(now), 0, 'f', 1)
            .arg(100 * waitShare(now, before), 0, 'f', 1)
            .arg(now.errors)
            .arg(now.exchanges)
            .arg(now.failed);
}

} // namespace

Console::Console(const CommandLine &commandLine) : m_commandLine(commandLine), m_run(commandLine.settings)
{
    connect(&m_run, &Run::stopped, qApp, &QCoreApplication::quit);
    connect(&m_stopSignal, &StopSignal::raised, this, &Console::stop);
    connect(&m_everySecond, &QTimer::timeout, this, &Console::tellProgress);
    m_everySecond.setTimerType(Qt::PreciseTimer);
}

int Console::run()
{
    if (!m_run.start()) {
        tellTroubles();
        return couldNotStart;
    }
    if (m_commandLine.settings.role == Role::Server)
        tellEndpoints();
    m_clock.start();
    if (m_commandLine.scenario) {
        m_player = std::make_unique<Player>(m_run, *m_commandLine.scenario);
        m_player->start();
    }
    m_everySecond.start(1s);
    if (m_commandLine.duration > 0s)
        QTimer::singleShot(m_commandLine.duration, Qt::PreciseTimer, this, &Console::stop);
    QCoreApplication::exec();

    const Snapshot end = m_run.snapshot();
    tellTroubles();
    printLine(stdout, toJson(end));
    return verdict(end);
}

// In a scenario exchanges may fail, but the pool has to recover.
int Console::verdict(const Snapshot &end) const
{
    if (!m_commandLine.scenario)
        return end.failed ? 1 : 0;
    const bool hasRecovered = end.state == Pool::State::Ready && end.exchanges > 0
            && end.pool.idle >= m_commandLine.settings.client.sizing.minimumCapacity;
    return hasRecovered || m_commandLine.scenario->load.rate == 0 ? 0 : 1;
}

// A client needs them, and a port 0 became another one.
void Console::tellEndpoints()
{
    QString line = QStringLiteral("listening on ") + m_run.server()->data().toString();
    if (const Endpoint control = m_run.server()->control(); control.port)
        line += QStringLiteral(", announcing IDs on ") + control.toString();
    printLine(stdout, line);
}

void Console::stop()
{
    if (m_run.isStopping())
        return QCoreApplication::quit(); // a second request does not wait
    m_run.stop();
}

void Console::hear()
{
    for (const auto &[site, name] :
         {std::pair(m_run.server(), QStringLiteral("server")), std::pair(m_run.client(), QStringLiteral("client"))}) {
        const QList<Note> notes = site ? site->chronicle().take() : QList<Note>();
        for (const Note &note : notes) {
            if (note.kind == Note::Kind::Error)
                noteTrouble(QStringLiteral("%1: %2").arg(name, note.text));
            else if (note.kind == Note::Kind::Action && site == m_run.server())
                printLine(stdout, QStringLiteral("* ") + note.text);
        }
    }
}

void Console::noteTrouble(const QString &message)
{
    if (m_troubles.size() < troublesASecond && !m_troubles.contains(message))
        m_troubles << message;
    else
        ++m_moreTroubles;
}

void Console::tellTroubles()
{
    hear();
    const QStringList troubles = std::exchange(m_troubles, {});
    for (const QString &trouble : troubles)
        printLine(stderr, QStringLiteral("qnetpool-demo: ") + trouble);
    if (const int more = std::exchange(m_moreTroubles, 0))
        printLine(stderr, QStringLiteral("qnetpool-demo: and %1 more errors").arg(more));
}

void Console::tellProgress()
{
    tellTroubles();
    const Snapshot now = m_run.snapshot();
    printLine(stdout, liveLine(now, std::exchange(m_last, now), m_clock.elapsed() / 1000));
}

} // namespace Demo

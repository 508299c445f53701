// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "generator.h"
#include "interpreter.h"
#include "shrinker.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QLoggingCategory>
#include <QtCore/QProcess>

#include <cstdio>

// Programs are run in processes of their own, this one started again: what crashes or hangs there is found and shrunk like
// everything else.
//     --explore SEED MILLISECONDS    one random program after the other
//     --play PROGRAM                 this one, as text
class Explorer
{
public:
    struct Finding
    {
        Program program;
        quint64 seed = 0;
        QString text; // empty: nothing
    };

    explicit Explorer(quint64 seed) : m_seed(seed) { }
    Finding explore(std::chrono::milliseconds time);
    int count() const { return m_count; } // programs
    static QString play(const Program &program);
    static Finding shrink(const Finding &finding, std::chrono::milliseconds time);

    static bool isChild(int argc, char **argv);
    static int runChild(int argc, char **argv);

private:
    static std::unique_ptr<QProcess> startChild(const QStringList &arguments);
    static QString lastWords(QProcess &child);
    static QString kindOf(const QString &finding) { return finding.section(u':', 0, 0).section(u'(', 0, 0); }
    static int exploreHere(quint64 seed, qint64 milliseconds);

    quint64 m_seed;
    int m_count = 0;
};

// Longer than a program takes that waits for what does not come.
constexpr int ChildPatience = 60000;

inline std::unique_ptr<QProcess> Explorer::startChild(const QStringList &arguments)
{
    auto child = std::make_unique<QProcess>();
    child->start(QCoreApplication::applicationFilePath(), arguments);
    return child;
}

// Empty: it has ended well.
inline QString Explorer::lastWords(QProcess &child)
{
    if (child.state() != QProcess::NotRunning && !child.waitForFinished(longer(ChildPatience))) {
        child.kill();
        child.waitForFinished();
        return QStringLiteral("hangs");
    }
    if (child.exitStatus() == QProcess::NormalExit && child.exitCode() == 0)
        return {};
    const QString said = QString::fromUtf8(child.readAllStandardError()).trimmed();
    return said.isEmpty() ? QStringLiteral("crashed: signal or exit code %1").arg(child.exitCode()) : said.right(4000);
}

inline QString Explorer::play(const Program &program)
{
    return lastWords(*startChild({QStringLiteral("--play"), QString::fromLatin1(program.toText())}));
}

inline Explorer::Finding Explorer::explore(std::chrono::milliseconds time)
{
    const auto child = startChild({QStringLiteral("--explore"), QString::number(m_seed), QString::number(time.count())});
    quint64 last = m_seed;
    bool isAlive = true;
    while (isAlive) {
        isAlive = child->waitForReadyRead(longer(ChildPatience));
        while (child->canReadLine()) {
            last = child->readLine().trimmed().toULongLong();
            ++m_count;
        }
    }
    if (child->state() != QProcess::NotRunning && !child->waitForFinished(1000))
        child->kill();
    return {Generator(last).program(), last, lastWords(*child)};
}

// A program for the same kind of finding. What fails now and then only is tried a few times.
inline Explorer::Finding Explorer::shrink(const Finding &finding, std::chrono::milliseconds time)
{
    qputenv("QNETPOOL_MODEL_PATIENCE", "1500");
    Finding shrunk = finding;
    const QDeadlineTimer deadline(time);
    const auto failsOnce = [&](const Program &candidate) {
        const QString text = play(candidate);
        const bool isSame = !text.isEmpty() && kindOf(text) == kindOf(finding.text);
        if (isSame)
            shrunk.text = text;
        return isSame;
    };
    const int tries = failsOnce(finding.program) && failsOnce(finding.program) ? 1 : 4;
    const auto fails = [&](const Program &candidate) {
        for (int i = 0; i < tries && !deadline.hasExpired(); ++i) {
            if (failsOnce(candidate))
                return true;
        }
        return false;
    };
    shrunk.program = Shrinker(fails, [&] { return deadline.hasExpired(); }).shrink(finding.program);
    return shrunk;
}

inline bool Explorer::isChild(int argc, char **argv)
{
    return argc > 2 && (qstrcmp(argv[1], "--explore") == 0 || qstrcmp(argv[1], "--play") == 0);
}

inline int Explorer::runChild(int argc, char **argv)
{
    QString text;
    if (argc > 3)
        return exploreHere(QByteArray(argv[2]).toULongLong(), QByteArray(argv[3]).toLongLong());
    text = Interpreter(Program::fromText(argv[2])).run();
    if (!text.isEmpty())
        std::fprintf(stderr, "%s\n", qPrintable(text));
    return text.isEmpty() ? 0 : 1;
}

// What a process that goes on for long needs: nothing that grows.
inline qint64 residentBytes()
{
    QFile file(QStringLiteral("/proc/self/statm"));
    return file.open(QIODevice::ReadOnly) ? file.readAll().split(' ').value(1).toLongLong() * 4096 : 0;
}

inline int Explorer::exploreHere(quint64 seed, qint64 milliseconds)
{
    const QDeadlineTimer deadline(milliseconds);
    constexpr int WarmingUp = 100; // programs
    constexpr qint64 Growth = 32 * 1024 * 1024; // of noise
    qint64 resident = 0;
    for (int count = 0; !deadline.hasExpired(); ++count, ++seed) {
        std::printf("%llu\n", seed);
        std::fflush(stdout);
        const QString text = Interpreter(Generator(seed).program()).run();
        if (!text.isEmpty()) {
            std::fprintf(stderr, "%s\n", qPrintable(text));
            return 1;
        }
        if (count == WarmingUp)
            resident = residentBytes();
#ifdef __SANITIZE_ADDRESS__
        constexpr bool isKept = true; // what is freed, for a while
#else
        constexpr bool isKept = false;
#endif
        if (!isKept && count > WarmingUp && residentBytes() > resident + Growth + count * 10000LL) {
            std::fprintf(stderr, "memory grows: by %lld bytes in %d programs\n", residentBytes() - resident, count);
            return 1;
        }
    }
    return 0;
}

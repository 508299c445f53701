// SPDX-License-Identifier: BSD-3-Clause
// The other end in a process of its own: 16,000 connections are more than half of what a process may have.
#pragma once

#include <QtCore/QCoreApplication>
#include <QtCore/QProcess>
#include <QtCore/QSocketNotifier>
#include <QtCore/QTextStream>

#include <cstdio>
#include <functional>
#include <optional>

// Runs this program, or another one, again with other arguments, until this object ends; what it prints on its standard
// output comes here.
class OtherEnd
{
public:
    explicit OtherEnd(const QStringList &arguments, const QString &program = QCoreApplication::applicationFilePath())
    {
        m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        m_process.start(program, arguments);
    }

    ~OtherEnd()
    {
        m_process.closeWriteChannel(); // see answerParent()
        if (!m_process.waitForFinished(20000))
            m_process.kill();
        m_process.waitForFinished();
    }

    // The next line that it prints; fatal if none comes.
    QByteArray readLine(int timeout = 60000)
    {
        const std::optional<QByteArray> line = tryReadLine(timeout);
        if (!line)
            qFatal("the other end says nothing: %s", qPrintable(m_process.errorString()));
        return *line;
    }

    // The same of one that may have ended.
    std::optional<QByteArray> tryReadLine(int timeout = 60000)
    {
        while (!m_process.canReadLine()) {
            if (!m_process.waitForReadyRead(timeout))
                return std::nullopt;
        }
        return m_process.readLine().trimmed();
    }

    qint64 processId() const { return m_process.processId(); }
    void kill() { m_process.kill(); } // one that would not end by itself

    quint16 readPort() { return quint16(readLine().toUInt()); }

    // A line for the other end, and its answer.
    QByteArray ask(const QByteArray &line)
    {
        write(line);
        return readLine();
    }

    std::optional<QByteArray> tryAsk(const QByteArray &line)
    {
        write(line);
        return tryReadLine();
    }

private:
    void write(const QByteArray &line)
    {
        m_process.write(line + '\n');
        m_process.waitForBytesWritten();
    }

    QProcess m_process;
};

// In the other end: a line on the standard output.
inline void tell(const QByteArray &line)
{
    std::printf("%s\n", line.constData());
    std::fflush(stdout);
}

// In the other end: calls answer with each line that comes on the standard input, and tells what it returns; the
// application quits when there are no more.
inline void answerParent(QCoreApplication &application, std::function<QByteArray(const QByteArray &)> answer = {})
{
    auto *notifier = new QSocketNotifier(fileno(stdin), QSocketNotifier::Read, &application);
    QObject::connect(notifier, &QSocketNotifier::activated, &application, [&application, answer, notifier] {
        char line[1024];
        if (!std::fgets(line, sizeof line, stdin)) {
            notifier->setEnabled(false);
            return application.quit();
        }
        tell(answer ? answer(QByteArray(line).trimmed()) : QByteArray());
    });
}

// The same without an event loop: the other end sleeps between the lines, and its loop turns in an answer only.
inline int answerAsleep(const std::function<QByteArray(const QByteArray &)> &answer)
{
    for (char line[1024]; std::fgets(line, sizeof line, stdin);)
        tell(answer(QByteArray(line).trimmed()));
    return 0;
}

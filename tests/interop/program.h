// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QProcess>
#include <QtCore/QTemporaryDir>

#include <csignal>

// A program of somebody else's, in a process and a directory of its own, with the tests' certificates. It is nobody's where the
// test is root's: some servers insist on that.
class Program
{
public:
    Program();
    ~Program();
    Q_DISABLE_COPY_MOVE(Program)

    static QString missing(const QStringList &names); // a sentence; empty: none is
    static quint16 freePort();

    QString path(const QString &file) const { return m_directory.filePath(file); }
    void write(const QString &file, const QByteArray &content);

    void start(const QString &name, const QStringList &arguments);
    bool waitForPort(quint16 port); // whether it accepts; each try is a connection
    bool waitForOutput(const QByteArray &text); // in which the event loop goes on, as in the next
    bool waitForEnd();
    bool stop(int signal = SIGTERM);
    void signal(int signal);
    void type(const QByteArray &input);
    void closeInput() { m_process.closeWriteChannel(); }

    int exitCode() const { return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1; }
    const QByteArray &output(); // of both kinds, since the start or the last type()

private:
    QTemporaryDir m_directory;
    QProcess m_process;
    QByteArray m_output;
};

// For initTestCase().
#define QNETPOOL_NEED_PROGRAMS(...)                                                                                         \
    if (const QString text = Program::missing({__VA_ARGS__}); !text.isEmpty()) {                                            \
        QVERIFY2(!qEnvironmentVariableIsSet("QNETPOOL_INTEROP_REQUIRED"), qPrintable(text));                                \
        QSKIP(qPrintable(text));                                                                                            \
    }

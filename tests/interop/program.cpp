// SPDX-License-Identifier: BSD-3-Clause
#include "program.h"

#include "certificates.h"
#include "patience.h"

#include <QtCore/QDir>
#include <QtCore/QRandomGenerator>
#include <QtCore/QStandardPaths>
#include <QtNetwork/QTcpServer>
#include <QtTest/QTest>

#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace {

constexpr uid_t Nobody = 65534;
constexpr int Patience = 20000;

QString executable(const QString &name)
{
    if (const QString found = QStandardPaths::findExecutable(name); !found.isEmpty())
        return found;
    QStringList folders{QStringLiteral("/usr/sbin")}; // servers are there, or one folder a version
    const QDir versions(QStringLiteral("/usr/lib/postgresql"));
    for (const QString &version : versions.entryList(QDir::Dirs | QDir::NoDotAndDotDot))
        folders << versions.filePath(version + QStringLiteral("/bin"));
    return QStandardPaths::findExecutable(name, folders);
}

void giveToNobody(const QString &path)
{
    if (::geteuid() == 0 && ::chown(qPrintable(path), Nobody, Nobody) != 0)
        qFatal("cannot give %s away", qPrintable(path));
}

// In the child. It ends with the test, however that ends.
void becomeNobody()
{
    if (::geteuid() == 0 && (::setgroups(0, nullptr) != 0 || ::setgid(Nobody) != 0 || ::setuid(Nobody) != 0))
        ::_exit(1);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL); // a change of the user clears it
}

} // namespace

Program::Program()
{
    giveToNobody(m_directory.path());
    for (const QString &certificate : {QStringLiteral("ca"), QStringLiteral("server"), QStringLiteral("client")}) {
        const QByteArray shown = Certificates::read(certificate + QStringLiteral(".crt"));
        const QByteArray key = Certificates::read(certificate + QStringLiteral(".key"));
        write(certificate + QStringLiteral(".crt"), shown);
        write(certificate + QStringLiteral(".key"), key);
        write(certificate + QStringLiteral(".pem"), shown + key);
    }
    m_process.setWorkingDirectory(m_directory.path());
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    m_process.setChildProcessModifier(becomeNobody);
}

Program::~Program()
{
    m_process.kill();
    m_process.waitForFinished();
}

QString Program::missing(const QStringList &names)
{
    for (const QString &name : names) {
        if (executable(name).isEmpty())
            return QStringLiteral("There is no %1 here; tests/run --interop installs it").arg(name);
    }
    return {};
}

// Below the ports that systems give to outgoing connections, so that it is still free when a server comes back to it.
quint16 Program::freePort()
{
    for (;;) {
        const auto port = quint16(QRandomGenerator::system()->bounded(20000, 32000));
        if (QTcpServer().listen(QHostAddress::LocalHost, port))
            return port;
    }
}

void Program::write(const QString &file, const QByteArray &content)
{
    QFile target(path(file));
    if (!target.open(QIODevice::WriteOnly) || target.write(content) != content.size())
        qFatal("cannot write %s", qPrintable(target.fileName()));
    target.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
    giveToNobody(target.fileName());
}

void Program::start(const QString &name, const QStringList &arguments)
{
    m_output.clear();
    m_process.start(executable(name), arguments);
    if (!m_process.waitForStarted())
        qFatal("cannot start %s: %s", qPrintable(name), qPrintable(m_process.errorString()));
}

bool Program::waitForPort(quint16 port)
{
    return QTest::qWaitFor(
            [port] {
                QTcpSocket socket;
                socket.connectToHost(QHostAddress(QHostAddress::LocalHost), port);
                return socket.waitForConnected(1000);
            },
            longer(Patience));
}

bool Program::waitForOutput(const QByteArray &text)
{
    return QTest::qWaitFor([&] { return output().contains(text); }, longer(Patience));
}

bool Program::waitForEnd()
{
    return QTest::qWaitFor([this] { return m_process.state() == QProcess::NotRunning; }, longer(Patience));
}

bool Program::stop(int signalNumber)
{
    signal(signalNumber);
    return waitForEnd();
}

void Program::signal(int signalNumber)
{
    if (const qint64 id = m_process.processId(); id > 0)
        ::kill(pid_t(id), signalNumber);
}

void Program::type(const QByteArray &input)
{
    output();
    m_output.clear();
    m_process.write(input);
}

const QByteArray &Program::output()
{
    return m_output += m_process.readAll();
}

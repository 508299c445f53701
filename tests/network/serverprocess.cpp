// SPDX-License-Identifier: BSD-3-Clause
#include "serverprocess.h"

#include "namespaces.h"

#include <csignal>
#include <sys/prctl.h>
#include <unistd.h>

ServerProcess::ServerProcess(bool isEncrypted)
{
    m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    m_process.setChildProcessModifier([] {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (!leaveNetwork())
            ::_exit(1);
    });
    QObject::connect(&m_process, &QProcess::readyReadStandardOutput, &m_process, [this] { read(); });
    m_process.start(QStringLiteral(QNETPOOL_NETWORK_SERVER), {isEncrypted ? QStringLiteral("tls") : QStringLiteral("tcp")});
    if (!m_process.waitForStarted())
        qFatal("cannot start the server: %s", qPrintable(m_process.errorString()));
}

ServerProcess::~ServerProcess()
{
    exit();
}

void ServerProcess::serve(QNetPool::ConnectionId id)
{
    m_process.write("serve " + id.toByteArray() + '\n');
}

void ServerProcess::flush()
{
    m_process.write("flush\n");
}

void ServerProcess::close()
{
    m_process.write("close\n");
}

bool ServerProcess::exit()
{
    m_process.closeWriteChannel();
    return (m_process.state() == QProcess::NotRunning || m_process.waitForFinished())
            && m_process.exitStatus() == QProcess::NormalExit && m_process.exitCode() == 0;
}

void ServerProcess::read()
{
    while (m_process.canReadLine())
        hear(m_process.readLine().trimmed());
}

void ServerProcess::hear(const QByteArray &line)
{
    const QList<QByteArray> words = line.split(' ');
    if (words.first() == "port")
        m_port = words.at(1).toUShort();
    else if (words.first() == "numbers")
        m_numbers = {words.at(1).toInt(), words.at(2).toInt(), words.at(3).toInt(), words.at(4).toInt()};
    else if (m_wrong.isEmpty())
        m_wrong = QString::fromUtf8(line);
}

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "pools.h"
#include "program.h"

// Of a client of somebody else's server. Pauses are short, so that a restart is noticed soon.
inline ClientPool::Configuration singleClientOf(quint16 port, bool isEncrypted = false)
{
    ClientPool::Configuration configuration = clientOf(port);
    configuration.connectionMode = ConnectionMode::Single;
    configuration.dropUnexpectedBytes = true;
    configuration.sizing.maximumBackoff = 200ms;
    if (isEncrypted)
        configuration.tls = {.mode = TlsMode::Verified, .configuration = Certificates::trustingCa()};
    return configuration;
}

// Waits for an answer that ends so, or for the connection's end. In any thread; the server is another process.
inline QByteArray ask(const Connection &connection, const QByteArray &request, const QByteArray &end)
{
    connection->write(request);
    QByteArray answer;
    while (!answer.endsWith(end) && connection->waitForReadyRead(longer(5000)))
        answer += connection->readAll();
    return answer;
}

// Everything that the pool has told.
inline QByteArray told(const QSignalSpy &errors)
{
    QByteArray text;
    for (const QList<QVariant> &error : errors)
        text += error.at(1).toString().toUtf8() + '\n';
    return text;
}

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "answer.h"

#include <QtCore/QPromise>
#include <QtNetwork/QTcpSocket>

#include <memory>

// Sends a few bytes and waits for the same ones: whether they came, and nothing else.
inline QFuture<bool> ping(QTcpSocket *socket, const QByteArray &bytes)
{
    struct Ping
    {
        QPromise<bool> promise;
        Answer answer;
        void end(bool isFit)
        {
            if (promise.future().isFinished())
                return;
            promise.addResult(isFit);
            promise.finish();
        }
    };
    const auto ping = std::make_shared<Ping>();
    ping->answer = Answer(bytes);
    ping->promise.start();
    QObject::connect(socket, &QTcpSocket::readyRead, socket, [ping, socket] {
        if (!ping->answer.add(socket->readAll()) || ping->answer.hasFarewell())
            ping->end(false);
        else if (ping->answer.isComplete())
            ping->end(true);
    });
    QObject::connect(socket, &QTcpSocket::disconnected, socket, [ping] { ping->end(false); });
    socket->write(bytes);
    return ping->promise.future();
}

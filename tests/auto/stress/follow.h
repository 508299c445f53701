// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QNetPool/Connection>

#include <QtCore/QFutureWatcher>

#include <functional>

// Calls use in context's thread once the future has ended. Not with then(): if it is attached at the very moment at which
// another thread ends the future, Qt (6.4) runs the continuation twice, and crashes.
inline void follow(QObject *context, const QFuture<QNetPool::Connection> &future,
                   std::function<void(QFuture<QNetPool::Connection>)> use)
{
    auto *watcher = new QFutureWatcher<QNetPool::Connection>(context);
    QObject::connect(watcher, &QFutureWatcherBase::finished, context, [watcher, use = std::move(use)] {
        watcher->deleteLater();
        QFuture<QNetPool::Connection> ended = watcher->future();
        watcher->setFuture({}); // a lease that nobody takes is not to stay with it
        use(std::move(ended));
    });
    watcher->setFuture(future);
}

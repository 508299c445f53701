// SPDX-License-Identifier: BSD-3-Clause
// A window with a line to ask with, the answer to it, and a number of the pool's as it changes. It never waits.
//   qnetpool-gui HOST PORT [QUESTION]    with a question, it asks that and ends
#include <QNetPool/ClientPool>
#include <QNetPool/PoolException>

#include <QtNetwork/QTcpSocket>
#include <QtWidgets/QApplication>
#include <QtWidgets/QFormLayout>
#include <QtWidgets/QLabel>
#include <QtWidgets/QLineEdit>

#include <cstdio>

using namespace QNetPool;

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    QWidget window;
    auto *question = new QLineEdit(arguments.value(3));
    auto *answer = new QLabel;
    auto *idle = new QLabel;
    auto *layout = new QFormLayout(&window);
    layout->addRow(QStringLiteral("Question"), question);
    layout->addRow(QStringLiteral("Answer"), answer);
    layout->addRow(QStringLiteral("Idle connections"), idle);
    window.show();

    ClientPool pool({.host = arguments.value(1), .port = arguments.value(2).toUShort()});
    QObject::connect(&pool, &Pool::idleCountChanged, idle, qOverload<int>(&QLabel::setNum));
    QObject::connect(&pool, &Pool::errorOccurred, answer,
                     [answer](auto, const QString &message) { answer->setText(message); });

    Connection lease; // from a question to its answer
    const auto end = [&] {
        lease.giveBack();
        question->setEnabled(true);
        if (arguments.size() > 3)
            QCoreApplication::exit(answer->text().isEmpty());
    };
    const auto read = [&] {
        if (!lease->canReadLine())
            return;
        answer->setText(QString::fromUtf8(lease->readLine().trimmed()));
        std::printf("%s\n", qPrintable(answer->text()));
        end(); // nothing is left in the connection for its next holder
    };
    const auto write = [&](Connection connection) {
        lease = std::move(connection);
        QObject::connect(lease.socket(), &QTcpSocket::readyRead, question, read);
        QObject::connect(lease.socket(), &QTcpSocket::disconnected, question, end);
        lease->write(question->text().toUtf8() + '\n');
    };
    const auto ask = [&] {
        question->setEnabled(false);
        answer->clear();
        pool.acquire().then(question, write).onFailed(question, [&](const PoolException &) { end(); });
    };
    QObject::connect(question, &QLineEdit::returnPressed, question, ask);
    pool.start();
    if (arguments.size() > 3)
        ask();
    return QApplication::exec();
}

// SPDX-License-Identifier: BSD-3-Clause
#ifndef QNETPOOL_POOLEXCEPTION_H
#define QNETPOOL_POOLEXCEPTION_H

#include <qnetpool/pool.h>

#include <QtCore/qexception.h>

// Needs exceptions: without them (-fno-exceptions) there is no QException, and this header declares nothing.
#if !defined(QT_NO_EXCEPTIONS) || defined(Q_CLANG_QDOC)

namespace QNetPool {

class QNETPOOL_EXPORT PoolException : public QException
{
public:
    PoolException(Pool::Error error, const QString &message);
    ~PoolException() override;
    PoolException(const PoolException &) = default;
    PoolException &operator=(const PoolException &) = default;

    Pool::Error error() const noexcept { return m_error; }
    QString message() const { return m_message; }
    const char *what() const noexcept override;

    void raise() const override;
    PoolException *clone() const override;

private:
    Pool::Error m_error;
    QString m_message;
    QByteArray m_what;
};

} // namespace QNetPool

#endif // QT_NO_EXCEPTIONS

#endif

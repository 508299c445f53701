// SPDX-License-Identifier: BSD-3-Clause
#include <qnetpool/poolexception.h>

/*!
    \class QNetPool::PoolException
    \inmodule QNetPool
    \brief How a Pool::acquire() fails.

    error() is AcquireTimeout, TooManyWaiters or Closed, and message() a sentence for people.

    \code
    pool.acquire().then(this, [](QNetPool::Connection connection) { … })
            .onFailed(this, [](const QNetPool::PoolException &failure) { qWarning() << failure.message(); });
    \endcode
*/

namespace QNetPool {

/*! Constructs an exception with a code and a sentence. */
PoolException::PoolException(Pool::Error error, const QString &message)
    : m_error(error), m_message(message), m_what(message.toUtf8())
{
}

PoolException::~PoolException() = default;

/*! \fn Pool::Error QNetPool::PoolException::error() const
    Returns the code. */

/*! \fn QString QNetPool::PoolException::message() const
    Returns the sentence. */

/*! Returns message() as UTF-8. */
const char *PoolException::what() const noexcept
{
    return m_what.constData();
}

/*! \reimp */
void PoolException::raise() const
{
    throw *this;
}

/*! \reimp */
PoolException *PoolException::clone() const
{
    return new PoolException(*this);
}

} // namespace QNetPool

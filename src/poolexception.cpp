// SPDX-License-Identifier: BSD-3-Clause
#include <qnetpool/poolexception.h>

/*!
    \class QNetPool::PoolException
    \inmodule QNetPool
    \brief Why a Pool::acquire() failed.

    error() is Pool::Error::AcquireTimeout, Pool::Error::TooManyWaiters or Pool::Error::Closed.

    \code
    pool.acquire().then(this, [](QNetPool::Connection connection) { … })
            .onFailed(this, [](const QNetPool::PoolException &failure) { qWarning() << failure.message(); });
    \endcode
*/

namespace QNetPool {

/*! Constructs an exception with a code \a error and a sentence \a message. */
PoolException::PoolException(Pool::Error error, const QString &message)
    : m_error(error), m_message(message), m_what(message.toUtf8())
{
}

/*! Destroys the exception. */
PoolException::~PoolException() = default;

/*!
    \fn QNetPool::PoolException::PoolException(const PoolException &other)
    Constructs a copy of \a other.
*/

/*!
    \fn PoolException &QNetPool::PoolException::operator=(const PoolException &other)
    Assigns \a other.
*/

/*!
    \fn Pool::Error QNetPool::PoolException::error() const
    Returns the code.
*/

/*!
    \fn QString QNetPool::PoolException::message() const
    Returns a sentence that names the cause, for a log or a user.
*/

/*! Returns message() as UTF-8, valid as long as the exception. */
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

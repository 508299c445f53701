// SPDX-License-Identifier: BSD-3-Clause
#ifndef QNETPOOL_CONNECTION_H
#define QNETPOOL_CONNECTION_H

#include <qnetpool/connectionid.h>

#include <memory>
#include <utility>

QT_FORWARD_DECLARE_CLASS(QTcpSocket)

namespace QNetPool {

class Stock;
struct Lease;

class QNETPOOL_EXPORT Connection
{
public:
    constexpr Connection() noexcept = default;
    ~Connection()
    {
        if (m_lease)
            end();
    }
    Connection(Connection &&other) noexcept : m_lease(std::exchange(other.m_lease, nullptr)) { }
    Connection &operator=(Connection &&other) noexcept
    {
        Connection moved(std::move(other));
        std::swap(m_lease, moved.m_lease);
        return *this;
    }

    explicit operator bool() const noexcept { return m_lease != nullptr; }
    ConnectionId id() const noexcept;
    QTcpSocket *socket() const;
    QTcpSocket *operator->() const { return socket(); }

    void giveBack();
    void discard();
    std::unique_ptr<QTcpSocket> detach();

private:
    Q_DISABLE_COPY(Connection)
    friend class Stock;
    explicit Connection(Lease *lease) noexcept : m_lease(lease) { }
    void end();

    Lease *m_lease = nullptr;
};

} // namespace QNetPool

#endif

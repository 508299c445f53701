// SPDX-License-Identifier: BSD-3-Clause
#include "peer.h"

#include <array>
#include <sys/socket.h>
#include <unistd.h>

void Peer::send(const QByteArray &bytes)
{
    const ssize_t taken = ::send(m_descriptor, bytes.constData(), std::size_t(bytes.size()), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken > 0)
        sent += bytes.left(taken);
}

void Peer::receive()
{
    std::array<char, 4096> buffer;
    ssize_t size = 0;
    while ((size = recv(m_descriptor, buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0)
        received.append(buffer.data(), size);
}

void Peer::halfClose()
{
    m_isThere = false;
    shutdown(m_descriptor, SHUT_WR);
}

void Peer::close()
{
    m_isThere = false;
    if (m_descriptor >= 0)
        ::close(std::exchange(m_descriptor, -1));
}

void Peer::reset()
{
    const linger now{1, 0};
    setsockopt(m_descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
}

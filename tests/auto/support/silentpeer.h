// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "system/systemaddress.h"

#include <array>
#include <sys/socket.h>
#include <unistd.h>

// An address and port that answers no connect: a listener whose queue is full, to which Linux lets no more through.
class SilentPeer
{
public:
    SilentPeer(const QHostAddress &address, quint16 port)
    {
        sockaddr_storage system{};
        const auto size = socklen_t(QNetPool::toSystem(address, port, &system));
        const auto *const any = reinterpret_cast<const sockaddr *>(&system);
        for (int &descriptor : m_descriptors)
            descriptor = ::socket(system.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int reuse = 1;
        ::setsockopt(m_descriptors[0], SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
        if (::bind(m_descriptors[0], any, size) || ::listen(m_descriptors[0], 0) || ::connect(m_descriptors[1], any, size))
            qFatal("cannot make %s silent", qPrintable(address.toString()));
    }
    ~SilentPeer()
    {
        for (const int descriptor : m_descriptors)
            ::close(descriptor);
    }

private:
    Q_DISABLE_COPY_MOVE(SilentPeer)
    std::array<int, 2> m_descriptors; // the listener and the one that fills its queue
};

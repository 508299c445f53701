// SPDX-License-Identifier: BSD-3-Clause
#include "socketoptions.h"

#include "system/kerneldescriptor.h"

namespace QNetPool {

SocketOptions::SocketOptions(QTcpSocket *socket)
    : m_lowDelay(socket->socketOption(QAbstractSocket::LowDelayOption)),
      m_keepAlive(socket->socketOption(QAbstractSocket::KeepAliveOption)),
      m_typeOfService(socket->socketOption(QAbstractSocket::TypeOfServiceOption)), m_kernelOptions(kernelDescriptor(*socket))
{
}

bool SocketOptions::restore(QTcpSocket *socket) const
{
    const auto put = [socket](QAbstractSocket::SocketOption option, const QVariant &before) {
        if (socket->socketOption(option) == before)
            return true;
        socket->setSocketOption(option, before);
        return socket->socketOption(option) == before;
    };
    return put(QAbstractSocket::LowDelayOption, m_lowDelay) && put(QAbstractSocket::KeepAliveOption, m_keepAlive)
            && put(QAbstractSocket::TypeOfServiceOption, m_typeOfService)
            && m_kernelOptions.restore(kernelDescriptor(*socket));
}

} // namespace QNetPool

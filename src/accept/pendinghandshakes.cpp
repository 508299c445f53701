// SPDX-License-Identifier: BSD-3-Clause
#include "pendinghandshakes.h"

#include <algorithm>

namespace QNetPool {

namespace {

// A peer with an IPv6 address usually has the whole /64.
QHostAddress networkOf(const QHostAddress &peer)
{
    if (peer.protocol() != QAbstractSocket::IPv6Protocol)
        return peer;
    Q_IPV6ADDR bytes = peer.toIPv6Address();
    std::fill(bytes.c + 8, bytes.c + 16, quint8(0));
    return QHostAddress(bytes);
}

} // namespace

void PendingHandshakes::setLimits(int inAll, int perPeer)
{
    m_limit = inAll;
    m_limitPerPeer = perPeer;
}

bool PendingHandshakes::isFull() const
{
    return m_limit > 0 && m_peers.size() >= m_limit;
}

bool PendingHandshakes::allows(const QHostAddress &peer) const
{
    return m_limitPerPeer <= 0 || m_counts.value(networkOf(peer)) < m_limitPerPeer;
}

void PendingHandshakes::begin(const Entry *entry, const QHostAddress &peer)
{
    const QHostAddress network = networkOf(peer);
    m_peers.insert(entry, network);
    ++m_counts[network];
}

void PendingHandshakes::end(const Entry *entry)
{
    const auto peer = m_peers.constFind(entry);
    if (peer == m_peers.constEnd())
        return;
    if (--m_counts[*peer] == 0)
        m_counts.remove(*peer);
    m_peers.erase(peer);
}

void PendingHandshakes::clear()
{
    m_peers.clear();
    m_counts.clear();
}

std::chrono::milliseconds PendingHandshakes::deadline(std::chrono::milliseconds timeout) const
{
    if (m_limit <= 0 || 2 * m_peers.size() <= m_limit)
        return timeout;
    const double pressure =
            std::min(2.0 * double(m_peers.size()) / m_limit - 1, 1.0); // 0 at half of the limit, 1 at the limit
    return std::chrono::milliseconds(std::max<qint64>(1, qint64(double(timeout.count()) * (1 - 0.75 * pressure))));
}

} // namespace QNetPool

// SPDX-License-Identifier: BSD-3-Clause
#include "pendinghandshakes.h"

#include <algorithm>

namespace QNetPool {

void PendingHandshakes::setLimits(int inAll, int perPeer)
{
    m_limit = inAll;
    m_limitPerPeer = perPeer;
}

bool PendingHandshakes::isFull() const
{
    return m_limit > 0 && m_peers.size() >= m_limit;
}

bool PendingHandshakes::allows(PeerNetwork peer) const
{
    return m_limitPerPeer <= 0 || m_counts.value(peer) < m_limitPerPeer;
}

void PendingHandshakes::begin(const Entry *entry, PeerNetwork peer)
{
    m_peers.insert(entry, peer);
    ++m_counts[peer];
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

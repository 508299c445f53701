// SPDX-License-Identifier: BSD-3-Clause
#include "pendinghandshakes.h"

#include "system/peerbudget.h"

#include <algorithm>
#include <cmath>

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
    return m_limitPerPeer <= 0 || count(peer) < share();
}

int PendingHandshakes::share() const
{
    const bool haveManyEach = count() >= 2 * m_counts.size();
    if (m_limitPerPeer <= 0 || m_limitPerPeer >= m_limit || !haveManyEach)
        return m_limitPerPeer;
    const double room = 1 - pressure();
    return std::max(1, int(std::ceil(m_limitPerPeer * room * room)));
}

void PendingHandshakes::begin(const Entry *entry, PeerNetwork peer)
{
    m_peers.insert(entry, peer);
    ++m_counts[peer];
}

void PendingHandshakes::end(const Entry *entry, bool hasFailed, Clock::time_point now)
{
    const auto peer = m_peers.constFind(entry);
    if (peer == m_peers.constEnd())
        return;
    countEnd(*peer, hasFailed, now);
    if (--m_counts[*peer] == 0)
        m_counts.remove(*peer);
    m_peers.erase(peer);
}

// Successes count for a peer, as it may be many clients behind one address.
void PendingHandshakes::countEnd(PeerNetwork peer, bool hasFailed, Clock::time_point now)
{
    if (now >= m_secondEnds) {
        m_failures.clear();
        m_secondEnds = now + std::chrono::seconds(1);
    }
    if (m_failures.size() < PeerBudget::PeersCounted || m_failures.contains(peer))
        m_failures[peer] += hasFailed ? 1 : -1;
}

bool PendingHandshakes::failsTooOften(PeerNetwork peer, Clock::time_point now) const
{
    return m_limitPerPeer > 0 && now < m_secondEnds && m_failures.value(peer) >= PeerBudget::FailedHandshakes;
}

void PendingHandshakes::clear()
{
    m_peers.clear();
    m_counts.clear();
    m_failures.clear();
}

double PendingHandshakes::pressure() const
{
    return m_limit > 0 ? std::clamp(2.0 * count() / m_limit - 1, 0.0, 1.0) : 0;
}

std::chrono::milliseconds PendingHandshakes::deadline(std::chrono::milliseconds timeout) const
{
    return std::chrono::milliseconds(std::max<qint64>(1, qint64(double(timeout.count()) * (1 - 0.75 * pressure()))));
}

} // namespace QNetPool

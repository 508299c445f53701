// SPDX-License-Identifier: BSD-3-Clause
#include "relay.h"

#include "namespaces.h"

#include <QtCore/qlogging.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace {

// In the calling thread's namespace; the device goes with its descriptor.
int openTun(const char *device)
{
    const int tun = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (tun < 0)
        return -1;
    ifreq request{};
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    std::strncpy(request.ifr_name, device, IFNAMSIZ - 1);
    if (::ioctl(tun, TUNSETIFF, &request) == 0)
        return tun;
    const int error = errno;
    ::close(tun);
    errno = error;
    return -1;
}

} // namespace

std::string Relay::whyNot()
{
    const int tun = openTun("probe");
    if (tun < 0)
        return std::strerror(errno);
    ::close(tun);
    return {};
}

Relay::Relay(const char *device, pid_t otherEnd, std::uint32_t seed) : m_quit(::eventfd(0, EFD_CLOEXEC)), m_random(seed)
{
    m_here.tun = openTun(device);
    std::thread([&] { // which does not come back from there
        enterNetworkOf(otherEnd);
        m_there.tun = openTun(device);
    })
            .join();
    if (m_here.tun < 0 || m_there.tun < 0)
        qFatal("no TUN device");
    m_thread = std::thread([this] { run(); });
}

Relay::~Relay()
{
    ::eventfd_write(m_quit, 1);
    m_thread.join();
    for (const int descriptor : {m_here.tun, m_there.tun, m_quit})
        ::close(descriptor);
}

void Relay::setWeather(Weather weather)
{
    const std::lock_guard lock(m_mutex);
    m_weather = weather;
}

long Relay::hits() const
{
    const std::lock_guard lock(m_mutex);
    return m_hits;
}

void Relay::run()
{
    std::array<pollfd, 3> polled{{{m_quit, POLLIN, 0}, {m_here.tun, POLLIN, 0}, {m_there.tun, POLLIN, 0}}};
    while (!(polled[0].revents & POLLIN)) {
        ::poll(polled.data(), polled.size(), millisecondsToNext());
        take(m_here, m_there);
        take(m_there, m_here);
        deliver();
    }
}

int Relay::millisecondsToNext() const
{
    if (m_travelling.empty())
        return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(m_travelling.begin()->first - Clock::now());
    return int(std::max(left.count(), decltype(left)::rep(0)));
}

void Relay::take(const End &from, End &to)
{
    std::array<char, 65536> buffer;
    ssize_t size;
    while ((size = ::read(from.tun, buffer.data(), buffer.size())) > 0)
        m_travelling.emplace(nextDue(to), Packet{to.tun, {buffer.data(), buffer.data() + size}});
}

Relay::Clock::time_point Relay::nextDue(End &to)
{
    const std::lock_guard lock(m_mutex);
    const auto jitter = std::uniform_int_distribution<std::chrono::milliseconds::rep>(0, m_weather.jitter.count())(m_random);
    const Clock::time_point due = Clock::now() + m_weather.delay + std::chrono::milliseconds(jitter);
    const bool overtakes = due < to.lastDue;
    m_hits += m_weather.reorders ? overtakes : m_weather.delay.count() > 0;
    to.lastDue = std::max(to.lastDue, due);
    return m_weather.reorders ? due : to.lastDue;
}

// What a device does not take is lost, as on any path.
void Relay::deliver()
{
    while (!m_travelling.empty() && m_travelling.begin()->first <= Clock::now()) {
        const Packet &packet = m_travelling.begin()->second;
        [[maybe_unused]] const ssize_t written = ::write(packet.tun, packet.bytes.data(), packet.bytes.size());
        m_travelling.erase(m_travelling.begin());
    }
}

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

// How packets travel, each way.
struct Weather
{
    std::chrono::milliseconds delay{0};
    std::chrono::milliseconds jitter{0}; // up to this more, evenly spread
    bool reorders = false; // each packet takes its own time and overtakes others
};

// Carries packets between two TUN devices, one in this namespace and one in another process's, late and out of order, as
// netem would: few kernels of build machines have that. In a thread of its own.
class Relay
{
public:
    Relay(const char *device, pid_t otherEnd, std::uint32_t seed);
    ~Relay();
    Relay(const Relay &) = delete;
    Relay &operator=(const Relay &) = delete;

    static std::string whyNot(); // empty: TUN devices can be made
    void setWeather(Weather weather);
    long hits() const; // how many packets were late or, where they are reordered, have overtaken another

private:
    using Clock = std::chrono::steady_clock;
    struct End
    {
        int tun = -1;
        Clock::time_point lastDue; // the latest, of what travels to this end
    };
    struct Packet
    {
        int tun;
        std::vector<char> bytes;
    };

    void run();
    int millisecondsToNext() const;
    void take(const End &from, End &to);
    Clock::time_point nextDue(End &to);
    void deliver();

    End m_here;
    End m_there;
    int m_quit = -1;
    std::multimap<Clock::time_point, Packet> m_travelling;
    std::mt19937 m_random;
    mutable std::mutex m_mutex; // of the weather, and what it did
    Weather m_weather;
    long m_hits = 0;
    std::thread m_thread;
};

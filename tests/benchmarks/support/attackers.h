// SPDX-License-Identifier: BSD-3-Clause
// Hostile peers for the benchmark "attack", and the honest ones beside them, each in a process of its own and without Qt's
// sockets. All of them wait for a line of the parent before they act, and are gone when it ends.
#pragma once

#include "../rivals/baresocket.h"
#include "../rivals/baretls.h"
#include "ends.h"

#include <atomic>
#include <csignal>
#include <string>
#include <thread>

namespace Attackers {

// Leaves threads that a peer may block for ever.
[[noreturn]] inline void obeyParent(const std::function<QByteArray(const QByteArray &)> &answer)
{
    std::signal(SIGPIPE, SIG_IGN);
    _exit(answerAsleep(answer));
}

inline void setReceiveTimeout(const Descriptor &descriptor, int timeout)
{
    const timeval time{timeout, 0}; // in s
    setsockopt(descriptor.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

// Not connected if nobody is there any more.
inline Descriptor dialFrom(quint32 address, quint16 port)
{
    Descriptor descriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in local = Bare::endpoint(address, 0);
    const sockaddr_in peer = Bare::endpoint(INADDR_LOOPBACK, port);
    Bare::check(bind(descriptor.get(), reinterpret_cast<const sockaddr *>(&local), sizeof local) == 0, "bind");
    if (connect(descriptor.get(), reinterpret_cast<const sockaddr *>(&peer), sizeof peer) != 0)
        return Descriptor();
    Bare::sendWithoutDelay(descriptor);
    return descriptor;
}

// --- ClientHellos ------------------------------------------------------------------------------------------------------

// One that has a key share of this group only.
inline std::string clientHello(const char *group)
{
    const Bare::TlsContext context = Bare::clientContext();
    if (SSL_CTX_set1_groups_list(context.get(), group) != 1)
        qFatal("OpenSSL does not know the group %s", group);
    const Bare::TlsSession session(SSL_new(context.get()));
    BIO *const sent = BIO_new(BIO_s_mem());
    SSL_set_bio(session.get(), BIO_new(BIO_s_mem()), sent);
    SSL_set_connect_state(session.get());
    SSL_do_handshake(session.get());
    char *bytes = nullptr;
    const long size = BIO_get_mem_data(sent, &bytes);
    return {bytes, std::size_t(size)};
}

// Sends it from one address again and again, at most one each so often: connects, waits for the first byte of the answer
// or its end, and resets the connection.
inline void floodFrom(quint32 address, quint16 port, const std::string &hello, Clock::duration pause,
                      std::atomic<int> &answered)
{
    for (Clock::time_point next = Clock::now();; next = std::max(next + pause, Clock::now())) {
        std::this_thread::sleep_until(next);
        const Descriptor descriptor = dialFrom(address, port);
        if (descriptor.get() < 0)
            return;
        setReceiveTimeout(descriptor, 5);
        char byte = 0;
        send(descriptor.get(), hello.data(), hello.size(), MSG_NOSIGNAL);
        answered += recv(descriptor.get(), &byte, 1, 0) >= 0 || errno == ECONNRESET;
        const linger reset{1, 0};
        setsockopt(descriptor.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
}

// "go": begins, from eight addresses. "count": how many were answered or refused.
[[noreturn]] inline void sendHellos(quint16 port, const char *group, int perSecond)
{
    constexpr int addresses = 8;
    const std::string hello = clientHello(group);
    const Clock::duration pause = perSecond > 0 ? Clock::duration(1s) * addresses / perSecond : Clock::duration(0);
    std::atomic<int> answered = 0;
    obeyParent([&](const QByteArray &line) {
        for (int i = 0; line == "go" && i < addresses; ++i) {
            std::thread([&, i] { floodFrom(INADDR_LOOPBACK + 1 + quint32(i), port, hello, pause, answered); }).detach();
            std::this_thread::sleep_for(pause / addresses);
        }
        return QByteArray::number(answered);
    });
}

// --- Peers of idle connections -----------------------------------------------------------------------------------------

struct Peer
{
    Descriptor descriptor;
    Bare::TlsSession session = {};
};

// It is idle in the pool soon after. False: nobody answers.
inline bool connectTo(Peer &peer, quint16 port, const Bare::TlsContext &context, quint32 from = INADDR_LOOPBACK)
{
    peer.descriptor = dialFrom(from, port);
    if (peer.descriptor.get() < 0)
        return false;
    setReceiveTimeout(peer.descriptor, 10);
    char id[8];
    if (!context)
        return recv(peer.descriptor.get(), id, sizeof id, MSG_WAITALL) == sizeof id;
    peer.session = Bare::session(context, peer.descriptor.get());
    return SSL_connect(peer.session.get()) == 1 && SSL_read(peer.session.get(), id, sizeof id) == sizeof id;
}

inline std::vector<Peer> connected(int count, quint16 port, const Bare::TlsContext &context)
{
    auto peers = std::vector<Peer>(std::size_t(count));
    for (Peer &peer : peers)
        Bare::check(connectTo(peer, port, context), "a connection to the pool");
    return peers;
}

inline void sendAll(const Descriptor &descriptor, const std::string &bytes)
{
    for (std::size_t at = 0; at < bytes.size();) {
        const ssize_t sent = send(descriptor.get(), bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        at += std::size_t(sent);
    }
}

// What so many updates of the peer's key look like on the wire.
inline std::string keyUpdates(const Peer &peer, int count)
{
    BIO *const sent = BIO_new(BIO_s_mem());
    SSL_set0_wbio(peer.session.get(), sent);
    for (int i = 0; i < count; ++i) {
        Bare::check(SSL_key_update(peer.session.get(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1
                            && SSL_do_handshake(peer.session.get()) == 1,
                    "SSL_key_update");
    }
    char *bytes = nullptr;
    const long size = BIO_get_mem_data(sent, &bytes);
    return {bytes, std::size_t(size)};
}

// Connects, and has everything ready by then. "go": sends it, and answers when it is sent or refused.
[[noreturn]] inline void sendKeyUpdates(quint16 port, int connections, int updatesEach)
{
    std::signal(SIGPIPE, SIG_IGN);
    const std::vector<Peer> peers = connected(connections, port, Bare::clientContext());
    std::vector<std::string> prepared;
    for (const Peer &peer : peers)
        prepared.push_back(keyUpdates(peer, updatesEach));
    tell("ready");
    obeyParent([&](const QByteArray &) {
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < peers.size(); ++i)
            threads.emplace_back([&, i] { sendAll(peers[i].descriptor, prepared[i]); });
        for (std::thread &thread : threads)
            thread.join();
        return QByteArray();
    });
}

inline void sendForEver(const Peer &peer)
{
    const std::string bytes(16384, 'x');
    while (peer.session ? SSL_write(peer.session.get(), bytes.data(), int(bytes.size())) > 0
                        : send(peer.descriptor.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) { }
}

// "go": all send without end.
[[noreturn]] inline void sendEndlessly(const std::vector<Peer> &peers)
{
    obeyParent([&](const QByteArray &) {
        for (const Peer &peer : peers)
            std::thread([&peer] { sendForEver(peer); }).detach();
        return QByteArray();
    });
}

// The pool's clients.
[[noreturn]] inline void sendEndlesslyTo(quint16 port, Transport transport, int connections)
{
    const std::vector<Peer> peers =
            connected(connections, port, transport == Transport::Tls ? Bare::clientContext() : nullptr);
    tell("ready");
    sendEndlessly(peers);
}

// A server for that many connections of a client pool.
[[noreturn]] inline void serveEndlessly(Transport transport, int connections)
{
    const Descriptor listening(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in local = Bare::endpoint(INADDR_LOOPBACK, 0);
    Bare::check(bind(listening.get(), reinterpret_cast<const sockaddr *>(&local), sizeof local) == 0
                        && listen(listening.get(), connections) == 0,
                "listen");
    tell(QByteArray::number(Bare::portOf(listening)));
    const Bare::TlsContext context = transport == Transport::Tls ? Bare::serverContext() : nullptr;
    std::vector<Peer> peers;
    for (int i = 0; i < connections; ++i) {
        Peer peer{Descriptor(accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC))};
        char id[9];
        std::snprintf(id, sizeof id, "%08x", unsigned(i + 1));
        if (context) {
            peer.session = Bare::session(context, peer.descriptor.get());
            Bare::check(SSL_accept(peer.session.get()) == 1 && SSL_write(peer.session.get(), id, 8) == 8, "a handshake");
        } else {
            sendAll(peer.descriptor, std::string(id, 8));
        }
        peers.push_back(std::move(peer));
    }
    sendEndlessly(peers);
}

// "connect" and "leave": that many who say nothing.
[[noreturn]] inline void stayAway(quint16 port, int count)
{
    std::vector<Descriptor> strangers;
    obeyParent([&](const QByteArray &line) {
        strangers.clear();
        for (int i = 0; line == "connect" && i < count; ++i)
            strangers.push_back(dialFrom(INADDR_LOOPBACK + 1, port));
        return QByteArray();
    });
}

// --- The honest --------------------------------------------------------------------------------------------------------

// Apart from the attackers' addresses: what those do there is held against all who come from them.
constexpr quint32 HonestAddress = INADDR_LOOPBACK + 0x100; // 127.0.1.1

// In ms, one after the other until the time is over, of TCP connect, TLS handshake and the ID.
inline std::vector<double> setupTimes(quint16 port, const Bare::TlsContext &context, std::chrono::milliseconds time)
{
    std::vector<double> times;
    for (const Clock::time_point end = Clock::now() + time; Clock::now() < end;) {
        const Clock::time_point begin = Clock::now();
        Peer peer;
        connectTo(peer, port, context, HonestAddress); // or fails after a time that counts
        times.push_back(seconds(Clock::now() - begin) * 1e3);
    }
    return times;
}

// "hold COUNT": connects and stays. "measure MS": the median of setupTimes(). "serve COUNT": how many of those get an ID.
[[noreturn]] inline void beHonest(quint16 port, Transport transport)
{
    const Bare::TlsContext context = transport == Transport::Tls ? Bare::clientContext() : nullptr;
    std::vector<Peer> held;
    obeyParent([&](const QByteArray &line) {
        const QList<QByteArray> words = line.split(' ');
        const int number = words.at(1).toInt();
        if (words.at(0) == "measure")
            return QByteArray::number(median(setupTimes(port, context, std::chrono::milliseconds(number))));
        int served = 0;
        auto peers = std::vector<Peer>(std::size_t(number));
        for (Peer &peer : peers)
            served += connectTo(peer, port, context, HonestAddress);
        if (words.at(0) == "hold")
            held = std::move(peers);
        return QByteArray::number(served);
    });
}

} // namespace Attackers

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "certificates.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <memory>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#ifdef __linux__
#include <linux/sockios.h>
#endif
#include <unistd.h>

// One end of a TLS connection that can do what QSslSocket cannot: key updates, renegotiations and session tickets at will,
// records that are sent only in part, and answers that nobody reads. It owns the descriptor. Nothing blocks but the handshake, which waits for
// the other end while that is served by turn().
class RawTls
{
public:
    enum class Role { Client, Server };

    RawTls(Role role, int descriptor, int version = TLS1_3_VERSION)
        : m_descriptor(descriptor), m_context(SSL_CTX_new(TLS_method()))
    {
        SSL_CTX_set_min_proto_version(m_context.get(), version);
        SSL_CTX_set_max_proto_version(m_context.get(), version);
        if (role == Role::Server) {
            const QByteArray folder = QNETPOOL_CERTIFICATES;
            SSL_CTX_use_certificate_chain_file(m_context.get(), (folder + "/server.crt").constData());
            SSL_CTX_use_PrivateKey_file(m_context.get(), (folder + "/server.key").constData(), SSL_FILETYPE_PEM);
        }
        m_tls.reset(SSL_new(m_context.get()));
        SSL_set_bio(m_tls.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        if (role == Role::Server)
            SSL_set_accept_state(m_tls.get());
        else
            SSL_set_connect_state(m_tls.get());
    }
    ~RawTls() { ::close(m_descriptor); }

    static std::unique_ptr<RawTls> connectTo(quint16 port, int version = TLS1_3_VERSION)
    {
        const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(descriptor, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0)
            qFatal("cannot connect");
        return std::make_unique<RawTls>(Role::Client, descriptor, version);
    }

    // One step of the handshake; true once it has finished. To be called until then, with turns of the event loop in between.
    bool shakeHands()
    {
        receive();
        const bool isFinished = SSL_do_handshake(m_tls.get()) == 1;
        send();
        return isFinished;
    }

    // Of a server, whose answer to the ClientHello is still to be sent, with the bytes of writeEarly() behind it.
    bool receivesHello()
    {
        receive();
        char byte;
        size_t size;
        m_hasHello = m_hasHello || SSL_read_early_data(m_tls.get(), &byte, 1, &size) == SSL_READ_EARLY_DATA_FINISH;
        return m_hasHello;
    }
    void writeEarly(const QByteArray &bytes)
    {
        size_t written;
        SSL_write_early_data(m_tls.get(), bytes.constData(), std::size_t(bytes.size()), &written);
    }

    // The bytes of the records, which are still to be sent.
    void write(const QByteArray &bytes) { SSL_write(m_tls.get(), bytes.constData(), int(bytes.size())); }
    void updateKeys(int times, bool requestsAnswer)
    {
        for (int i = 0; i < times; ++i) {
            SSL_key_update(m_tls.get(), requestsAnswer ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
            SSL_do_handshake(m_tls.get());
        }
    }
    void renegotiate() // in TLS 1.2: a server asks for it, a client begins it
    {
        SSL_renegotiate(m_tls.get());
        SSL_do_handshake(m_tls.get());
    }
    void issueTickets(int count) // of a server
    {
        for (int i = 0; i < count; ++i) {
            SSL_new_session_ticket(m_tls.get());
            SSL_do_handshake(m_tls.get());
        }
    }

    // Sends what the kernel takes at once, and returns how many bytes that was.
    qint64 send(qint64 most = std::numeric_limits<qint64>::max())
    {
        char *bytes;
        BIO *const pending = SSL_get_wbio(m_tls.get());
        qint64 sent = 0;
        for (long size; sent < most && (size = BIO_get_mem_data(pending, &bytes)) > 0;) {
            const qint64 now = std::min({qint64(size), qint64(65536), most - sent});
            const ssize_t taken = ::send(m_descriptor, bytes, std::size_t(now), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (taken <= 0) {
                m_isBroken |= taken == 0 || errno != EAGAIN;
                break;
            }
            sent += taken;
            char discarded[65536];
            BIO_read(pending, discarded, int(taken));
        }
        return sent;
    }
    // Receives, answers what has to be answered, and returns the bytes for the application.
    QByteArray read()
    {
        receive();
        QByteArray bytes(65536, Qt::Uninitialized);
        bytes.truncate(std::max(SSL_read(m_tls.get(), bytes.data(), int(bytes.size())), 0));
        send();
        return bytes;
    }
    qint64 received() const { return m_received; } // bytes, with those of TLS itself
    QByteArray peersFinished() const // another one after each handshake
    {
        QByteArray bytes(64, Qt::Uninitialized);
        bytes.truncate(qsizetype(SSL_get_peer_finished(m_tls.get(), bytes.data(), std::size_t(bytes.size()))));
        return bytes;
    }
    qint64 pending() const { return BIO_pending(SSL_get_wbio(m_tls.get())); } // bytes that are still to be sent
    bool isSent() const { return pending() == 0; }
    bool isDelivered() const // what was sent: the other end's kernel has it, or that end has read it
    {
#ifdef SIOCOUTQ
        const unsigned long request = SIOCOUTQ;
#else
        const unsigned long request = FIONWRITE;
#endif
        int bytes = 0;
        return ::ioctl(m_descriptor, request, &bytes) == 0 && bytes == 0;
    }
    bool isBroken() const
    {
        return m_isBroken;
    } // the other end has closed it

private:
    void receive()
    {
        char bytes[4096];
        ssize_t size;
        while ((size = ::recv(m_descriptor, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
            BIO_write(SSL_get_rbio(m_tls.get()), bytes, int(size));
            m_received += size;
        }
    }

    struct Free
    {
        void operator()(SSL *tls) const { SSL_free(tls); }
        void operator()(SSL_CTX *context) const { SSL_CTX_free(context); }
    };

    const int m_descriptor;
    const std::unique_ptr<SSL_CTX, Free> m_context;
    std::unique_ptr<SSL, Free> m_tls;
    bool m_hasHello = false;
    bool m_isBroken = false;
    qint64 m_received = 0;
};

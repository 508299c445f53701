// SPDX-License-Identifier: BSD-3-Clause
#include "relay.h"

#include "input.h"

#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>

Relay::Relay(int clientSide, int serverSide, Input &input)
    : m_streams{Stream{clientSide, serverSide, {}, {}}, Stream{serverSide, clientSide, {}, {}}}
{
    constexpr int most = 16;
    for (int i = 0; i < most && !input.isEmpty(); ++i) {
        Bits what(input.byte());
        const auto kind = Kind(what.number(3));
        Stream &stream = m_streams[std::size_t(what.number(1))];
        const int after = input.byte() + (what.number(4) << 8);
        stream.edits.push_back({kind, after, input.byte()});
    }
}

Relay::~Relay()
{
    reset();
    for (const Stream &stream : m_streams)
        ::close(stream.from);
}

bool Relay::pump()
{
    const bool toServer = pump(m_streams[0]);
    const bool toClient = pump(m_streams[1]);
    return toServer || toClient;
}

bool Relay::pump(Stream &stream)
{
    bool hasMoved = fill(stream);
    while (!stream.buffer.isEmpty() && !m_isReset) {
        hasMoved = true;
        if (stream.edits.empty() || stream.edits.front().after >= stream.buffer.size()) {
            if (!stream.edits.empty())
                stream.edits.front().after -= stream.buffer.size();
            pass(stream, stream.buffer.size());
            break;
        }
        const Edit edit = stream.edits.front();
        stream.edits.pop_front();
        pass(stream, edit.after);
        if (!apply(stream, edit))
            break;
    }
    return hasMoved;
}

// What the one end has sent by now, or that it ends.
bool Relay::fill(Stream &stream)
{
    if (m_isReset || stream.hasEnded)
        return false;
    std::array<char, 8192> bytes;
    const ssize_t size = recv(stream.from, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (size > 0) {
        stream.buffer.append(bytes.data(), size);
        return true;
    }
    if (size < 0 && errno == EAGAIN)
        return false;
    if (size < 0)
        reset();
    else
        end(stream);
    return true;
}

// False: what is left waits for the next time.
bool Relay::apply(Stream &stream, const Edit &edit)
{
    const qsizetype size = std::min<qsizetype>(edit.value, stream.buffer.size());
    switch (edit.kind) {
    case Cut:
        return false;
    case Flip:
        stream.buffer[0] = char(stream.buffer[0] ^ (edit.value ? edit.value : 1));
        return true;
    case Drop:
        stream.buffer.remove(0, size);
        return true;
    case Double:
        stream.buffer.prepend(stream.buffer.left(size));
        return true;
    case Insert:
        stream.buffer.prepend(QByteArray(1 + edit.value / 16, char(edit.value)));
        return true;
    case End:
        end(stream);
        return true;
    case Reset:
        reset();
        return false;
    default:
        stream.isSilent = true;
        return true;
    }
}

void Relay::pass(Stream &stream, qsizetype size)
{
    if (!stream.isSilent && !stream.hasEnded)
        ::send(stream.to, stream.buffer.constData(), std::size_t(size), MSG_NOSIGNAL | MSG_DONTWAIT);
    stream.buffer.remove(0, size);
}

void Relay::end(Stream &stream)
{
    stream.hasEnded = true;
    shutdown(stream.to, SHUT_WR);
}

void Relay::reset()
{
    m_isReset = true;
    const linger now{1, 0};
    const sockaddr nobody{AF_UNSPEC, {}};
    for (const Stream &stream : m_streams) {
        setsockopt(stream.from, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        ::connect(stream.from, &nobody, sizeof nobody); // a RST, and the descriptor stays
    }
}

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QByteArray>

#include <array>
#include <deque>

class Input;

// A man in the middle of a connection: passes on what either end sends, but for what the input does to it.
class Relay
{
public:
    enum class Direction : quint8 { ToServer, ToClient };

    Relay(int clientSide, int serverSide, Input &input);
    ~Relay();

    bool pump(); // false: nothing has moved

private:
    Q_DISABLE_COPY_MOVE(Relay)

    enum Kind : quint8 { Cut, Flip, Drop, Double, Insert, End, Reset, Silence, Kinds };
    struct Edit
    {
        Kind kind;
        qsizetype after; // so many bytes, counted from the edit before
        quint8 value;
    };
    struct Stream
    {
        int from;
        int to;
        std::deque<Edit> edits;
        QByteArray buffer; // came, and is not passed on yet
        bool isSilent = false; // swallows what comes
        bool hasEnded = false;
    };

    bool pump(Stream &stream);
    bool fill(Stream &stream);
    bool apply(Stream &stream, const Edit &edit);
    void pass(Stream &stream, qsizetype size);
    void end(Stream &stream);
    void reset();

    std::array<Stream, 2> m_streams;
    bool m_isReset = false;
};

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QByteArray>

// The other end of a pool's connection: does what the input says, and remembers which bytes went over.
class Peer
{
public:
    // key: the local port of the pool's end or, without TCP, its descriptor below zero.
    Peer(int descriptor, int key) : m_descriptor(descriptor), m_key(key) { }
    ~Peer() { reset(); }

    int key() const { return m_key; }
    bool isThere() const { return m_isThere; }

    void send(const QByteArray &bytes);
    void receive();
    void halfClose();
    void close();
    void reset();

    QByteArray sent; // what the kernel took
    QByteArray received;
    qsizetype delivered = 0; // how much of what was sent has come to the pool's holders
    QByteArray written; // by the pool's holders

private:
    Q_DISABLE_COPY_MOVE(Peer)

    int m_descriptor;
    const int m_key;
    bool m_isThere = true; // it has neither said that nothing more will come nor gone
};

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QByteArray>

// Bytes that a server sends unasked before it closes.
inline const QByteArray &farewell()
{
    static const QByteArray text("\0good bye", 9);
    return text;
}

// What comes back for one payload: the payload, byte for byte. A farewell may cut it short, and nothing comes after that.
class Answer
{
public:
    explicit Answer(QByteArray sent = {}) : m_sent(std::move(sent)) { }
    bool add(const QByteArray &bytes) // false: these are not the bytes that were sent
    {
        for (const char byte : bytes) {
            if (m_farewell == 0 && m_matched < m_sent.size() && byte == m_sent.at(m_matched))
                ++m_matched;
            else if (m_farewell < farewell().size() && byte == farewell().at(m_farewell))
                ++m_farewell;
            else
                return false;
        }
        return true;
    }
    bool isComplete() const { return m_matched == m_sent.size(); }
    bool hasFarewell() const { return m_farewell > 0; }
    const QByteArray &sent() const { return m_sent; }

private:
    QByteArray m_sent;
    qsizetype m_matched = 0;
    qsizetype m_farewell = 0;
};

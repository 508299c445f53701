// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QNetPool/ConnectionId>

#include <QtCore/QList>
#include <QtCore/QString>

#include <mutex>

namespace Demo {

struct Note
{
    enum class Kind { State, Sizing, Connection, Error, Action };

    qint64 time = 0; // ms since 1970
    Kind kind = Kind::State;
    QString text;
    QNetPool::ConnectionId id; // of the connection that it is about; null: of none
};

// What happens at an end, in order. Written in its thread, read in any other; who does not read loses the oldest.
class Chronicle
{
public:
    void write(Note::Kind kind, const QString &text, QNetPool::ConnectionId id = {});
    QList<Note> take(); // all since the last call

private:
    std::mutex m_mutex; // guards the following
    QList<Note> m_notes;
};

} // namespace Demo

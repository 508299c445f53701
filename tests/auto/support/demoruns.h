// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "engine/run.h"
#include "engine/security.h"
#include "pools.h"

using namespace Demo;

// Runs of the demo that are fast enough for tests.
inline Settings quickly(ConnectionMode mode = ConnectionMode::Multi, TlsMode tls = TlsMode::None)
{
    Settings settings;
    settings.client.connectionMode = settings.server.connectionMode = mode;
    settings.client.sizing.minimumCapacity = settings.client.sizing.maximumCapacity = 4;
    settings.client.sizing.minimumInterval = 20ms;
    settings.client.sizing.maximumInterval = 50ms;
    settings.client.sizing.maximumBackoff = 200ms;
    settings.load.rate = 100;
    settings.exchangeTimeout = longer(5000ms);
    if (tls != TlsMode::None)
        secure(settings, tls);
    return settings;
}

inline bool isReady(const Run &run)
{
    const Snapshot now = run.snapshot();
    return now.state == Pool::State::Ready
            && now.pool.idle + now.pool.leased
            >= run.settings().client.sizing.minimumCapacity; // some may be out at any moment
}

// All that an end wrote down, each note as it is read.
class Reading
{
public:
    explicit Reading(Site *site) : m_site(site) { }

    bool has(Note::Kind kind, const QString &text)
    {
        m_notes += m_site->chronicle().take();
        return std::any_of(m_notes.cbegin(), m_notes.cend(),
                           [&](const Note &note) { return note.kind == kind && note.text.contains(text); });
    }

private:
    Site *m_site;
    QList<Note> m_notes;
};

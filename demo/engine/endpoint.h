// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QString>

#include <optional>

namespace Demo {

// A host, by name or address, and a port.
struct Endpoint
{
    QString host;
    quint16 port = 0; // where one listens: 0 is any that is free

    // "host:port", "192.0.2.7:port" or "[2001:db8::7]:port".
    static std::optional<Endpoint> fromString(QStringView text);
    QString toString() const;
};

} // namespace Demo

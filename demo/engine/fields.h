// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "fieldinfo.h"

#include <QNetPool/ClientPool>
#include <QNetPool/ServerPool>

#include <QtCore/QVariantMap>

#include <functional>
#include <vector>

namespace Demo {

// A field of a pool's configuration, and its value as text. Everything here is for both ends: Configuration is
// QNetPool::ClientPool's or QNetPool::ServerPool's.
template<typename Configuration> struct Field
{
    FieldInfo info;
    std::function<QString(const Configuration &)> text;
    std::function<QString(Configuration &, const QString &)> setText; // returns the cause if it cannot
};

// Every field, group by group. Where a form shows them and where the command line reads them, it is by this table.
template<typename Configuration> const std::vector<Field<Configuration>> &fields();

// By its path in the API: "limits.idleTimeout".
template<typename Configuration> QStringList fieldNames();

// "idleTimeout" is short for "limits.idleTimeout". A name that is not short for exactly one field is returned as it is.
template<typename Configuration> QString fullName(const QString &name);

// Sets a field by its name, which may be short; or returns false, changes nothing, and problem names the field and the cause.
template<typename Configuration>
bool setField(Configuration &configuration, const QString &name, const QString &text, QString *problem);

// Everything that a text can say, by name, for QSettings.
template<typename Configuration> QVariantMap toSettings(const Configuration &configuration);
// What the settings do not name, or name wrongly, stays as it is in the base.
template<typename Configuration> Configuration fromSettings(const QVariantMap &settings, Configuration base = {});

} // namespace Demo

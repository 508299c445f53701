// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QObject>

#include <memory>

namespace Demo {

// The wish of whoever watches the terminal that the program comes to an end: Ctrl+C, SIGTERM. One object a program.
class StopSignal final : public QObject
{
    Q_OBJECT

public:
    explicit StopSignal(QObject *parent = nullptr);
    ~StopSignal() override;

Q_SIGNALS:
    void raised();

private:
    struct Source;
    std::unique_ptr<Source> m_source;
};

} // namespace Demo

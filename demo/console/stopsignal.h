// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QObject>

#include <memory>

namespace Demo {

// The user's request to end the program: Ctrl+C, SIGTERM. One object per program.
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

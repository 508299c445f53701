// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qatomic.h>

namespace QNetPool {

// The steps of setting up a connection, in order.
enum class SetupStep { Connect, Encrypt, ReadId, SendId, Done };

using SetupProgress = QAtomicInt; // a setup's step, for other threads to tell of

struct SetupPlan
{
    bool isServer = false;
    bool isEncrypted = false;
    bool exchangesId = false;
    bool hasDialer = false; // whose slots may write
};

constexpr SetupStep stepAfter(SetupStep step, const SetupPlan &plan) noexcept
{
    switch (step) {
    case SetupStep::Connect:
        if (plan.isEncrypted)
            return SetupStep::Encrypt;
        [[fallthrough]];
    case SetupStep::Encrypt:
        if (plan.exchangesId)
            return plan.isServer ? SetupStep::SendId : SetupStep::ReadId;
        [[fallthrough]];
    case SetupStep::ReadId:
    case SetupStep::SendId:
    case SetupStep::Done:
        break;
    }
    return SetupStep::Done;
}

} // namespace QNetPool

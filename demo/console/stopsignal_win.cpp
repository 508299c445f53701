// SPDX-License-Identifier: BSD-3-Clause
#include "stopsignal.h"

#include <atomic>
#include <qt_windows.h>

namespace Demo {

static std::atomic<StopSignal *> receiver = nullptr;

// In a thread of the system's own. Where the console itself is closed, Windows ends the program when this returns.
static BOOL WINAPI handle(DWORD event)
{
    StopSignal *signal = receiver;
    if (!signal || (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT))
        return FALSE;
    QMetaObject::invokeMethod(signal, &StopSignal::raised, Qt::QueuedConnection);
    return TRUE;
}

struct StopSignal::Source
{
};

StopSignal::StopSignal(QObject *parent) : QObject(parent)
{
    receiver = this;
    SetConsoleCtrlHandler(handle, TRUE);
}

StopSignal::~StopSignal()
{
    receiver = nullptr;
    SetConsoleCtrlHandler(handle, FALSE);
}

} // namespace Demo

// SPDX-License-Identifier: BSD-3-Clause
#include "stopsignal.h"

#include <QtCore/QSocketNotifier>

#include <cerrno>
#include <csignal>
#include <sys/socket.h>
#include <unistd.h>

namespace Demo {

// A handler may do next to nothing, so it writes a byte that the event loop reads.
static int handlersEnd = -1;

extern "C" {
static void handle(int)
{
    const int before = errno;
    const char byte = 0;
    [[maybe_unused]] const auto written = ::write(handlersEnd, &byte, 1);
    errno = before;
}
}

struct StopSignal::Source
{
    int ends[2] = {-1, -1};
    std::unique_ptr<QSocketNotifier> notifier;
};

static void setHandler(void (*handler)(int))
{
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
}

StopSignal::StopSignal(QObject *parent) : QObject(parent), m_source(std::make_unique<Source>())
{
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, m_source->ends) != 0) {
        qWarning("Ctrl+C will end the program at once: %s", qPrintable(qt_error_string()));
        return;
    }
    m_source->notifier = std::make_unique<QSocketNotifier>(m_source->ends[1], QSocketNotifier::Read);
    connect(m_source->notifier.get(), &QSocketNotifier::activated, this, [this] {
        char byte;
        if (::read(m_source->ends[1], &byte, 1) == 1)
            Q_EMIT raised();
    });
    handlersEnd = m_source->ends[0];
    setHandler(handle);
}

StopSignal::~StopSignal()
{
    setHandler(SIG_DFL);
    m_source->notifier.reset();
    for (const int end : m_source->ends) {
        if (end >= 0)
            ::close(end);
    }
}

} // namespace Demo

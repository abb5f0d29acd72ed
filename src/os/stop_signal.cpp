// SPDX-License-Identifier: Apache-2.0
#include "os/stop_signal.hpp"

#include <poll.h>
#include <sys/signalfd.h>

#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace runlake::os {

namespace {

sigset_t stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) { sigaddset(&set, number); }
    return set;
}

}  // namespace

core::Result<StopSignal> StopSignal::install() {
    const sigset_t set = stop_signals();
    Fd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd.is_open()) { return system_error(errno, "waiting for signals", "signalfd"); }
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return StopSignal(std::move(fd));
}

StopSignal::~StopSignal() {
    if (!fd_.is_open()) { return; }
    // What came while we waited was meant for the wait: it has been answered.
    signalfd_siginfo info{};
    while (::read(fd_.get(), &info, sizeof info) > 0) {}
    const sigset_t set = stop_signals();
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

bool StopSignal::wait(std::chrono::milliseconds limit) const {
    pollfd waiting{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, static_cast<int>(limit.count())) > 0;
}

}  // namespace runlake::os

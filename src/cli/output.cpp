// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "os/files.hpp"
#include "os/held_pipe_signal.hpp"

namespace runlake::cli {
namespace {

constexpr std::size_t k_piece = std::size_t{1} << 16U;

// 0 or the errno. A descriptor that another process made non-blocking is waited for: a terminal is shared.
int write_whole(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(fd, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            pollfd wait{.fd = fd, .events = POLLOUT, .revents = 0};
            ::poll(&wait, 1, -1);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

// Only reached when SIGPIPE is ignored, as under some service managers: end as if it was not.
void end_by_sigpipe() {
    ::signal(SIGPIPE, SIG_DFL);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, SIGPIPE);
    ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
    ::raise(SIGPIPE);
}

}  // namespace

void Output::write(std::string_view text) {
    if (failure_) { return; }
    held_ += text;
    if (held_.size() >= k_piece || (terminal_ && held_.ends_with('\n'))) { flush(); }
}

void Output::flush() {
    if (failure_ || held_.empty()) { return; }
    const int error = write_whole(fd_, held_);
    held_.clear();
    if (error == EPIPE) { end_by_sigpipe(); }
    if (error != 0) { failure_ = core::Error(core::Errc::io, os::system_error(error, "writing to", "stdout").message()); }
}

core::Status Output::finish() {
    flush();
    if (failure_) { return *failure_; }
    return core::ok();
}

// Work goes on where nobody reads what is said about it.
void write_stderr(std::string_view text) {
    const os::HeldPipeSignal held;
    static_cast<void>(write_whole(2, text));
}

}  // namespace runlake::cli

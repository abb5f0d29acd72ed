// SPDX-License-Identifier: Apache-2.0
#include "os/piped_child.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "os/child.hpp"

namespace runlake::os {
namespace {

constexpr std::size_t k_buffer_bytes = 65536;
constexpr std::size_t k_complaint_bytes = 4096;

core::Result<std::array<Fd, 2>> make_pair(std::string_view program) {
    std::array<int, 2> fds{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) != 0) { return system_error(errno, "starting", program); }
    return std::array<Fd, 2>{Fd(fds[0]), Fd(fds[1])};
}

}  // namespace

core::Result<PipedChild> PipedChild::start(const std::vector<std::string>& argv) {
    RL_ASSIGN(auto talk, make_pair(argv[0]));
    RL_ASSIGN(auto errors, make_pair(argv[0]));
    ChildOptions options;
    options.argv = argv;
    options.stdin_fd = talk[1].get();
    options.stdout_fd = talk[1].get();
    options.stderr_fd = errors[1].get();
    options.own_process_group = true;    // an interrupt at the terminal is for us; it ends with us
    options.die_with_parent = true;
    RL_ASSIGN(HeldChild held, HeldChild::fork(options));
    talk[1] = Fd();
    errors[1] = Fd();
    PipedChild child(held.pid(), std::move(talk[0]), std::move(errors[0]));
    if (const int error = held.go(); error != 0) { return system_error(error, "running", argv[0]); }
    return child;
}

PipedChild::PipedChild(pid_t pid, Fd talk, Fd errors) : pid_(pid), talk_(std::move(talk)), errors_(std::move(errors)), buffer_(k_buffer_bytes, '\0') {}

PipedChild::PipedChild(PipedChild&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), talk_(std::move(other.talk_)), errors_(std::move(other.errors_)), buffer_(std::move(other.buffer_)), complaints_(std::move(other.complaints_)) {}

PipedChild::~PipedChild() {
    if (pid_ < 0) { return; }
    talk_ = Fd();
    ::kill(pid_, SIGTERM);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {}
}

bool PipedChild::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(talk_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) { continue; }
        if (sent < 0) { return false; }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string_view PipedChild::receive() {
    bool talks = true;
    for (;;) {
        std::array<pollfd, 2> polled = {pollfd{talks ? talk_.get() : -1, POLLIN, 0}, pollfd{errors_.is_open() ? errors_.get() : -1, POLLIN, 0}};
        if (!talks && !errors_.is_open()) { return {}; }
        if (::poll(polled.data(), polled.size(), -1) < 0) {
            if (errno == EINTR) { continue; }
            return {};
        }
        if (polled[1].revents != 0) {
            const ssize_t got = ::read(errors_.get(), buffer_.data(), buffer_.size());
            if (got > 0) {
                complaints_.append(buffer_, 0, static_cast<std::size_t>(got));
                if (complaints_.size() > k_complaint_bytes) { complaints_.erase(0, complaints_.size() - k_complaint_bytes); }
            } else if (got == 0 || errno != EINTR) {
                errors_ = Fd();
            }
            continue;
        }
        if (polled[0].revents != 0) {
            const ssize_t got = ::read(talk_.get(), buffer_.data(), buffer_.size());
            if (got > 0) { return std::string_view(buffer_).substr(0, static_cast<std::size_t>(got)); }
            if (got < 0 && errno == EINTR) { continue; }
            talks = false;   // what it still has to complain of
        }
    }
}

void PipedChild::hang_up() { ::shutdown(talk_.get(), SHUT_RDWR); }

}  // namespace runlake::os

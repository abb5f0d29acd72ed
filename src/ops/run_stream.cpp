// SPDX-License-Identifier: Apache-2.0
#include "ops/run_stream.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/text.hpp"
#include "record/output_log.hpp"

namespace runlake::ops {
namespace {

constexpr std::size_t k_chunk = 64U << 10U;
constexpr std::size_t k_most_reply = 8192;

// The copier process itself.
class Copier {
  public:
    Copier(int source, int control, const CopyOptions& options) : source_(source), control_(control), target_(options.target_fd) {
        if (options.log_path) { log_.emplace(*options.log_path, options.log_limit); }
    }

    void run() {
        while (source_ >= 0 || control_ >= 0) {
            std::array<pollfd, 2> polled = {pollfd{source_, POLLIN, 0}, pollfd{control_, POLLIN, 0}};
            if (::poll(polled.data(), polled.size(), -1) < 0) { continue; }
            if (polled[1].revents != 0) { answer(); }
            if (polled[0].revents != 0) { pass_on(); }
        }
    }

  private:
    // One piece. At the end of the stream, or when its reader has gone, the source is closed.
    void pass_on() {
        const ssize_t got = ::read(source_, buffer_.data(), buffer_.size());
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) { return; }
        bool over = got <= 0;
        if (got > 0) {
            const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(got));
            bytes_ += bytes.size();
            record::keep_tail(tail_, bytes, k_tail_bytes);
            over = !forward(bytes);
            if (log_) { log_->add(bytes); }
        }
        if (!over) { return; }
        ::close(source_);
        source_ = -1;
        if (log_) { log_->end(); }
    }

    // The target is written directly: its failures are the program's own, no point at which Runlake changes a disk.
    bool forward(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t written = ::write(target_, bytes.data(), bytes.size());
            if (written > 0) {
                bytes.remove_prefix(static_cast<std::size_t>(written));
            } else if (errno == EAGAIN) {
                pollfd ready{target_, POLLOUT, 0};  // somebody made it non-blocking
                ::poll(&ready, 1, -1);
            } else if (errno != EINTR) {
                return false;
            }
        }
        return true;
    }

    // The recorder asks: pass on what is there now, no more (a program in the background may write for ever), then say what was seen.
    void answer() {
        char word = 0;
        if (::recv(control_, &word, 1, 0) <= 0) {
            ::close(control_);
            control_ = -1;
            return;
        }
        int waiting = 0;
        if (source_ >= 0 && ::ioctl(source_, FIONREAD, &waiting) == 0) {
            const std::uint64_t until = bytes_ + static_cast<std::uint64_t>(waiting);
            while (source_ >= 0 && bytes_ < until) { pass_on(); }
        }
        if (source_ >= 0) {
            pollfd state{source_, POLLIN, 0};
            if (::poll(&state, 1, 0) == 1 && (state.revents & POLLIN) == 0) { pass_on(); }  // nothing in it, and no writer
        }
        if (log_) { log_->flush(); }
        const std::string problem = log_ && log_->problem() ? log_->problem()->substr(0, 1024) : "";
        std::string reply(sizeof bytes_, '\0');
        std::memcpy(reply.data(), &bytes_, sizeof bytes_);
        reply += log_ && log_->exists() ? '1' : '0';
        reply += source_ < 0 ? '1' : '0';
        reply += core::cat(problem, '\0', tail_);
        ::send(control_, reply.data(), reply.size(), MSG_NOSIGNAL);
    }

    int source_;
    int control_;
    int target_;
    std::optional<record::OutputLog> log_;
    std::array<char, k_chunk> buffer_{};
    std::string tail_;
    std::uint64_t bytes_ = 0;
};

// Nothing else of the recorder may stay open in the copier: an open stdout would keep its reader waiting, a lock held.
void close_all_but(std::array<int, 3> kept) {
    std::sort(kept.begin(), kept.end());
    unsigned first = 0;
    for (const int fd : kept) {
        const auto own = static_cast<unsigned>(fd);
        if (own > first) { ::close_range(first, own - 1, 0); }
        first = own + 1;
    }
    ::close_range(first, ~0U, 0);
}

[[noreturn]] void be_copier(int source, int control, const CopyOptions& options) {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, nullptr);
    ::prctl(PR_SET_NAME, "runlake-copy");
    close_all_but({source, control, options.target_fd});
    if (::chdir("/") != 0) {}  // a folder that is to be removed must not be held
    Copier(source, control, options).run();
    ::_exit(0);
}

core::Error cannot_start(int error) { return os::system_error(error, "starting", "a process that copies output"); }

core::Result<os::Fd> lifted(int fd) {
    os::Fd raw(fd);
    if (raw.get() > 2) { return raw; }
    const int high = ::fcntl(raw.get(), F_DUPFD_CLOEXEC, 3);
    if (high < 0) { return cannot_start(errno); }
    return os::Fd(high);
}

}  // namespace

core::Result<OutputCopier> OutputCopier::start(const CopyOptions& options) {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) { return cannot_start(errno); }
    core::Result<os::Fd> source = lifted(fds[0]);
    core::Result<os::Fd> write_end = lifted(fds[1]);
    if (!source.ok()) { return std::move(source).take_error(); }
    if (!write_end.ok()) { return std::move(write_end).take_error(); }
    // Packets: one word, one answer.
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()) != 0) { return cannot_start(errno); }
    core::Result<os::Fd> ours = lifted(fds[0]);
    core::Result<os::Fd> copiers = lifted(fds[1]);
    if (!ours.ok()) { return std::move(ours).take_error(); }
    if (!copiers.ok()) { return std::move(copiers).take_error(); }
    const pid_t pid = ::fork();
    if (pid < 0) { return cannot_start(errno); }
    if (pid == 0) { be_copier(source.value().get(), copiers.value().get(), options); }
    return OutputCopier(pid, std::move(write_end).take(), std::move(ours).take());
}

std::optional<OutputCopier::Seen> OutputCopier::finish(std::chrono::milliseconds patience) {
    close_write_end();
    const char word = '?';
    if (::send(control_.get(), &word, 1, MSG_NOSIGNAL) != 1) { return std::nullopt; }
    pollfd polled{control_.get(), POLLIN, 0};
    int ready = 0;
    do { ready = ::poll(&polled, 1, static_cast<int>(patience.count())); } while (ready < 0 && errno == EINTR);
    std::array<char, k_most_reply> buffer{};
    const ssize_t got = ready > 0 ? ::recv(control_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT) : -1;
    control_ = os::Fd();
    if (got < static_cast<ssize_t>(sizeof(std::uint64_t) + 3)) { return std::nullopt; }
    std::string_view reply(buffer.data(), static_cast<std::size_t>(got));
    Seen seen;
    std::memcpy(&seen.bytes, reply.data(), sizeof seen.bytes);
    reply.remove_prefix(sizeof seen.bytes);
    seen.logged = reply[0] == '1';
    if (reply[1] == '1') {
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {}
    }
    reply.remove_prefix(2);
    const std::size_t end = std::min(reply.find('\0'), reply.size() - 1);
    if (end > 0) { seen.log_problem = std::string(reply.substr(0, end)); }
    seen.tail = reply.substr(end + 1);
    return seen;
}

std::optional<FileTail> FileTail::begin(int fd) {
    struct stat info{};
    if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) { return std::nullopt; }
    const int flags = ::fcntl(fd, F_GETFL);
    // Before the first write to a file opened for appending, its position says nothing.
    const off_t start = flags >= 0 && (flags & O_APPEND) != 0 ? info.st_size : ::lseek(fd, 0, SEEK_CUR);
    if (start < 0) { return std::nullopt; }
    return FileTail(fd, start);
}

std::string FileTail::read() const {
    const off_t end = ::lseek(fd_, 0, SEEK_CUR);
    if (end <= start_) { return ""; }
    // Opened anew: ours may be for writing only, and its position is the program's.
    const os::Fd file(::open(core::cat("/proc/self/fd/", fd_).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.is_open()) { return ""; }
    const auto wanted = static_cast<std::size_t>(std::min<off_t>(end - start_, static_cast<off_t>(k_tail_bytes)));
    std::string text(wanted, '\0');
    const ssize_t got = ::pread(file.get(), text.data(), wanted, end - static_cast<off_t>(wanted));
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
}

bool is_open_for_program(int fd) {
    const int flags = ::fcntl(fd, F_GETFD);
    return flags >= 0 && (flags & FD_CLOEXEC) == 0;
}

StreamKind stream_kind(int fd) {
    struct stat info{};
    if (!is_open_for_program(fd) || ::fstat(fd, &info) != 0) { return StreamKind::other; }
    if (S_ISREG(info.st_mode)) { return StreamKind::file; }
    if (S_ISFIFO(info.st_mode)) { return StreamKind::stream; }
    if (S_ISSOCK(info.st_mode)) { return is_same_stream(0, fd) ? StreamKind::other : StreamKind::stream; }
    if (S_ISCHR(info.st_mode)) {
        if (::isatty(fd) == 1) { return StreamKind::terminal; }
        return info.st_rdev == makedev(1, 3) ? StreamKind::stream : StreamKind::other;
    }
    return StreamKind::other;
}

bool is_same_stream(int a, int b) {
    struct stat first{};
    struct stat second{};
    return ::fstat(a, &first) == 0 && ::fstat(b, &second) == 0 && !S_ISCHR(first.st_mode) && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace runlake::ops

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stage_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "core/text.hpp"
#include "os/child.hpp"
#include "os/system.hpp"
#include "record/output_log.hpp"

namespace runlake::pipeline {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t k_tail_bytes = 2048;
constexpr milliseconds k_grace{5000};          // between TERM and KILL of what took too long
constexpr int k_longest_wait_ms = 250;

// One output of the program, read without waiting.
class Stream {
  public:
    static core::Result<Stream> open(const std::optional<std::string>& log, std::uint64_t limit, std::function<void(std::string_view)> sink) {
        std::array<int, 2> fds{};
        if (::pipe2(fds.data(), O_CLOEXEC) != 0) { return os::system_error(errno, "starting", "a stage"); }
        Stream stream;
        stream.source_ = os::Fd(fds[0]);
        stream.write_end_ = os::Fd(fds[1]);
        if (::fcntl(stream.source_.get(), F_SETFL, O_NONBLOCK) != 0) { return os::system_error(errno, "starting", "a stage"); }
        if (log) { stream.log_ = std::make_unique<record::OutputLog>(*log, limit); }
        stream.sink_ = std::move(sink);
        return stream;
    }
    int write_end() const { return write_end_.get(); }
    void close_write_end() { write_end_ = os::Fd(); }
    int source() const { return source_.get(); }

    // Everything that is there now.
    void drain() {
        std::array<char, 65536> buffer;  // NOLINT: filled by read
        while (source_.is_open()) {
            const ssize_t got = ::read(source_.get(), buffer.data(), buffer.size());
            if (got > 0) {
                const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
                record::keep_tail(tail_, bytes, k_tail_bytes);
                if (log_) { log_->add(bytes); }
                if (sink_) { sink_(bytes); }
            } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
                source_ = os::Fd();
            } else if (errno == EAGAIN) {
                return;
            }
        }
    }
    std::string finish(std::vector<std::string>& notes) {
        drain();
        source_ = os::Fd();
        if (log_) {
            log_->end();
            if (log_->problem()) { notes.push_back(core::cat("captured output is not whole: ", *log_->problem())); }
        }
        return std::move(tail_);
    }

  private:
    os::Fd source_;
    os::Fd write_end_;
    std::unique_ptr<record::OutputLog> log_;
    std::function<void(std::string_view)> sink_;
    std::string tail_;
};

// The waiting: for output, the end, the limit of time, the user.
class Watch {
  public:
    Watch(const StageProgram& program, pid_t pid, Stream& out, Stream& err)
        : program_(program), pid_(pid), out_(out), err_(err), handle_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}

    void run(ProgramOutcome& outcome) {
        const std::int64_t began = now();
        if (program_.timeout) { limit_ = began + program_.timeout->count(); }
        while (!has_ended()) {
            wait();
            if (kill_at_ && (now() >= *kill_at_ || program_.stopper->times() > 1)) { ::kill(-pid_, SIGKILL); }
            if (kill_at_) { continue; }
            if (program_.stopper->times() > 0) {
                outcome.stopped = true;
                ask_to_end(program_.stopper->grace());
            } else if (limit_ && now() >= *limit_) {
                outcome.timed_out = true;
                ask_to_end(k_grace);
            }
        }
        // Before it is reaped its number is nobody else's. What it left behind must not write into what is published.
        ::kill(-pid_, SIGKILL);
        while (::waitpid(pid_, &outcome.wait_status, 0) < 0 && errno == EINTR) {}
        outcome.seconds = static_cast<double>(now() - began) / 1000.0;
    }

  private:
    static std::int64_t now() { return os::system_clock().monotonic_ns() / 1'000'000; }

    bool has_ended() const {
        siginfo_t info{};
        return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == pid_;
    }
    void ask_to_end(milliseconds grace) {
        ::kill(-pid_, SIGTERM);
        ::kill(-pid_, SIGCONT);
        kill_at_ = now() + grace.count();
    }
    void wait() {
        // Without a descriptor for the process, looked at often.
        std::int64_t pause = handle_.is_open() ? k_longest_wait_ms * 40 : 5;
        if (kill_at_) { pause = std::clamp<std::int64_t>(*kill_at_ - now(), 0, std::min<std::int64_t>(pause, k_longest_wait_ms)); }
        if (limit_ && !kill_at_) { pause = std::clamp<std::int64_t>(*limit_ - now(), 0, pause); }
        std::array<pollfd, 4> polled = {pollfd{out_.source(), POLLIN, 0}, pollfd{err_.source(), POLLIN, 0}, pollfd{handle_.get(), POLLIN, 0},
                                        pollfd{kill_at_ ? -1 : program_.stopper->fd(), POLLIN, 0}};
        if (::poll(polled.data(), polled.size(), static_cast<int>(pause)) <= 0) { return; }
        if (polled[0].revents != 0) { out_.drain(); }
        if (polled[1].revents != 0) { err_.drain(); }
    }

    const StageProgram& program_;
    pid_t pid_;
    Stream& out_;
    Stream& err_;
    os::Fd handle_;
    std::optional<std::int64_t> limit_;
    std::optional<std::int64_t> kill_at_;
};

}  // namespace

core::Result<std::unique_ptr<Stopper>> Stopper::make() {
    os::Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!fd.is_open()) { return os::system_error(errno, "waiting for signals", "eventfd"); }
    return std::unique_ptr<Stopper>(new Stopper(std::move(fd)));  // NOLINT: the constructor is private
}

void Stopper::stop() {
    ++times_;
    const std::uint64_t one = 1;
    while (::write(fd_.get(), &one, sizeof one) < 0 && errno == EINTR) {}
}

core::Result<ProgramOutcome> run_stage_program(const StageProgram& program) {
    const auto log = [&](std::string_view name) { return program.output_folder ? std::optional(core::cat(*program.output_folder, '/', name)) : std::nullopt; };
    const auto sink = [&](int stream) -> std::function<void(std::string_view)> {
        if (!program.output) { return {}; }
        return [&program, stream](std::string_view bytes) { program.output(stream, bytes); };
    };
    RL_ASSIGN(Stream out, Stream::open(log("stdout.log"), program.log_limit, sink(1)));
    RL_ASSIGN(Stream err, Stream::open(log("stderr.log"), program.log_limit, sink(2)));
    const os::Fd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!nothing.is_open()) { return os::system_error(errno, "opening", "/dev/null"); }
    os::ChildOptions options;
    options.argv = program.argv;
    options.environment = program.environment;
    options.working_dir = program.working_dir;
    options.stdin_fd = nothing.get();
    options.stdout_fd = out.write_end();
    options.stderr_fd = err.write_end();
    options.own_process_group = true;
    options.die_with_parent = true;
    options.signal_mask = program.signal_mask;
    options.sandbox = program.sandbox;
    RL_ASSIGN(os::HeldChild child, os::HeldChild::fork(options));
    program.guard->watch(child.pid());
    core::Result<std::string> traceparent = program.held(child.pid());
    if (!traceparent.ok()) {
        child.abandon();
        program.guard->forget(child.pid());
        return std::move(traceparent).take_error();
    }
    ProgramOutcome outcome;
    outcome.exec_error = child.go({{"TRACEPARENT", traceparent.value()}});
    out.close_write_end();
    err.close_write_end();
    Watch(program, child.pid(), out, err).run(outcome);
    program.guard->forget(child.pid());
    static_cast<void>(out.finish(outcome.notes));
    outcome.stderr_tail = err.finish(outcome.notes);
    return outcome;
}

}  // namespace runlake::pipeline

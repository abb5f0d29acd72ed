// SPDX-License-Identifier: Apache-2.0
#include "ops/sql_console.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <thread>

#include "os/files.hpp"
#include "os/start_thread.hpp"
#include "runs/query_export.hpp"

namespace runlake::ops {
namespace {

// Interrupts a console when the stop signal comes, from a thread of its own, while this object lives.
class Interrupter {
  public:
    static core::Result<Interrupter> start(runs::Console& console, const os::StopSignal& stop) {
        os::Fd done(::eventfd(0, EFD_CLOEXEC));
        if (!done.is_open()) { return os::system_error(errno, "waiting for signals", "eventfd"); }
        RL_ASSIGN(std::thread thread, os::start_thread([&console, stop_fd = stop.fd(), done_fd = done.get()] { wait(console, stop_fd, done_fd); }));
        return Interrupter(std::move(done), std::move(thread));
    }
    Interrupter(Interrupter&&) noexcept = default;
    Interrupter& operator=(Interrupter&&) = delete;
    ~Interrupter() {
        if (!thread_.joinable()) { return; }
        const std::uint64_t one = 1;
        static_cast<void>(::write(done_.get(), &one, sizeof one) == sizeof one);  // an event counter takes any first number
        thread_.join();
    }

  private:
    Interrupter(os::Fd done, std::thread thread) : done_(std::move(done)), thread_(std::move(thread)) {}

    static void wait(runs::Console& console, int stop_fd, int done_fd) {
        std::array<pollfd, 2> waiting{{{stop_fd, POLLIN, 0}, {done_fd, POLLIN, 0}}};
        while (::poll(waiting.data(), waiting.size(), -1) < 0 && errno == EINTR) {}
        if (waiting[0].revents == 0) { return; }
        // Asked again until it is over: an interrupt between two steps of the statement would go unheard.
        do {
            console.interrupt();
            pollfd over{done_fd, POLLIN, 0};
            if (::poll(&over, 1, 20) > 0) { return; }
        } while (true);
    }

    os::Fd done_;
    std::thread thread_;
};

}  // namespace

core::Status ask(runs::Console& console, const SqlQuestion& question) {
    if (question.stop == nullptr) { return console.run(question.sql, question.form, question.columns, question.row); }
    RL_ASSIGN(const Interrupter interrupter, Interrupter::start(console, *question.stop));
    return console.run(question.sql, question.form, question.columns, question.row);
}

std::string sql_text(const core::Json& value) {
    const std::string* text = value.as_string();
    return text != nullptr ? *text : core::to_json(value);
}

std::string csv_line(const std::vector<core::Json>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) { line += ','; }
        if (!cells[i].is_null()) { runs::append_csv(line, sql_text(cells[i])); }
    }
    return line += '\n';
}

}  // namespace runlake::ops

// SPDX-License-Identifier: Apache-2.0
// From the words of a call to its exit status: find the command, read its words, run it, report.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/hidden.hpp"
#include "cli/invocation.hpp"
#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "cli/render/style.hpp"
#include "cli/words.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "os/system.hpp"
#include "os/want_of_memory.hpp"

namespace runlake::cli {
namespace {

using core::cat;

constexpr std::string_view k_program_name = "runlake";

// A closed standard descriptor would be given to the next file that is opened, and the answer be written into it. The opposite direction of /dev/null keeps
// reading and writing an error, as it was.
void occupy_standard_descriptors() {
    for (const int fd : {0, 1, 2}) {
        if (::fcntl(fd, F_GETFD) < 0) { static_cast<void>(::open("/dev/null", (fd == 0 ? O_WRONLY : O_RDONLY) | O_CLOEXEC)); }
    }
}

// A write past the limit of file sizes (ulimit -f), DuckDB's too, is then an error with a message, and `run` goes on watching its program. A handler and not SIG_IGN:
// a program that we start has the default again.
void outlive_file_size_limit() {
    struct sigaction now{};
    if (::sigaction(SIGXFSZ, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) { return; }
    now.sa_handler = [](int) {};
    now.sa_flags = SA_RESTART;
    ::sigaction(SIGXFSZ, &now, nullptr);
}

// The one place that tells an error. With --json it is one line of JSON, so that a program that reads stdout finds the reason beside it.
int report(const core::Error& error, std::string_view name, bool json) {
    const int status = core::exit_status(error.code());
    if (json) {
        auto what = core::Json::object();
        what.set("code", core::errc_name(error.code())).set("command", name).set("message", error.message()).set("status", status);
        auto record = core::Json::object();
        record.set("version", 1).set("error", std::move(what));
        write_stderr(core::to_json(record) + "\n");
    } else {
        write_stderr(cat(k_program_name, name.empty() ? "" : " ", name, ": ", render::harmless_text(error.message()), "\n"));
    }
    return status;
}

int print(std::string_view text) {
    Output output(1, os::is_terminal(1));
    output.write(text);
    const auto done = output.finish();
    return done.ok() ? 0 : report(done.error(), "", false);
}

// Which commands there are was asked without a command: help is the answer only when it was asked for.
int help(const Located& found, bool asked) {
    const auto text = found.command != nullptr ? help_command(*found.command)
                      : found.name.empty()     ? help_overview(all_commands())
                                               : help_group(found.name, all_commands());
    if (asked) { return print(text); }
    write_stderr(text);
    return core::exit_status(core::Errc::usage);
}

int run_command(const Command& command, std::vector<std::string> words, bool json) {
    auto parsed = parse(command, std::move(words));
    if (!parsed.ok()) { return report(parsed.error(), command.name, json); }
    if (parsed.value().help) { return print(help_command(command)); }
    LiveInvocation invocation(command, std::move(parsed).take());
    const auto result = command.run(invocation);
    const auto written = invocation.finish();  // what was answered before an error stands
    if (!result.ok()) { return report(result.error(), command.name, invocation.json()); }
    if (!written.ok()) { return report(written.error(), command.name, invocation.json()); }
    return result.value();
}

int run_words(const std::vector<std::string>& words) {
    if (!words.empty() && words.front().starts_with("__")) {
        if (const auto done = run_hidden(words)) {
            return done->ok() ? print(done->value()) : report(done->error(), words.front(), false);
        }
    }
    // Before the words are understood: whether whoever reads the error wants JSON. A program's own --json is not ours.
    const auto own_end = std::find(words.begin(), words.end(), "--");
    const bool json = std::find(words.begin(), own_end, "--json") != own_end;
    auto located = locate(words, all_commands());
    if (!located.ok()) { return report(located.error(), "", json); }
    const auto found = std::move(located).take();
    if (found.version) { return print(cat(k_program_name, " ", core::k_version, "\n")); }
    if (found.help || found.command == nullptr) {
        const auto& rest = found.rest;
        const bool asked = found.help || std::find(rest.begin(), rest.end(), "--help") != rest.end();
        return help(found, asked);
    }
    return run_command(*found.command, found.rest, json);
}

}  // namespace

int run_main(int argc, char** argv) {
    occupy_standard_descriptors();
    outlive_file_size_limit();
    os::prepare_for_want_of_memory();
    // We throw nothing; this is for what third-party code lets through.
    try {
        return run_words(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
    } catch (const std::bad_alloc&) {
        return report({core::Errc::io, "out of memory: a limit of memory (ulimit -v, a cgroup) or the machine has no more; what was recorded before stands"}, "", false);
    } catch (const std::exception& error) {
        return report({core::Errc::internal, cat("internal error: ", error.what())}, "", false);
    } catch (...) {
        return report({core::Errc::internal, "internal error: an unknown exception"}, "", false);
    }
}

}  // namespace runlake::cli

// SPDX-License-Identifier: Apache-2.0
// `runlake job new`
#include "ops/job_new.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "cli/command.hpp"
#include "cli/render/style.hpp"
#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    Option{.names = "--experiment", .value = "E###", .help = "the experiment that it belongs to"},
    Option{.names = "--hypothesis", .value = "H###", .help = "and the hypothesis"},
    Option{.names = "--sub-hypothesis", .value = "H###", .help = "and the sub-hypothesis"},
    Option{.names = "--sp", .value = "NAME=VALUE", .help = "a member of its state point: a number, true, false, null, else text; quoted it is text", .repeats = true},
    Option{.names = "--no-commit", .value = "", .help = "leave code_commit and code_dirty out: the same job at every commit"},
    Option{.names = "--state-point", .value = "FILE", .help = "the whole state point as a JSON object, taken as it is; - is stdin"},
};

constexpr std::uint64_t k_most_bytes = 64U << 20U;

core::Result<std::string> read_stdin() {
    std::string text;
    std::array<char, 65536> buffer;  // NOLINT: filled by read
    for (;;) {
        const ssize_t got = ::read(0, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) { return os::system_error(errno, "reading", "stdin"); }
        if (got == 0) { return text; }
        text.append(buffer.data(), static_cast<std::size_t>(got));
        if (text.size() > k_most_bytes) { return core::Error(core::Errc::usage, "--state-point: stdin is longer than 64 MiB"); }
    }
}

core::Result<int> run(Invocation& inv) {
    ops::JobNewRequest request;
    request.experiment = inv.value("--experiment");
    request.hypothesis = inv.value("--hypothesis");
    request.sub_hypothesis = inv.value("--sub-hypothesis");
    request.words = inv.values("--sp");
    request.commit = !inv.flag("--no-commit");
    if (const auto file = inv.value("--state-point")) {
        RL_ASSIGN(request.state_point, *file == "-" ? read_stdin() : os::read_file(*file, k_most_bytes));
    }
    request.store = inv.value("--store");
    RL_ASSIGN(const ops::JobNewResponse response, ops::job_new(request));
    for (const std::string& note : response.notes) { inv.say(core::cat("runlake: ", render::harmless_line(note))); }
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    inv.out(core::cat(response.is_new ? "created" : "there already:", " job ", response.job.id.str(), '\n', render::harmless_line(response.shown_folder), '\n'));
    return 0;
}

}  // namespace

extern const Command k_job_new = {.name = "job new", .summary = "Make a job of a state point", .options = k_options, .run = run};

}  // namespace runlake::cli

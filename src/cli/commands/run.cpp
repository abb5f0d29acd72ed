// SPDX-License-Identifier: Apache-2.0
// `runlake run`
#include "ops/run.hpp"

#include <unistd.h>

#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/render/style.hpp"
#include "core/text.hpp"
#include "ops/run_words.hpp"

namespace runlake::cli {
namespace {

constexpr Option k_options[] = {
    {.names = "--stage", .value = "NAME", .help = "Name of the step; default: the program's base name"},
    {.names = "--tenant", .value = "NAME", .help = "Whose run it is; default: setting tenant"},
    {.names = "--input", .value = "PATH", .help = "File, folder or glob that the program reads: it is fingerprinted", .repeats = true},
    {.names = "--config", .value = "FILE", .help = "Configuration file: its content is hashed"},
    {.names = "--param", .value = "NAME=VALUE", .help = "Parameter, typed as in YAML; quoted it is text", .repeats = true},
    {.names = "--tag", .value = "NAME=TEXT", .help = "Tag", .repeats = true},
    {.names = "--rows-in", .value = "N", .help = "Number of rows that go in"},
    {.names = "--capture", .value = "WHAT", .help = "Keep output for `runs logs`; default: setting capture.mode", .choices = "none|stderr|all"},
};

core::Result<int> run(Invocation& inv) {
    ops::RunRequest request;
    request.program = inv.program();
    request.store = inv.value("--store");
    request.stage = inv.value("--stage");
    request.tenant = inv.value("--tenant");
    request.inputs = inv.values("--input");
    request.config = inv.value("--config");
    request.capture = inv.value("--capture");
    RL_ASSIGN(request.params, ops::typed_words(inv.values("--param"), "--param"));
    RL_ASSIGN(request.tags, ops::text_words(inv.values("--tag"), "--tag"));
    RL_ASSIGN(request.rows_in, inv.integer("--rows-in"));
    if (request.rows_in && *request.rows_in < 0) { return core::Error(core::Errc::usage, "--rows-in is a count: it can't be negative"); }
    request.say = [&](std::string_view line) { inv.say(line); };
    RL_ASSIGN(const ops::RunResponse response, ops::run(request));
    if (response.problem) { write_stderr(core::cat("runlake run: ", render::harmless_line(*response.problem), "\n")); }
    // Not by return: threads that looked at the tree may still be at it, and nobody is to wait for them.
    ::_exit(response.exit_status);
}

}  // namespace

extern const Command k_run = {
    .name = "run", .summary = "Run a program and record it", .options = k_options, .arguments = {}, .takes_program = true, .run = run};

}  // namespace runlake::cli

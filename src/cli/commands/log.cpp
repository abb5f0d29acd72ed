// SPDX-License-Identifier: Apache-2.0
// `runlake log`
#include "ops/log.hpp"

#include "cli/command.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr Option k_options[] = {
    {.names = "--step", .value = "N", .help = "Makes the metrics points of series, at this step"},
    {.names = "--tag", .value = "NAME=TEXT", .help = "Sets a tag", .repeats = true},
    {.names = "--note", .value = "TEXT", .help = "Adds a note"},
    {.names = "--error", .value = "TEXT", .help = "Adds an error that does not end the run"},
    {.names = "--degraded", .value = "[=REASON]", .help = "Says that the result is usable but not whole"},
    {.names = "--run", .value = "ID", .help = "The run, by id or prefix; default: the one this is called from (RUNLAKE_RUN_ID)"},
};
constexpr Argument k_arguments[] = {
    {.name = "NAME=NUMBER", .help = "rows_in, rows_out, llm_calls, tokens, or any metric", .required = false, .repeats = true},
};

core::Result<int> run(Invocation& inv) {
    ops::LogRequest request;
    request.values = inv.values("NAME=NUMBER");
    request.store = inv.value("--store");
    request.run = inv.value("--run");
    request.tags = inv.values("--tag");
    request.note = inv.value("--note");
    request.error = inv.value("--error");
    request.degraded = inv.value("--degraded");
    RL_ASSIGN(request.step, inv.integer("--step"));
    RL_ASSIGN(const ops::LogResponse response, ops::log(request));
    if (response.lost) { inv.say(core::cat("runlake log: this is not recorded, the program goes on: ", response.lost->message())); }
    if (inv.json()) { inv.answer(core::Json::object().set("recorded", response.recorded).set("run_id", response.run ? core::Json(response.run->str()) : core::Json())); }
    return 0;
}

}  // namespace

extern const Command k_log = {
    .name = "log", .summary = "Add metrics, counts, tags, notes and errors to a run, from inside it", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli

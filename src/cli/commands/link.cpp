// SPDX-License-Identifier: Apache-2.0
// `runlake link`
#include <array>

#include "cli/command.hpp"
#include "cli/commands/job_shared.hpp"
#include "core/text.hpp"
#include "ops/job_mark.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    Option{.names = "--experiment", .value = "E###", .help = "the experiment"},
    Option{.names = "--hypothesis", .value = "H###", .help = "the hypothesis"},
    Option{.names = "--sub-hypothesis", .value = "H###", .help = "the sub-hypothesis"},
};
constexpr std::array k_arguments = {k_job_argument};

core::Result<int> run(Invocation& inv) {
    ops::LinkRequest request;
    request.id = inv.value("ID").value_or("");
    const auto experiment = inv.value("--experiment");
    if (!experiment) { return core::Error(core::Errc::usage, "to which experiment? --experiment E###"); }
    request.experiment = *experiment;
    request.hypothesis = inv.value("--hypothesis");
    request.sub_hypothesis = inv.value("--sub-hypothesis");
    request.say = [&](std::string_view line) { inv.say(line); };
    RL_ASSIGN(request.store, inv.store(record::OpenStore::planned));
    RL_ASSIGN(const ops::LinkResponse response, ops::link(request));
    if (response.note) { inv.say(core::cat("runlake: ", render::harmless_line(*response.note))); }
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    inv.out(core::cat(response.changed ? "linked " : "already linked: ", response.job.id.brief(), " -> ", request.experiment, '\n'));
    return 0;
}

}  // namespace

extern const Command k_link = {.name = "link", .summary = "Say to which experiment a job belongs", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli

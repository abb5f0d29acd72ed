// SPDX-License-Identifier: Apache-2.0
// `runlake pipeline run`
#include "ops/pipeline_run.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/jobs_option.hpp"
#include "cli/commands/pipeline_progress.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

using core::cat;
using pipeline::Action;
using pipeline::InstanceState;

constexpr std::array k_options = std::to_array<Option>({
    {.names = "--run-dir", .value = "DIR", .help = "Resume this run directory, also one at s3://...; default: make a new one"},
    {.names = "--only", .value = "STAGE", .help = "Run this stage alone; what it reads must be made already", .repeats = true},
    {.names = "--force", .value = "STAGE", .help = "Run this stage although it is done, and compare the bytes", .repeats = true},
    {.names = "-j,--jobs", .value = "N", .help = "How many stages run at once; default: the processors that may be used"},
    {.names = "--dry-run", .value = "", .help = "Show what would be done, and why"},
    {.names = "--param", .value = "NAME=VALUE", .help = "Set a param of the file, or of one stage as STAGE.NAME=VALUE", .repeats = true},
    {.names = "--runs-dir", .value = "DIR", .help = "Where new run directories are made, also s3://..."},
    {.names = "--verify", .value = "HOW", .help = "full: read every byte of inputs and outputs, whatever their times say", .choices = "fast|full"},
});
constexpr std::array k_arguments = std::to_array<Argument>({{.name = "FILE", .help = "Pipeline file"}});

std::vector<std::string> own_words(Invocation& inv) {
    std::vector<std::string> words = {"runlake", "pipeline", "run", *inv.value("FILE")};
    for (const std::string_view name : {"--run-dir", "--jobs", "--runs-dir", "--verify"}) {
        if (const auto value = inv.value(name)) { words.insert(words.end(), {std::string(name), *value}); }
    }
    for (const std::string_view name : {"--only", "--force", "--param"}) {
        for (const std::string& value : inv.values(name)) { words.insert(words.end(), {std::string(name), value}); }
    }
    return words;
}

void show_plan(Invocation& inv, const ops::PipelineRunResponse& response) {
    std::vector<render::Row> rows;
    for (const pipeline::Decision& decision : response.plan) {
        const bool runs = decision.action == Action::run || decision.action == Action::wait;
        rows.push_back({{response.pipeline.graph.instances[decision.instance].which.str()},
                        {std::string(pipeline::action_name(decision.action)), runs ? render::Tone::warn : render::Tone::plain},
                        {std::string(pipeline::reason_name(decision.reason))},
                        {decision.detail.empty() ? "-" : decision.detail}});
    }
    inv.out(render::table({{.title = "Stage"}, {.title = "Action"}, {.title = "Reason"}, {.title = "Detail", .may_shrink = true}}, rows,
                          {.color = inv.color(), .width = inv.width()}));
}

std::string counts_text(const ops::PipelineRunResponse& response) {
    std::string text = counted(response.outcomes.size(), "stage");
    std::string_view separator = ": ";
    for (const auto& [state, word] : {std::pair{InstanceState::done, "done"}, std::pair{InstanceState::reused, "reused"}, std::pair{InstanceState::skipped, "skipped"},
                                      std::pair{InstanceState::failed, "failed"}, std::pair{InstanceState::stopped, "stopped"}, std::pair{InstanceState::busy, "busy"},
                                      std::pair{InstanceState::left, "left"}}) {
        const std::uint64_t count = response.count(state);
        if (count == 0) { continue; }
        text += cat(separator, count, ' ', word);
        separator = ", ";
    }
    return cat(text, " (", duration_text(response.seconds), ')');
}

core::Result<int> run(Invocation& inv) {
    PipelineProgress progress(inv);
    ops::PipelineRunRequest request;
    request.source = {*inv.value("FILE"), inv.value("--runs-dir"), inv.values("--param")};
    request.store = inv.value("--store");
    request.run_dir = inv.value("--run-dir");
    request.only = inv.values("--only");
    request.force = inv.values("--force");
    RL_ASSIGN(request.jobs, jobs_option(inv));
    request.dry_run = inv.flag("--dry-run");
    request.verify_content = inv.value("--verify") == "full";
    request.argv = own_words(inv);
    request.say = [&](std::string_view line) { progress.say(line); };
    request.begun = [&](const std::string& run_dir, const pipeline::Graph& graph, const std::vector<pipeline::Decision>& plan) { progress.begin(run_dir, graph, plan); };
    request.tell = [&](const pipeline::ProgressEvent& event) { progress.tell(event); };
    request.tick = [&] { progress.tick(); };
    const auto result = ops::pipeline_run(request);
    progress.end();
    if (!result.ok()) { return result.error(); }
    const ops::PipelineRunResponse& response = result.value();
    const int status = response.exit_status();
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return status;
    }
    if (response.dry_run) {
        show_plan(inv, response);
        return status;
    }
    inv.out(cat(response.address.value_or(*response.run_dir), "\n", counts_text(response), "\n"));
    if (response.sent) { inv.out(cat("sent ", counted(response.sent->results, "result"), "\n")); }
    if (response.not_sent) { progress.say(response.not_sent->message()); }
    return status;
}

}  // namespace

extern const Command k_pipeline_run = {
    .name = "pipeline run", .summary = "Make what a pipeline file declares, as far as it is not made", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli

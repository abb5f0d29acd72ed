// SPDX-License-Identifier: Apache-2.0
#include "ops/pipeline_ledger.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "ops/ledger_promote.hpp"
#include "os/files.hpp"
#include "rundir/publish.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using pipeline::InstanceOutcome;
using pipeline::InstanceState;

constexpr std::uint64_t k_most_done_bytes = 64U << 20U;

// What a stage published, by the digest of its manifest.
void add_artifact(const rundir::RunDir& run_dir, const rundir::StageInstance& which, const std::optional<core::Digest>& key, PromoteRun& promotion) {
    if (!key) { return; }
    const std::string path = run_dir.published(which, *key) + "/DONE.json";
    const auto text = os::read_file(path, k_most_done_bytes);
    if (!text.ok()) { return; }
    const auto done = rundir::parse_done(text.value(), path);
    if (done.ok()) { promotion.artifacts.push_back({.path = which.str(), .digest = cat("manifest/1:", done.value().manifest.hex()), .bytes = done.value().bytes}); }
}

}  // namespace

void promote_pipeline(const record::Store& store, const PipelineRunResponse& response, const rundir::RunDir& run_dir, const core::RunId& run, core::Timestamp since,
                      const std::function<void(std::string_view)>& say) {
    const auto was_run = [](const InstanceOutcome& one) { return one.run_id.has_value() && one.state != InstanceState::reused && one.state != InstanceState::skipped; };
    if (store.root.empty() || std::ranges::none_of(response.outcomes, was_run)) { return; }
    PromoteRun promotion{.id = run.str(), .rule = ledger::RunRule::pipeline, .since = since};
    for (const InstanceOutcome& one : response.outcomes) {
        const rundir::StageInstance& which = response.pipeline.graph.instances[one.instance].which;
        ledger::StageOfRun stage{.stage = which.stage, .instance = which.instance, .state = std::string(pipeline::state_name(one.state))};
        if (one.run_id) { stage.run_id = one.run_id->str(); }
        const std::optional<core::Digest> key = one.decision.key ? std::optional(one.decision.key->key) : std::nullopt;
        if (key) { stage.key = key->hex(); }
        promotion.stages.push_back(std::move(stage));
        add_artifact(run_dir, which, key, promotion);
    }
    std::ranges::sort(promotion.artifacts, {}, &ledger::ArtifactFact::path);
    const auto promoted = promote_run(store, promotion, {.durability = os::Durability::process});
    if (!promoted.ok()) { say(cat("runlake: other machines are not told of this run: ", promoted.error().message())); }
}

}  // namespace runlake::ops

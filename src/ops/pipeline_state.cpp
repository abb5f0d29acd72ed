// SPDX-License-Identifier: Apache-2.0
#include "ops/pipeline_state.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::ops {
namespace {

using core::cat;

// What the directory was run with last.
core::Result<std::string> latest_config(const rundir::RunDir& run_dir) {
    RL_ASSIGN(const std::vector<int> attempts, run_dir.attempts());
    if (!attempts.empty()) {
        core::Result<std::string> text = os::read_file(cat(run_dir.path(), "/attempts/", attempts.back(), "/config_train.yaml"));
        if (text.ok()) { return text; }
    }
    return run_dir.config();
}

// Where the pipeline file stood, if its project can be found: above the directory, else above the current folder.
std::string pipeline_path(const rundir::RunDir& run_dir) {
    for (const std::string& start : {run_dir.path(), os::current_dir().value_or("/")}) {
        const std::optional<std::string> root = record::find_project_root(start);
        if (root && os::exists(os::join_path(*root, run_dir.info().pipeline_file))) { return os::join_path(*root, run_dir.info().pipeline_file); }
    }
    return os::join_path(os::current_dir().value_or("/"), run_dir.info().pipeline_file);
}

// The newest of the experiment below an address: by its name, <stamp>_<key> or <stamp>_<key>-<seq>.
core::Result<std::optional<std::string>> newest_address(const pipeline::Resolved& resolved) {
    RL_ASSIGN(const rundir::RemoteUri base, rundir::RemoteUri::parse(resolved.run_dir_base));
    RL_ASSIGN(const std::vector<std::string> addresses, rundir::list_remote(base));
    constexpr std::size_t k_stamp = 15;
    const std::string key = cat('_', resolved.file.experiment_key);
    const auto is_ours = [&](const std::string& address) {
        const std::string name = address.substr(address.rfind('/') + 1);
        const std::string rest = name.size() > k_stamp ? name.substr(k_stamp) : "";
        return rest == key || rest.starts_with(key + "-");
    };
    const auto newest = std::find_if(addresses.rbegin(), addresses.rend(), is_ours);
    return newest == addresses.rend() ? std::optional<std::string>() : *newest;
}

std::optional<rundir::RunDir> newest_run_dir(const pipeline::Resolved& resolved) {
    const core::Result<std::vector<std::string>> all = rundir::list_run_dirs(resolved.run_dir_base);
    if (!all.ok()) { return std::nullopt; }
    for (auto path = all.value().rbegin(); path != all.value().rend(); ++path) {
        core::Result<rundir::RunDir> run_dir = rundir::RunDir::open(*path);
        if (run_dir.ok() && run_dir.value().info().experiment_key == resolved.file.experiment_key) { return std::move(run_dir).take(); }
    }
    return std::nullopt;
}

}  // namespace

core::Result<PipelineState> open_run_dir_state(const std::string& path, const std::optional<std::string>& store, const std::vector<std::string>& params, rundir::FetchDepth depth) {
    PipelineState state;
    RL_ASSIGN(RunDirToRead at, RunDirToRead::open(path, depth));
    state.copy = std::make_shared<const RunDirToRead>(std::move(at));
    RL_ASSIGN(state.run_dir, rundir::RunDir::open(state.copy->path()));
    RL_ASSIGN(const std::string config, latest_config(*state.run_dir));
    PipelineSource source;
    source.params = params;
    RL_ASSIGN(const pipeline::Overrides overrides, pipeline_overrides(source));
    RL_ASSIGN(state.pipeline.resolved, pipeline::resolve_from_config(config, pipeline_path(*state.run_dir), overrides));
    RL_ASSIGN(state.pipeline.graph, pipeline::build_graph(state.pipeline.resolved));
    RL_ASSIGN(state.store, record::find_store(store));
    return state;
}

core::Result<PipelineState> open_pipeline_state(const std::string& where, const std::optional<std::string>& store, const std::vector<std::string>& params) {
    if (rundir::RemoteUri::is_one(where)) { return open_run_dir_state(where, store, params); }
    if (!os::exists(where)) { return core::Error(core::Errc::not_found, cat("opening ", where, ": there is no such run directory or pipeline file")); }
    if (os::is_dir(where)) { return open_run_dir_state(where, store, params); }
    PipelineState state;
    RL_ASSIGN(state.pipeline, open_pipeline({where, std::nullopt, params}));
    if (rundir::RemoteUri::is_one(state.pipeline.resolved.run_dir_base)) {
        RL_ASSIGN(const std::optional<std::string> newest, newest_address(state.pipeline.resolved));
        if (newest) {
            RL_ASSIGN(RunDirToRead at, RunDirToRead::open(*newest, rundir::FetchDepth::files));
            state.copy = std::make_shared<const RunDirToRead>(std::move(at));
            RL_ASSIGN(state.run_dir, rundir::RunDir::open(state.copy->path()));
        }
    } else {
        state.run_dir = newest_run_dir(state.pipeline.resolved);
    }
    RL_ASSIGN(state.store, record::find_store(store));
    return state;
}

core::Result<PlanNow> plan_now(const PipelineState& state) {
    PlanNow plan;
    pipeline::PlanOptions options;
    options.store_dir = state.store ? state.store->dir : "";
    RL_ASSIGN(plan.planner, pipeline::Planner::begin(state.pipeline.resolved, state.pipeline.graph, options));
    RL_ASSIGN(plan.decisions, pipeline::plan_all(*plan.planner, state.pipeline.graph, state.run_dir));
    return plan;
}

}  // namespace runlake::ops

// SPDX-License-Identifier: Apache-2.0
// From what a user named to cells and the session in which they run.
#include <algorithm>

#include "core/text.hpp"
#include "ops/replay_targets.hpp"
#include "os/files.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;

core::Status take_spec(const record::Store& store, const ReplayOf& of, std::string_view doing, ReplayWork& work) {
    RL_ASSIGN(work.spec, replay::load_spec(*of.spec));
    std::vector<std::string> names;
    for (const replay::Cell& cell : work.spec.cells) {
        names.push_back(cell.name);
        if (of.only.empty() || std::ranges::find(of.only, cell.name) != of.only.end()) { work.cells.push_back(cell); }
    }
    for (const std::string& wanted : of.only) {
        if (std::ranges::find(names, wanted) != names.end()) { continue; }
        const auto near = core::nearest(wanted, names);
        return Error(Errc::usage, cat(doing, ' ', work.spec.path, ": there is no cell \"", wanted, '"', near ? cat(" (nearest: \"", *near, "\")") : ""));
    }
    if (work.cells.empty()) { return Error(Errc::usage, cat(doing, ' ', work.spec.path, ": it has no cell")); }
    work.session.tree.root = store.root.empty() ? os::parent_path(store.dir) : store.root;
    return core::ok();
}

core::Status take_target(const record::Store& store, const ReplayOf& of, ReplayWork& work) {
    RL_ASSIGN(work.target, of.run ? target_of_run(store, *of.run, of.choice) : target_of_stage(store, *of.run_dir, *of.stage, of.choice));
    work.cells = {work.target->cell};
    work.session.tree = work.target->tree;
    work.session.places = work.target->places;
    work.session.environment = work.target->environment;
    work.session.program_beside = work.target->program_beside;
    work.session.tags.emplace_back("replay_of", work.target->original);
    return core::ok();
}

}  // namespace

core::Result<ReplayWork> replay_work(const record::Store& store, const ReplayOf& of, std::string_view doing) {
    const int named = (of.spec ? 1 : 0) + (of.run ? 1 : 0) + (of.run_dir || of.stage ? 1 : 0);
    if (named != 1 || of.run_dir.has_value() != of.stage.has_value()) {
        return Error(Errc::usage, cat(doing, ": name a spec file, or a run with --run, or a stage with --run-dir and --stage"));
    }
    ReplayWork work;
    RL_TRY(of.spec ? take_spec(store, of, doing, work) : take_target(store, of, work));
    work.session.store = store;
    return work;
}

}  // namespace runlake::ops

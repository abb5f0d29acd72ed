// SPDX-License-Identifier: Apache-2.0
#include "ops/replay_targets.hpp"

#include <algorithm>
#include <set>

#include "core/redact.hpp"
#include "core/text.hpp"
#include "ops/replay_canonical.hpp"
#include "ops/run_parts.hpp"
#include "os/files.hpp"
#include "pipeline/graph.hpp"
#include "pipeline/resolve.hpp"
#include "record/run_outcome.hpp"
#include "replay/launch.hpp"
#include "rundir/layout.hpp"
#include "rundir/publish.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;

constexpr std::uint64_t k_most_patch_bytes = 64U << 20U;
constexpr std::string_view k_dirty = "+dirty.";

std::string who(const core::RunId& id) { return cat("replaying ", id.brief()); }

core::Result<std::vector<std::string>> recorded_command(const JournalRun& run) {
    std::vector<std::string> command;
    if (run.parts.start) {
        const auto argv = core::parse_json(run.parts.start->argv, "argv");
        if (argv.ok() && argv.value().is_array()) {
            for (const core::Json& word : *argv.value().as_array()) {
                if (word.is_string()) { command.push_back(*word.as_string()); }
            }
        }
    }
    if (command.empty()) {
        return Error(Errc::conflict, cat(who(run.id), ": it was recorded from inside its program, so its command is not known; write a spec that names it: runlake replay run SPEC"));
    }
    for (const std::string& word : command) {
        if (word.find(core::k_redacted) != std::string::npos) {
            return Error(Errc::conflict, cat(who(run.id), ": its argument ", word, " held a secret, which was not kept; write a spec with the command: runlake replay run SPEC"));
        }
    }
    return command;
}

// The commit of a code reference, and the kept patch behind it.
struct RecordedCode {
    std::string commit;
    std::string patch;
    std::string note;
};
core::Result<RecordedCode> recorded_code(const record::Store& store, const JournalRun& run) {
    if (!run.parts.facts.code_ref) {
        return Error(Errc::conflict, cat(who(run.id), ": it is not recorded which code ran (no git repository, or one without a commit); use --here to run the present tree"));
    }
    const std::string& reference = run.parts.facts.code_ref->value;
    const std::size_t at = reference.find(k_dirty);
    RecordedCode code{.commit = reference.substr(0, at), .patch = "", .note = ""};
    if (at == std::string::npos) { return code; }
    const std::string digest = reference.substr(at + k_dirty.size());
    if (digest == "unknown") {
        code.note = "how its tree differed from the commit was not known when it was recorded; the commit alone is replayed";
        return code;
    }
    auto patch = os::read_file(os::join_path(store.patches(), digest), k_most_patch_bytes);
    if (!patch.ok()) {
        return Error(Errc::conflict, cat(who(run.id), ": its tree differed from its commit, and that patch is not kept here (", patch.error().message(), "); use --here to run the present tree"));
    }
    code.patch = std::move(patch).take();
    if (code.patch.find("\n# left out: ") != std::string::npos || code.patch.find("\n# redacted: ") != std::string::npos) {
        code.note = "its kept patch is not whole (something was too large, no text, or secret), so its code can't be brought back as it was";
    }
    return code;
}

// The tree of the recorded code, or the present one.
core::Result<ReplayTree> tree_for(const record::Store& store, const JournalRun& run, const ReplayChoice& choice, std::vector<std::string>& notes) {
    ReplayTree tree{.root = store.root.empty() ? os::parent_path(store.dir) : store.root, .repository = std::nullopt, .commit = "", .patch = "", .beside = {}};
    if (choice.here) {
        notes.emplace_back("the present tree is replayed (--here), whatever code was recorded");
        return tree;
    }
    RL_ASSIGN(RecordedCode code, recorded_code(store, run));
    RL_ASSIGN(tree.repository, git::find_repository(tree.root));
    if (!tree.repository) { return Error(Errc::conflict, cat(who(run.id), ": ", tree.root, " is in no git repository; use --here to run the present tree")); }
    if (os::lexically_normal(tree.repository->work_tree) != os::lexically_normal(tree.root)) { tree.root = tree.repository->work_tree; }
    tree.commit = std::move(code.commit);
    tree.patch = std::move(code.patch);
    if (!code.note.empty()) { notes.push_back(std::move(code.note)); }
    return tree;
}

std::string recorded_folder(const record::Store& store, const JournalRun& run, const ReplayTree& tree) {
    const std::string recorded = run.parts.start && run.parts.start->working_dir ? *run.parts.start->working_dir : ".";
    const std::string folder = os::lexically_normal(os::join_path(store.root.empty() ? store.dir : store.root, recorded));
    return os::relative_inside(folder, os::lexically_normal(tree.root)).value_or(folder);
}

// What the commit does not hold and the present tree does: inputs, and the program itself when it was built beside the sources.
void link_beside(ReplayTarget& target) {
    if (!target.tree.repository) { return; }
    const auto inside = [&](const std::string& path) {
        const std::string whole = os::lexically_normal(os::join_path(os::join_path(target.tree.root, target.cell.directory), path));
        return os::relative_inside(whole, os::lexically_normal(target.tree.root));
    };
    if (target.cell.inputs) {
        for (const std::string& input : *target.cell.inputs) {
            if (target.places.contains(input)) { continue; }
            const std::size_t glob = input.find_first_of("*?[");
            if (auto path = inside(glob == std::string::npos ? input : os::parent_path(input.substr(0, glob) + "x"))) { target.tree.beside.push_back(std::move(*path)); }
        }
    }
    std::string& program = target.cell.command.front();
    if (program.find('/') == std::string::npos || program.starts_with('/')) { return; }
    const std::string present = os::lexically_normal(os::join_path(os::join_path(target.tree.root, target.cell.directory), program));
    const auto relative = os::relative_inside(present, os::lexically_normal(target.tree.root));
    if (!relative || !os::exists(present)) { return; }
    // An interpreter in a virtual environment finds its packages by where it stands, so it is not linked but named.
    target.program_beside = present;
}

void choose_metric(const JournalRun& run, const ReplayChoice& choice, std::string_view fallback, ReplayTarget& target) {
    std::set<std::string> names;
    for (const runs::MetricPart& said : run.parts.metrics) { names.insert(said.name); }
    replay::MetricSource& metric = target.cell.metric;
    metric.kind = replay::MetricKind::report;
    if (choice.metric) {
        metric.name = *choice.metric;
        return;
    }
    if (names.empty()) {
        metric.name = fallback;
        target.notes.push_back(cat("it recorded no metric, so what it made is compared by its digest (", fallback, ")"));
        return;
    }
    metric.name = *names.begin();
    if (names.size() > 1) {
        std::string others;
        for (auto name = std::next(names.begin()); name != names.end(); ++name) { others += cat(others.empty() ? "" : ", ", *name); }
        target.notes.push_back(cat("the metric ", metric.name, " is compared; --metric chooses another: ", others));
    }
}

void pin(const ReplayChoice& choice, replay::Cell& cell) {
    cell.pins.presets = choice.presets.empty() ? std::vector<std::string>{"openmp", "python"} : choice.presets;
    cell.pins.threads = choice.threads;
    cell.pins.pass = choice.pass;
    cell.replicas = choice.replicas;
}

core::Result<ReplayTarget> begin_target(const record::Store& store, const JournalRun& run, const ReplayChoice& choice) {
    if (run.parts.tags.contains("replay")) { return Error(Errc::conflict, cat(who(run.id), ": it is a replay itself; replay the run that its tag replay_of names")); }
    ReplayTarget target;
    target.original = run.id.str();
    if (run.parts.facts.code_ref) { target.code_ref = run.parts.facts.code_ref->value; }
    RL_ASSIGN(target.tree, tree_for(store, run, choice, target.notes));
    pin(choice, target.cell);
    target.cell.canonical.kind = replay::CanonicalKind::run;
    target.cell.canonical.id = target.original;
    return target;
}

// The instance that "fit", or "fit[fold=2020]", means.
core::Result<std::size_t> find_instance(const pipeline::Resolved& resolved, const pipeline::Graph& graph, const std::string& stage) {
    std::vector<std::size_t> found;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < graph.instances.size(); ++i) {
        if (graph.instances[i].which.str() == stage) { return i; }
        if (graph.instances[i].which.stage == stage) { found.push_back(i); }
    }
    if (found.size() == 1) { return found.front(); }
    for (const pipeline::StageDecl& one : resolved.file.stages) { names.push_back(one.name); }
    if (found.empty()) {
        const auto near = core::nearest(stage, names);
        return Error(Errc::not_found, cat("replaying a stage: there is no stage \"", stage, '"', near ? cat(" (nearest: \"", *near, "\")") : ""));
    }
    std::string list;
    for (std::size_t i = 0; i < found.size() && i < 5; ++i) { list += cat(i == 0 ? "" : ", ", graph.instances[found[i]].which.str()); }
    return Error(Errc::usage, cat("replaying a stage: \"", stage, "\" has ", found.size(), " instances; name one: ", list));
}

}  // namespace

core::Result<ReplayTarget> target_of_run(const record::Store& store, const std::string& id, const ReplayChoice& choice) {
    RL_ASSIGN(const JournalRun run, read_run_parts(store, id, std::nullopt));
    if (!run.parts.start) { return Error(Errc::conflict, cat(who(run.id), ": its beginning is not recorded")); }
    RL_ASSIGN(ReplayTarget target, begin_target(store, run, choice));
    RL_ASSIGN(target.cell.command, recorded_command(run));
    target.cell.directory = recorded_folder(store, run, target.tree);
    if (target.tree.repository && target.cell.directory.starts_with('/')) {
        target.notes.push_back(cat("it ran in ", target.cell.directory, ", which is outside of the project: it is replayed there, not in a worktree"));
        target.tree.repository.reset();
    }
    target.cell.name = cat(run.parts.start->stage, '/', run.id.brief());
    target.cell.inputs = runs::ordered_inputs(run.parts);
    if (const auto& end = run.parts.end; end && (end->exit_status.value_or(0) != 0 || end->signal)) {
        target.notes.push_back(end->signal ? cat("it was ended by ", record::signal_name(static_cast<int>(*end->signal)), " when it was recorded") : cat("it ended with status ", *end->exit_status, " when it was recorded"));
    }
    choose_metric(run, choice, replay::k_stdout_digest, target);
    link_beside(target);
    return target;
}

core::Result<ReplayTarget> target_of_stage(const record::Store& store, const std::string& run_dir, const std::string& stage, const ReplayChoice& choice) {
    RL_ASSIGN(const rundir::RunDir directory, rundir::RunDir::open(run_dir));
    RL_ASSIGN(const std::string config, directory.config());
    const std::string root = store.root.empty() ? os::parent_path(store.dir) : store.root;
    RL_ASSIGN(const pipeline::Resolved resolved, pipeline::resolve_from_config(config, os::join_path(root, directory.info().pipeline_file), {}));
    RL_ASSIGN(const pipeline::Graph graph, pipeline::build_graph(resolved));
    RL_ASSIGN(const std::size_t index, find_instance(resolved, graph, stage));
    const pipeline::Instance& instance = graph.instances[index];
    const pipeline::StageDecl& declared = resolved.file.stages[instance.stage];
    RL_ASSIGN(const std::optional<rundir::DoneRecord> done, rundir::current_result(directory, instance.which));
    if (!done) { return Error(Errc::not_found, cat("replaying ", instance.which.str(), ": ", directory.path(), " has no result of it")); }
    RL_ASSIGN(const JournalRun run, read_run_parts(store, done->run_id.str(), std::nullopt));
    RL_ASSIGN(ReplayTarget target, begin_target(store, run, choice));
    target.run_dir = directory.path();
    pipeline::PlaceNames names = {{"run_dir", directory.path()}, {"out", std::string(replay::k_out_marker)}, {"project", target.tree.repository ? std::string(replay::k_tree_marker) : root}};
    names.insert(names.end(), resolved.roots.begin(), resolved.roots.end());
    for (const std::string& word : instance.command) { target.cell.command.push_back(pipeline::fill_places(word, names)); }
    target.cell.name = instance.which.str();
    target.cell.dimensions = instance.dimensions;
    target.cell.directory = ".";
    target.cell.inputs.emplace();
    const auto place_of = [&](const pipeline::DeclaredPath& path) {
        const std::string bare = path.path.ends_with('/') ? path.path.substr(0, path.path.size() - 1) : path.path;
        if (path.place == pipeline::Place::run_dir) { return os::join_path(directory.path(), bare); }
        if (path.place == pipeline::Place::workspace) { return os::join_path(root, bare); }
        const auto found = std::ranges::find(resolved.roots, path.root, &std::pair<std::string, std::string>::first);
        return os::join_path(found == resolved.roots.end() ? root : found->second, bare);
    };
    for (const pipeline::DeclaredPath& read : instance.reads) {
        target.cell.inputs->push_back(read.logical());
        target.places.insert_or_assign(read.logical(), place_of(read));
        if (read.place == pipeline::Place::workspace) { target.tree.beside.push_back(read.path); }
    }
    for (const pipeline::DeclaredPath& write : instance.writes) {
        if (write.place != pipeline::Place::run_dir) { continue; }
        target.cell.artifacts.push_back(write.logical());
        target.places.insert_or_assign(write.logical(), cat(replay::k_out_marker, '/', write.path.ends_with('/') ? write.path.substr(0, write.path.size() - 1) : write.path));
    }
    std::ranges::sort(target.cell.artifacts);
    for (const auto& [name, value] : declared.env) {
        if (value) {
            target.cell.pins.environment.insert_or_assign(name, *value);
            target.cell.envelope.environment.insert_or_assign(name, *value);
        }
        if (!value) { target.cell.pins.pass.push_back(name); }
    }
    target.environment.emplace_back("RUNLAKE_RUN_DIR", directory.path());
    target.environment.emplace_back("RUNLAKE_OUT", std::string(replay::k_out_marker));
    choose_metric(run, choice, replay::k_out_digest, target);
    if (target.cell.metric.name == replay::k_out_digest) {
        const double value = replay::digest_as_number(done->manifest);
        target.canonical.emplace();
        target.canonical->value = value;
        target.canonical->text = core::format_float(value);
        target.canonical->run_id = target.original;
        target.canonical->source = cat("run directory ", os::base_name(directory.path()));
        target.canonical->provenance = provenance_of_run(store, run.parts);
    }
    return target;
}

}  // namespace runlake::ops

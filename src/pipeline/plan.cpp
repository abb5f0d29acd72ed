// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/text.hpp"
#include "fingerprint/glob.hpp"
#include "fingerprint/input.hpp"
#include "os/files.hpp"
#include "os/parallel.hpp"
#include "os/system.hpp"
#include "pipeline/input_digests.hpp"
#include "pipeline/plan_words.hpp"
#include "rundir/manifest.hpp"

namespace runlake::pipeline {
namespace {

using core::cat;
using rundir::ComponentKind;
using rundir::Difference;
using rundir::DifferenceKind;
using rundir::DoneRecord;
using rundir::KeyComponent;
using rundir::OutsideFile;
using rundir::RunDir;

// A read that covers more files than this is one component.
constexpr std::size_t k_most_input_components = 256;

// What an instance reads, as it is now.
struct Inputs {
    std::map<std::string, std::string> components;    // by logical name
    std::vector<OutsideFile> outside;
    std::string missing;                               // the first that is not there
    bool failed = false;                               // because what makes it did not
};

class LivePlanner final : public Planner {
  public:
    LivePlanner(const Resolved& resolved, const Graph& graph, PlanOptions options)
        : resolved_(resolved), graph_(graph), options_(std::move(options)), cache_(cache_of(options_)), digests_(resolved, options_.verify_content ? std::nullopt : cache_) {}

    core::Status look() {
        RL_TRY(check_names(options_.only, "--only"));
        RL_TRY(check_names(options_.force, "--force"));
        std::vector<const DeclaredPath*> outside;
        for (const Instance& instance : graph_.instances) {
            if (!is_selected_stage(instance.which.stage)) { continue; }
            for (const DeclaredPath& read : instance.reads) {
                if (read.place != Place::run_dir && read.writers.empty()) { outside.push_back(&read); }
            }
        }
        RL_TRY(digests_.learn(outside));
        RL_ASSIGN(code_, CodeIndex::begin(resolved_, graph_, cache_));
        return core::ok();
    }

    const CodeIndex& code() const override { return *code_; }
    std::optional<std::string> digest_cache() const override { return cache_; }
    bool has_input(const DeclaredPath& read) const override { return digests_.has(read); }
    bool is_selected(std::size_t instance) const override { return is_selected_stage(graph_.instances[instance].which.stage); }

    core::Result<Decision> decide(std::size_t index, const std::optional<RunDir>& run_dir, const Results& results) override {
        const Instance& instance = graph_.instances[index];
        const StageDecl& stage = resolved_.file.stages[instance.stage];
        Decision decision;
        decision.instance = index;
        if (run_dir) { RL_ASSIGN(decision.previous, rundir::current_result(*run_dir, instance.which)); }
        if (!is_selected(index)) { return leave_unselected(std::move(decision), run_dir); }
        RL_ASSIGN(const Inputs inputs, look_at_inputs(instance, results));
        decision.inputs = inputs.outside;
        if (!inputs.missing.empty()) {
            decision.action = Action::leave;
            decision.reason = inputs.failed ? Reason::input_failed : Reason::input_missing;
            decision.detail = cat(inputs.missing, inputs.failed ? " was not made" : " is not there");
            return decision;
        }
        const CodeIdentity& code = code_->of(index);
        RL_ASSIGN(decision.key, make_key(instance, stage, code, inputs));
        if (decision.previous && decision.previous->key.key != decision.key->key) { decision.changes = compare_keys(run_dir, *decision.previous, *decision.key, code); }

        std::optional<DoneRecord> done;
        bool is_unreadable = false;
        if (decision.previous && decision.previous->key.key == decision.key->key) {
            done = decision.previous;
        } else if (run_dir) {
            core::Result<std::optional<DoneRecord>> read = rundir::read_done(*run_dir, instance.which, decision.key->key);
            if (!read.ok() && read.error().code() == core::Errc::io) { return read.error(); }
            is_unreadable = !read.ok();
            if (read.ok()) { done = std::move(read).take(); }
        }
        decision.is_current = decision.previous && decision.previous->key.key == decision.key->key;
        if (done) { decision.previous = done; }
        const bool forced = options_.force.contains(stage.name);
        if (!code.known) { return run(std::move(decision), Reason::code_unknown, code.note, done || is_unreadable); }
        if (done && !forced) { return judge_done(std::move(decision), *run_dir, *done); }
        if (forced) {
            Decision verified = done ? Decision() : decision;
            if (done) { RL_ASSIGN(verified, judge_done(decision, *run_dir, *done)); }
            return run(std::move(decision), Reason::forced, "", is_unreadable || (done && verified.action != Action::skip));
        }
        if (run_dir && (is_unreadable || os::exists(run_dir->published(instance.which, decision.key->key)))) {
            return run(std::move(decision), Reason::done_missing, is_unreadable ? "its DONE.json can't be read" : "an earlier attempt did not come to its end", true);
        }
        return judge_new(std::move(decision), run_dir);
    }

    core::Result<std::vector<std::string>> changed_inputs(std::size_t index, const std::vector<OutsideFile>& before) override {
        std::vector<std::string> changed;
        for (const DeclaredPath& read : graph_.instances[index].reads) {
            if (read.place == Place::run_dir) { continue; }
            const std::string name = read.logical();
            const auto was = std::find_if(before.begin(), before.end(), [&](const OutsideFile& file) { return file.name == name; });
            const core::Result<std::optional<OutsideFile>> is = digests_.fresh(read);
            // One that is being written to has changed, too.
            if (!is.ok() && is.error().code() != core::Errc::busy) { return is.error(); }
            if (!is.ok() || was == before.end() || !is.value() || *is.value() != *was) { changed.push_back(name); }
        }
        std::sort(changed.begin(), changed.end());
        changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
        return changed;
    }

    core::Result<std::vector<OutsideFile>> workspace_outputs(std::size_t index, std::vector<std::string>& missing) override {
        std::vector<OutsideFile> found;
        for (const DeclaredPath& write : graph_.instances[index].writes) {
            if (write.place != Place::workspace) { continue; }
            RL_ASSIGN(const std::optional<OutsideFile> now, digests_.fresh(write));
            if (now) {
                found.push_back(*now);
            } else {
                missing.push_back(write.logical());
            }
        }
        return found;
    }

  private:
    static std::optional<std::string> cache_of(const PlanOptions& options) {
        return options.store_dir.empty() ? std::nullopt : std::optional(fingerprint::digests_dir(options.store_dir));
    }
    bool is_selected_stage(const std::string& stage) const { return options_.only.empty() || options_.only.contains(stage); }

    core::Status check_names(const std::set<std::string>& names, std::string_view option) const {
        std::vector<std::string> known;
        for (const StageDecl& stage : resolved_.file.stages) { known.push_back(stage.name); }
        for (const std::string& name : names) {
            if (std::find(known.begin(), known.end(), name) != known.end()) { continue; }
            const std::optional<std::string> near = core::nearest(name, known);
            return core::Error(core::Errc::usage, cat(option, ' ', name, ": the pipeline has no such stage", near ? cat(" (nearest: \"", *near, "\")") : ""));
        }
        return core::ok();
    }

    // --- inputs and key --------------------------------------------------------------------------------------------------------------------

    static void miss(Inputs& inputs, const std::string& name, bool failed) {
        if (!inputs.missing.empty()) { return; }
        inputs.missing = name;
        inputs.failed = failed;
    }

    core::Result<Inputs> look_at_inputs(const Instance& instance, const Results& results) {
        Inputs inputs;
        for (const DeclaredPath& read : instance.reads) {
            if (read.place == Place::run_dir) {
                take_made(read, results, inputs);
                continue;
            }
            const bool is_ready = std::all_of(read.writers.begin(), read.writers.end(), [&](std::size_t writer) { return results[writer] != nullptr; });
            if (!is_ready) {
                miss(inputs, read.logical(), true);
                continue;
            }
            RL_ASSIGN(const std::optional<OutsideFile> file, read.writers.empty() ? digests_.of(read) : digests_.fresh(read));
            if (!file) {
                miss(inputs, read.logical(), false);
            } else if (inputs.components.emplace(file->name, file->digest).second) {
                inputs.outside.push_back(*file);
            }
        }
        std::sort(inputs.outside.begin(), inputs.outside.end(), [](const OutsideFile& a, const OutsideFile& b) { return a.name < b.name; });
        return inputs;
    }

    // What earlier stages made of a read in the run directory.
    void take_made(const DeclaredPath& read, const Results& results, Inputs& inputs) const {
        rundir::Manifest covered;
        for (const std::size_t writer : read.writers) {
            if (results[writer] == nullptr) {
                // A gathering read goes on without what an optional stage did not make.
                if (fingerprint::is_glob(read.path) && resolved_.file.stages[graph_.instances[writer].stage].optional) { continue; }
                miss(inputs, read.logical(), true);
                return;
            }
            for (const rundir::ManifestEntry& entry : results[writer]->manifest.entries) {
                if (covers(read.path, entry.path)) { covered.entries.push_back(entry); }
            }
        }
        if (covered.entries.empty()) {
            miss(inputs, read.logical(), false);
        } else if (covered.entries.size() > k_most_input_components) {
            std::sort(covered.entries.begin(), covered.entries.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
            inputs.components.emplace(read.logical(), cat("manifest/1:", covered.digest().hex()));
        } else {
            for (const rundir::ManifestEntry& entry : covered.entries) { inputs.components.emplace(entry.path, cat("file/1:", entry.digest.hex())); }
        }
    }

    static core::Result<rundir::StageKey> make_key(const Instance& instance, const StageDecl& stage, const CodeIdentity& code, const Inputs& inputs) {
        std::vector<KeyComponent> components = code.components();
        components.push_back({ComponentKind::stage, "name", stage.name});
        core::Json argv = core::Json::array();
        for (const std::string& word : instance.command) { argv.push(word); }
        components.push_back({ComponentKind::command, "argv", core::to_json(argv)});
        if (const core::JsonObject* const params = stage.params.as_object()) {
            for (const auto& [name, value] : *params) { components.push_back({ComponentKind::param, name, core::to_json(value)}); }
        }
        for (const auto& [name, value] : stage.env) { components.push_back({ComponentKind::env, name, value ? value : os::env(name.c_str())}); }
        for (const auto& [name, value] : instance.dimensions) { components.push_back({ComponentKind::dimension, name, value}); }
        for (const auto& [name, digest] : inputs.components) { components.push_back({ComponentKind::input, name, digest}); }
        for (const DeclaredPath& write : instance.writes) { components.push_back({ComponentKind::output, write.logical(), std::nullopt}); }
        return rundir::make_stage_key(std::move(components));
    }

    // --- judging ---------------------------------------------------------------------------------------------------------------------------

    static Decision run(Decision decision, Reason reason, std::string detail, bool replaces) {
        decision.action = Action::run;
        decision.reason = reason;
        decision.replaces = replaces;
        if (!detail.empty()) { decision.detail = std::move(detail); }
        return decision;
    }

    // Not asked for: what is there is taken as it is, whatever its key.
    core::Result<Decision> leave_unselected(Decision decision, const std::optional<RunDir>& run_dir) {
        decision.action = Action::leave;
        decision.reason = Reason::not_selected;
        if (!decision.previous) {
            decision.detail = "not made yet";
            return decision;
        }
        RL_ASSIGN(const std::shared_ptr<const Available> result, open_result(*run_dir, *decision.previous));
        RL_ASSIGN(decision.differences, differences_of(decision.instance, *result));
        if (decision.differences.empty()) {
            decision.result = result;
        } else {
            decision.detail = describe_differences(decision.differences);
        }
        return decision;
    }

    // Another directory that takes the result over links to its files, which looks like a change while they are read.
    core::Result<std::vector<Difference>> verify(const Available& result) const {
        constexpr int k_attempts = 8;
        for (int i = 1;; ++i) {
            core::Result<std::vector<Difference>> differences = rundir::verify_tree(result.out, result.manifest, cache_, options_.verify_content);
            if (differences.ok() || differences.error().code() != core::Errc::busy || i == k_attempts) { return differences; }
        }
    }

    core::Result<std::vector<Difference>> differences_of(std::size_t index, const Available& result) {
        RL_ASSIGN(std::vector<Difference> differences, verify(result));
        std::vector<std::string> missing;
        RL_ASSIGN(const std::vector<OutsideFile> now, workspace_outputs(index, missing));
        for (const OutsideFile& was : result.done.workspace) {
            const auto is = std::find_if(now.begin(), now.end(), [&](const OutsideFile& file) { return file.name == was.name; });
            if (is == now.end()) {
                differences.push_back({DifferenceKind::missing, was.name, std::nullopt, std::nullopt});
            } else if (is->digest != was.digest) {
                differences.push_back({DifferenceKind::changed, was.name, std::nullopt, std::nullopt});
            }
        }
        return differences;
    }

    core::Result<Decision> judge_done(Decision decision, const RunDir& run_dir, const DoneRecord& done) {
        decision.changes.clear();
        if (done.inputs_changed) { return run(std::move(decision), Reason::inputs_changed_during_run, "what it read changed while it ran", true); }
        core::Result<std::shared_ptr<const Available>> opened = open_result(run_dir, done);
        if (!opened.ok()) {
            if (opened.error().code() == core::Errc::io) { return opened.error(); }
            return run(std::move(decision), Reason::outputs_modified, opened.error().message(), true);
        }
        RL_ASSIGN(decision.differences, differences_of(decision.instance, *opened.value()));
        if (decision.differences.empty()) {
            decision.action = Action::skip;
            decision.reason = done.blessed_from ? Reason::blessed : Reason::up_to_date;
            if (done.blessed_because) { decision.detail = *done.blessed_because; }
            decision.result = opened.value();
            return decision;
        }
        const bool missing = std::any_of(decision.differences.begin(), decision.differences.end(), [](const Difference& one) { return one.kind == DifferenceKind::missing; });
        std::string detail = describe_differences(decision.differences);
        return run(std::move(decision), missing ? Reason::outputs_missing : Reason::outputs_modified, std::move(detail), true);
    }

    // This directory has no result of the key.
    core::Result<Decision> judge_new(Decision decision, const std::optional<RunDir>& run_dir) {
        if (!options_.store_dir.empty()) {
            core::Result<std::optional<rundir::Elsewhere>> found = rundir::find_elsewhere(options_.store_dir, decision.key->key);
            if (found.ok() && found.value() && (!run_dir || found.value()->run_dir != run_dir->path())) {
                if (std::shared_ptr<const Available> result = usable(decision.instance, *found.value())) {
                    decision.action = Action::reuse;
                    decision.reason = Reason::cached;
                    decision.detail = cat("from ", os::base_name(found.value()->run_dir));
                    decision.elsewhere = std::move(*std::move(found).take());
                    decision.result = std::move(result);
                    return decision;
                }
            }
            if (is_marked_elsewhere(decision.key->key)) {
                return run(std::move(decision), Reason::nondeterministic_stage, "equal keys have given other bytes, so another directory's result is not reused", false);
            }
        }
        if (!decision.previous) { return run(std::move(decision), Reason::no_previous, "", false); }
        std::string detail = describe_changes(decision.changes);
        return run(std::move(decision), Reason::key_differs, std::move(detail), false);
    }

    // A result of another directory, if it is whole.
    std::shared_ptr<const Available> usable(std::size_t index, const rundir::Elsewhere& elsewhere) {
        const core::Result<RunDir> other = RunDir::open(elsewhere.run_dir);
        if (!other.ok()) { return nullptr; }
        core::Result<std::shared_ptr<const Available>> result = open_result(other.value(), elsewhere.done);
        if (!result.ok()) { return nullptr; }
        const core::Result<std::vector<Difference>> differences = differences_of(index, *result.value());
        return differences.ok() && differences.value().empty() ? std::move(result).take() : nullptr;
    }

    // Whether there is a pointer that find_elsewhere() does not follow, because its stage was found to give other bytes for one key.
    bool is_marked_elsewhere(const core::Digest& key) const {
        const core::Result<std::string> text = os::read_file(cat(options_.store_dir, "/cache/stages/", key.hex()), 64U << 10U);
        if (!text.ok()) { return false; }
        const core::Result<core::Json> json = core::parse_json(text.value(), "pointer");
        if (!json.ok()) { return false; }
        const core::Result<RunDir> other = RunDir::open(json.value().string_at("run_dir").value_or(""));
        const rundir::StageInstance which{json.value().string_at("stage").value_or(""), json.value().string_at("instance").value_or("")};
        if (!other.ok() || !rundir::check_instance(which).ok()) { return false; }
        const core::Result<bool> marked = rundir::is_nondeterministic(other.value(), which);
        return marked.ok() && marked.value();
    }

    const Resolved& resolved_;
    const Graph& graph_;
    PlanOptions options_;
    std::optional<std::string> cache_;
    InputDigests digests_;
    std::unique_ptr<CodeIndex> code_;
};

}  // namespace

core::Result<std::unique_ptr<Planner>> Planner::begin(const Resolved& resolved, const Graph& graph, const PlanOptions& options) {
    auto planner = std::make_unique<LivePlanner>(resolved, graph, options);
    RL_TRY(planner->look());
    return std::unique_ptr<Planner>(std::move(planner));
}

namespace {

// Instances by how many others stand in a row before them: those of one rank need nothing of each other.
std::vector<std::vector<std::size_t>> ranks_of(const Graph& graph) {
    std::vector<std::size_t> rank(graph.instances.size(), 0);
    std::vector<std::vector<std::size_t>> ranks;
    for (std::size_t i = 0; i < rank.size(); ++i) {
        for (const std::size_t need : graph.instances[i].needs) { rank[i] = std::max(rank[i], rank[need] + 1); }
        if (ranks.size() <= rank[i]) { ranks.resize(rank[i] + 1); }
        ranks[rank[i]].push_back(i);
    }
    return ranks;
}

constexpr std::size_t k_instances_a_turn = 4;

}  // namespace

core::Result<std::vector<Decision>> plan_all(Planner& planner, const Graph& graph, const std::optional<RunDir>& run_dir) {
    std::vector<Decision> decisions(graph.instances.size());
    std::vector<core::Status> problems(graph.instances.size(), core::ok());
    Results results(graph.instances.size());
    const auto decide = [&](std::size_t i) -> core::Status {
        const std::vector<std::size_t>& needs = graph.instances[i].needs;
        const auto pending = std::find_if(needs.begin(), needs.end(), [&](std::size_t need) {
            const Action action = decisions[need].action;
            return action == Action::run || action == Action::wait;
        });
        if (pending != needs.end() && planner.is_selected(i)) {
            decisions[i].instance = i;
            decisions[i].action = Action::wait;
            decisions[i].reason = Reason::input_pending;
            decisions[i].detail = cat("after ", graph.instances[*pending].which.str());
            return core::ok();
        }
        RL_ASSIGN(decisions[i], planner.decide(i, run_dir, results));
        results[i] = decisions[i].result;
        return core::ok();
    };
    for (const std::vector<std::size_t>& rank : ranks_of(graph)) {
        os::for_each_index(rank.size(), k_instances_a_turn, [&](std::size_t at) { problems[rank[at]] = decide(rank[at]); });
        for (const std::size_t i : rank) { RL_TRY(std::move(problems[i])); }
    }
    return decisions;
}

core::Result<std::shared_ptr<const Available>> open_result(const RunDir& run_dir, const DoneRecord& done) {
    RL_ASSIGN(rundir::Manifest manifest, rundir::read_manifest(run_dir, done));
    return std::shared_ptr<const Available>(std::make_shared<Available>(Available{done, std::move(manifest), cat(run_dir.published(done.which, done.key.key), "/out")}));
}

}  // namespace runlake::pipeline

// SPDX-License-Identifier: Apache-2.0
#include "ops/replay_session.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "core/hex.hpp"
#include "core/text.hpp"
#include "fingerprint/code.hpp"
#include "git/checkout.hpp"
#include "git/tracked.hpp"
#include "ops/run_parts.hpp"
#include "os/files.hpp"
#include "os/lease.hpp"
#include "os/stamp.hpp"
#include "os/start_thread.hpp"
#include "os/stop_signal.hpp"
#include "os/system.hpp"
#include "record/recorder.hpp"
#include "record/settings.hpp"
#include "replay/child_stage.hpp"
#include "replay/knobs.hpp"
#include "replay/launch.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;

constexpr std::string_view k_worktree_prefix = "runlake-replay-";
constexpr const char* k_lease_name = "lease";
constexpr const char* k_kept_name = "kept";
constexpr std::int64_t k_young_us = 60'000'000;

std::string observer_path() {
    const std::string path = os::private_lib_dir() + "/librunlake_observer.so";
    return os::exists(path) ? path : "";
}

// What a metric of a run was in the end: the value of its last point.
std::optional<double> last_metric(const record::Store& store, const core::RunId& id, std::string_view name, core::Timestamp since) {
    const auto run = read_run_parts(store, id.str(), since);
    if (!run.ok()) { return std::nullopt; }
    std::set<std::string> names;
    const runs::MetricPart* last = nullptr;
    for (const runs::MetricPart& said : run.value().parts.metrics) {
        names.insert(said.name);
        if (!name.empty() && said.name != name) { continue; }
        if (last == nullptr || said.stamp >= last->stamp) { last = &said; }
    }
    if (last == nullptr || (name.empty() && names.size() != 1)) { return std::nullopt; }
    return last->value;
}

bool is_session_name(std::string_view name) { return name.size() == 16 && core::is_hex(name); }

// A session at work holds its lease. One that kept something has a mark; everything else of a session that has gone is nobody's. A folder without a lease may be one that
// is just being made.
bool is_left_behind(const std::string& folder) {
    const auto info = os::stat_path(folder);
    if (!info) { return true; }
    const auto lives = os::lease_lives(os::join_path(folder, k_lease_name));
    if (!lives.ok() || lives.value()) { return false; }
    if (os::exists(os::join_path(folder, k_lease_name))) { return true; }
    return os::system_clock().now().micros - os::Stamp::of(*info).mtime_ns / 1000 > k_young_us;
}

// What git keeps of worktrees goes with their sessions, also when only that is left of one.
void remove_worktrees(const record::Store& store, const git::Location& repository) {
    const auto entries = os::list_dir(repository.common_dir + "/worktrees");
    if (!entries.ok()) { return; }
    for (const os::DirEntry& entry : entries.value()) {
        if (!entry.name.starts_with(k_worktree_prefix)) { continue; }
        const std::string_view rest = std::string_view(entry.name).substr(k_worktree_prefix.size());
        const std::size_t dash = rest.find('-');
        if (dash == std::string_view::npos || !is_session_name(rest.substr(0, dash))) { continue; }
        const std::string folder = cat(replays_folder(store), '/', rest.substr(0, dash));
        if (!is_left_behind(folder)) { continue; }
        static_cast<void>(git::remove_worktree(repository, cat(folder, '/', rest.substr(dash + 1), "/tree"), entry.name));
    }
}

void remove_left_behind(const record::Store& store, const std::optional<git::Location>& repository) {
    if (repository) { remove_worktrees(store, *repository); }
    const auto entries = os::list_dir(replays_folder(store));
    if (!entries.ok()) { return; }
    for (const os::DirEntry& entry : entries.value()) {
        const std::string folder = os::join_path(replays_folder(store), entry.name);
        if (!is_session_name(entry.name) || !is_left_behind(folder)) { continue; }
        // A verdict may name what was kept; the lease of whoever kept it is nobody's.
        const bool kept = os::exists(os::join_path(folder, k_kept_name));
        static_cast<void>(os::remove_tree(kept ? os::join_path(folder, k_lease_name) : folder, os::point::replay_worktree_remove));
    }
}

// Names of files below `path`, relative to `root`, links and folders followed no further than they are folders.
core::Status link_into(const std::string& root, const std::string& tree, const std::string& path) {
    const std::string from = os::join_path(root, path);
    const std::string to = os::join_path(tree, path);
    if (os::is_dir(from) && !os::read_link(from)) {
        RL_TRY(os::make_dirs(to, 0777, os::point::replay_worktree_create));
        RL_ASSIGN(const auto entries, os::list_dir(from));
        for (const os::DirEntry& entry : entries) { RL_TRY(link_into(root, tree, os::join_path(path, entry.name))); }
        return core::ok();
    }
    if (os::stat_link(to) || !os::exists(from)) { return core::ok(); }
    RL_TRY(os::make_dirs(os::parent_path(to), 0777, os::point::replay_worktree_create));
    return os::symbolic_link(from, to, os::point::replay_worktree_create);
}

class Session final : public ReplaySession {
  public:
    Session(ReplaySessionRequest request, std::string id, std::string folder, os::StopSignal stop, std::unique_ptr<record::Recorder> recorder,
            std::unique_ptr<os::Lease> lease)
        : request_(std::move(request)), id_(std::move(id)), folder_(std::move(folder)), stop_(std::move(stop)), recorder_(std::move(recorder)),
          lease_(std::move(lease)), begun_(os::system_clock().now()),
          launcher_{.store = request_.store,
                    .binary = os::executable_path(),
                    .observer = observer_path(),
                    .recorder = *recorder_,
                    .stop_fd = stop_.fd(),
                    .logged = [this](const core::RunId& run, std::string_view name) { return last_metric(request_.store, run, name, begun_); }} {}

    ~Session() override {
        for (const std::string& name : replicas_) {
            if (!kept_.contains(name)) { static_cast<void>(os::remove_tree(os::join_path(folder_, name), os::point::replay_worktree_remove)); }
        }
        lease_.reset();
        static_cast<void>(os::remove_dir(folder_, os::point::replay_worktree_remove));   // not when something was kept
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    const std::string& id() const override { return id_; }
    const std::optional<std::string>& code_ref() const override { return code_ref_; }

    core::Result<std::vector<CellReplays>> run(const std::vector<replay::Cell>& cells) override {
        std::vector<replay::Pinned> pins;
        for (const replay::Cell& cell : cells) {
            if (request_.uncapped) {
                pins.push_back(replay::uncapped(cell.envelope));
                continue;
            }
            auto resolved = replay::resolve_pins(cell.pins);
            if (!resolved.ok()) { return std::move(resolved).take_error().context(cat("cell ", cell.name)); }
            pins.push_back(std::move(resolved).take());
        }
        // In a tree of their own every replica looks at this; in the present one what the first leaves there would count as a change of the second.
        if (!request_.tree.repository) { look_at_code(request_.tree.root); }
        std::vector<CellReplays> all(cells.size());
        std::vector<Task> tasks;
        for (std::size_t cell = 0; cell < cells.size(); ++cell) {
            all[cell].outcomes.resize(static_cast<std::size_t>(cells[cell].replicas));
            for (int replica = 0; replica < cells[cell].replicas; ++replica) {
                const std::string name = std::to_string(next_++);
                replicas_.push_back(name);
                all[cell].folders.push_back(os::join_path(folder_, name));
                tasks.push_back({&cells[cell], &pins[cell], replica, name, &all[cell].outcomes[static_cast<std::size_t>(replica)]});
            }
        }
        perform(tasks, workers_for(cells));
        if (stop_.wait(std::chrono::milliseconds(0))) { return Error(Errc::interrupted, "replaying: told to stop, and nothing was decided"); }
        return all;
    }

    void keep(CellReplays& replays) override {
        for (std::size_t i = 0; i < replays.outcomes.size(); ++i) {
            const std::string name = os::base_name(replays.folders[i]);
            if (!os::is_dir(replays.folders[i])) { continue; }
            if (kept_.empty()) { static_cast<void>(os::create_exclusive(os::join_path(folder_, k_kept_name), 0600, os::point::replay_output_keep)); }
            kept_.insert(name);
            for (const char* part : {"/tmp", "/fresh", "/tree"}) { static_cast<void>(os::remove_tree(replays.folders[i] + part, os::point::replay_worktree_remove)); }
            replays.outcomes[i].kept = os::relative_inside(replays.folders[i], request_.store.dir);
        }
    }

  private:
    struct Task {
        const replay::Cell* cell;
        const replay::Pinned* pinned;
        int replica;
        std::string name;
        replay::Outcome* outcome;
    };

    // Un-capped runs take the whole machine; replicas that share a tree and write the same files must not do so at once.
    int workers_for(const std::vector<replay::Cell>& cells) const {
        if (!request_.parallel || request_.uncapped) { return 1; }
        const bool share = !request_.tree.repository && std::ranges::any_of(cells, [](const replay::Cell& cell) {
            return !cell.artifacts.empty() || cell.metric.kind == replay::MetricKind::json || cell.metric.kind == replay::MetricKind::file;
        });
        if (share) {
            request_.say("runlake: cells that write files in the present tree run one after the other");
            return 1;
        }
        return os::usable_processors();
    }

    void perform(const std::vector<Task>& tasks, int workers) {
        std::atomic<std::size_t> next = 0;
        const auto work = [&] {
            for (std::size_t i = next++; i < tasks.size(); i = next++) {
                *tasks[i].outcome = perform_one(tasks[i]);
                const std::scoped_lock lock(mutex_);
                if (request_.tell) { request_.tell(*tasks[i].cell, *tasks[i].outcome); }
            }
        };
        std::vector<std::thread> threads;
        for (int i = 1; i < workers && static_cast<std::size_t>(i) < tasks.size(); ++i) {
            auto thread = os::start_thread(work);
            if (!thread.ok()) { break; }  // a limit of processes: those that there are do it all
            threads.push_back(std::move(thread).take());
        }
        work();
        for (std::thread& thread : threads) { thread.join(); }
    }

    replay::Outcome perform_one(const Task& task) {
        const std::string folder = os::join_path(folder_, task.name);
        const bool own_tree = request_.tree.repository.has_value();
        const std::string worktree = cat(k_worktree_prefix, id_, '-', task.name);
        std::string tree = request_.tree.root;
        std::map<std::string, std::string> places = request_.places;
        core::Status ready = os::make_dir(folder, 0700, os::point::replay_folder_create);
        if (ready.ok() && own_tree) {
            tree = folder + "/tree";
            ready = make_tree(tree, worktree, *task.cell, places);
        }
        replay::Outcome outcome;
        outcome.replica = task.replica;
        if (ready.ok()) {
            outcome = replay::run_replica(launcher_, request_for(task, folder, tree, own_tree, &places));
        } else {
            outcome.error = replay::ReplayError{.kind = replay::ErrorKind::internal, .detail = ready.error().message(), .exit_status = std::nullopt, .signal = std::nullopt};
        }
        if (own_tree) { static_cast<void>(git::remove_worktree(*request_.tree.repository, tree, worktree)); }
        if (!own_tree) { forget_code(outcome); }
        return outcome;
    }

    // Of the present tree, what git would tell a change of is part of the code, and compared as that.
    void forget_code(replay::Outcome& outcome) {
        const auto repository = git::find_repository(request_.tree.root);
        if (outcome.undeclared.empty() || !repository.ok() || !repository.value()) { return; }
        std::vector<std::string> inside;
        for (const replay::ReadFile& file : outcome.undeclared) {
            if (auto path = os::relative_inside(os::join_path(request_.tree.root, file.path), repository.value()->work_tree)) { inside.push_back(std::move(*path)); }
        }
        const std::scoped_lock lock(mutex_);
        const auto counts = git::counts_for_tree_state(*repository.value(), inside);
        if (!counts.ok()) { return; }
        std::set<std::string> known;
        for (std::size_t i = 0; i < inside.size(); ++i) {
            if (counts.value()[i]) { known.insert(os::join_path(repository.value()->work_tree, inside[i])); }
        }
        std::erase_if(outcome.undeclared, [&](const replay::ReadFile& file) { return known.contains(os::lexically_normal(os::join_path(request_.tree.root, file.path))); });
    }

    replay::ReplicaRequest request_for(const Task& task, const std::string& folder, const std::string& tree, bool own_tree, const std::map<std::string, std::string>* places) {
        replay::ReplicaRequest one{.cell = *task.cell, .pinned = *task.pinned};
        one.replica = task.replica;
        one.folder = folder;
        one.tree = tree;
        one.own_tree = own_tree;
        one.environment = replay::base_environment(task.cell->pins.pass, request_.uncapped);
        one.environment.insert(one.environment.end(), request_.environment.begin(), request_.environment.end());
        one.project = request_.tree.root;
        one.places = places;
        one.program_beside = request_.program_beside;
        {
            const std::scoped_lock lock(mutex_);
            one.code_ref = code_ref_;
        }
        one.stage = request_.stage.empty() ? task.cell->name : request_.stage;
        one.tags = request_.tags;
        one.tags.emplace_back("replay", id_);
        return one;
    }

    core::Status make_tree(const std::string& path, const std::string& name, const replay::Cell& cell, std::map<std::string, std::string>& places) {
        RL_TRY(git::add_worktree({.repository = *request_.tree.repository, .commit = request_.tree.commit, .path = path, .name = name, .patch = request_.tree.patch}));
        look_at_code(path);
        // An input that the commit lacks is the present one, and is looked at where it is: links in a folder would make another digest.
        for (const std::string& input : cell.inputs.value_or(std::vector<std::string>())) {
            const std::string inside = os::lexically_normal(os::join_path(cell.directory, input));
            const std::size_t glob = inside.find_first_of("*?[");
            const std::string fixed = glob == std::string::npos ? inside : os::parent_path(inside.substr(0, glob) + "x");
            if (!places.contains(input) && !inside.starts_with('/') && !os::exists(os::join_path(path, fixed))) { places.emplace(input, os::join_path(request_.tree.root, inside)); }
        }
        for (const std::string& beside : request_.tree.beside) { RL_TRY(link_into(request_.tree.root, path, beside)); }
        return core::ok();
    }

    void look_at_code(const std::string& tree) {
        const std::scoped_lock lock(mutex_);
        if (code_ref_) { return; }
        fingerprint::CodeOptions options;
        options.limit = std::chrono::seconds(30);
        const fingerprint::CodeStart start = fingerprint::read_code(tree);
        code_ref_ = fingerprint::look_at_code(start, request_.store, options).code_ref;
    }

    ReplaySessionRequest request_;
    std::string id_;
    std::string folder_;
    os::StopSignal stop_;
    std::unique_ptr<record::Recorder> recorder_;
    std::unique_ptr<os::Lease> lease_;
    core::Timestamp begun_;
    replay::Launcher launcher_;
    std::mutex mutex_;
    std::optional<std::string> code_ref_;
    std::vector<std::string> replicas_;
    std::set<std::string> kept_;
    int next_ = 0;
};

}  // namespace

std::string replays_folder(const record::Store& store) { return store.dir + "/replays"; }

core::Result<std::unique_ptr<ReplaySession>> ReplaySession::begin(ReplaySessionRequest request) {
    std::string id = os::random_hex(16);
    std::string folder = os::join_path(replays_folder(request.store), id);
    RL_ASSIGN(os::StopSignal stop, os::StopSignal::install());
    remove_left_behind(request.store, request.tree.repository);
    RL_TRY(os::make_dirs(replays_folder(request.store), 0777, os::point::replay_folder_create));
    RL_TRY(os::make_dir(folder, 0700, os::point::replay_folder_create));
    auto lease = os::Lease::take(os::join_path(folder, k_lease_name), {.purpose = "replay"});
    if (!lease.ok()) { return std::move(lease).take_error(); }
    // Runs of an envelope have the machine to themselves. It looks for our lease after it took its own, and we for its after ours: one of both sees the other.
    if (const auto envelope = os::lease_lives(replays_folder(request.store) + "/envelope.lease"); !request.uncapped && envelope.ok() && envelope.value()) {
        std::move(lease).take().reset();
        static_cast<void>(os::remove_tree(folder, os::point::replay_worktree_remove));
        return Error(Errc::busy, "replaying: an envelope is being measured, which needs the machine for itself; try again when it is done");
    }
    std::optional<Error> problem;
    const record::Settings settings = record::Settings::load_tolerant(request.store, problem);
    record::Recorder::Options options;
    options.mode = settings.mode();
    options.durability = settings.durability();
    auto recorder = record::Recorder::open(core::Result<record::Store>(request.store), options);
    return std::unique_ptr<ReplaySession>(
        std::make_unique<Session>(std::move(request), std::move(id), std::move(folder), std::move(stop), std::move(recorder), std::move(lease).take()));
}

}  // namespace runlake::ops

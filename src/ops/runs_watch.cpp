// SPDX-License-Identifier: Apache-2.0
#include "ops/runs_watch.hpp"

#include <map>
#include <set>

#include "core/text.hpp"

namespace runlake::ops {
namespace {

constexpr std::chrono::milliseconds k_poll{200};
// A recorder that was killed says nothing: looked for now and then, while there are runs that it could concern.
constexpr std::int64_t k_look_again_ns = 10'000'000'000;
// How far back a start may lie that is news all the same: clocks of machines differ.
constexpr std::int64_t k_slack_micros = 600'000'000;

class Watch {
  public:
    explicit Watch(const RunsWatchRequest& request) : request_(request), since_{request.clock->now().micros - k_slack_micros} {}

    core::Status look() {
        RL_TRY(request_.newest ? look_at_newest() : look_at_changes());
        for (const std::string& note : notes_) {
            if (said_.insert(note).second) { request_.note(note); }
        }
        first_ = false;
        return core::ok();
    }
    bool any_running() const { return running_; }

  private:
    core::Status look_at_newest() {
        std::vector<runs::ColumnSpec> columns = runs::all_run_columns();
        RL_ASSIGN(runs::ColumnSpec shown, runs::parse_column("shown"));
        columns.push_back(std::move(shown));
        RL_ASSIGN(const runs::RunTable table, read_runs(request_.scope.store, notes_, [&](runs::Session& session, const runs::SeenRuns* confirmed) {
                      return runs::newest_runs(session.connection(), request_.scope.tenant, request_.count, columns, confirmed);
                  }));
        running_ = false;
        for (const auto& row : table.rows) {
            const auto* state = std::get_if<std::string>(&row.back());
            running_ = running_ || (state != nullptr && (*state == "running" || *state == "unwatched"));
        }
        return request_.newest(table);
    }

    core::Status look_at_changes() {
        std::vector<core::RunId> going_on;
        for (const auto& [id, state] : states_) {
            if (state == "running" || state == "unwatched" || state == "abandoned") { going_on.push_back(id); }
        }
        RL_ASSIGN(const runs::WatchedRuns found, read_runs(request_.scope.store, notes_, [&](runs::Session& session, const runs::SeenRuns* confirmed) {
                      return runs::watched_runs(session.connection(), request_.scope.tenant, since_, going_on, confirmed);
                  }));
        running_ = false;
        for (const runs::WatchedRun& run : found.runs) {
            running_ = running_ || run.shown == "running" || run.shown == "unwatched";
            const auto [known, is_new] = states_.emplace(run.id, run.shown);
            if (!is_new && known->second == run.shown) { continue; }
            known->second = run.shown;
            // What had ended before we looked is no change.
            if (first_ && run.shown != "running" && run.shown != "unwatched") { continue; }
            RL_TRY(request_.changed(run));
        }
        return core::ok();
    }

    const RunsWatchRequest& request_;
    core::Timestamp since_;
    std::map<core::RunId, std::string> states_;
    std::set<std::string> said_;
    Notes notes_;
    bool running_ = false;
    bool first_ = true;
};

}  // namespace

core::Status runs_watch(const RunsWatchRequest& request) {
    if (request.count < 1) { return core::Error(core::Errc::usage, core::cat("--n ", request.count, ": at least one run must be asked for")); }
    Watch watch(request);
    std::string stamp;
    std::int64_t looked_ns = 0;
    bool first = true;
    while (true) {
        std::string now = journal_stamp(request.scope.store);
        const bool look_again = watch.any_running() && request.clock->monotonic_ns() - looked_ns > k_look_again_ns;
        if (first || now != stamp || look_again) {
            RL_TRY(watch.look());
            // Taken before the look: what came while we looked is seen by the next one.
            stamp = std::move(now);
            looked_ns = request.clock->monotonic_ns();
            first = false;
        }
        if (request.wait(k_poll)) { return core::ok(); }
    }
}

}  // namespace runlake::ops

// SPDX-License-Identifier: Apache-2.0
#include "ops/validate_evidence.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "core/ids.hpp"
#include "core/text.hpp"
#include "jobs/batch.hpp"
#include "jobs/document.hpp"
#include "jobs/status.hpp"
#include "ledger/runs_index.hpp"
#include "os/files.hpp"
#include "os/parallel.hpp"
#include "runs/query_cited.hpp"
#include "runs/session.hpp"

namespace runlake::ops {
namespace {

constexpr std::size_t k_most_alike = 5;   // runs that begin alike: more are not told apart any better

// A job that batches select from.
struct Member {
    std::string id;
    const core::Json* state_point;
};

kb::Metrics metrics_of(const ledger::Extra& extra) {
    kb::Metrics known;
    const auto number = [](const std::optional<double>& value) { return value ? std::optional(core::Json(*value)) : std::nullopt; };
    for (const auto& [name, fact] : extra.metrics) {
        known.emplace(name, kb::Metric{.last = core::Json(fact.value), .step = fact.step, .min = number(fact.min), .max = number(fact.max), .points = {}});
    }
    return known;
}

class RepositoryEvidence final : public kb::Evidence {
  public:
    RepositoryEvidence(const record::Store& store, const jobs::Jobs* jobs, const ledger::View& ledger) : store_(store), jobs_(jobs), ledger_(ledger), index_(ledger::read_runs_index(store)) {
        for (const ledger::LeftOut& left : ledger.left_out()) {
            std::string name = os::base_name(left.path);
            damaged_.emplace(name.substr(0, name.rfind('.')), left.why.message());
        }
        if (jobs != nullptr) {
            for (const jobs::LeftOut& left : jobs->left_out) { damaged_.emplace(left.id.str(), left.why.message()); }
        }
    }

    bool has_authority() const override { return jobs_ != nullptr || !ledger_.items().empty() || !index_.empty(); }

    bool has_job(std::string_view id) override { return local(id) != nullptr || entry(id) != nullptr; }

    std::optional<std::string> damage_of(std::string_view id) const override {
        const auto at = damaged_.find(std::string(id));
        return at == damaged_.end() ? std::nullopt : std::optional(at->second);
    }

    std::vector<std::string> beginning_with(std::string_view typed, bool jobs_too) override {
        std::set<std::string> ids;
        if (jobs_too && typed.find('-') == std::string_view::npos) {
            add_entries(typed, 32, ids);
            if (jobs_ != nullptr) {
                for (auto at = std::ranges::lower_bound(jobs_->jobs, typed, {}, [](const jobs::Job& job) { return std::string_view(job.id.str()); });
                     at != jobs_->jobs.end() && at->id.str().starts_with(typed) && ids.size() < k_most_alike; ++at) {
                    ids.insert(at->id.str());
                }
            }
        }
        if (const auto prefix = core::RunIdPrefix::parse(typed); prefix.ok()) {
            const std::size_t before = ids.size();
            add_entries(prefix.value().str(), 36, ids);
            // A whole id that the ledger has is not looked for in the journal.
            if (!(prefix.value().is_whole() && ids.size() > before)) { add_recorded(prefix.value(), ids); }
        }
        return {ids.begin(), ids.end()};
    }

    bool has_batch(std::string_view experiment, const core::Json& selector) override {
        const std::string key = core::cat(experiment, ' ', core::to_json(selector));
        if (const auto known = batches_.find(key); known != batches_.end()) { return known->second; }
        const auto of = members().find(experiment);
        const bool found = of != members().end() && std::ranges::any_of(of->second, [&](const Member& member) { return jobs::matches(*member.state_point, selector); });
        batches_.emplace(key, found);
        return found;
    }

    std::vector<std::string> batch(std::string_view experiment, const core::Json& selector) override {
        std::vector<std::string> ids;
        const auto of = members().find(experiment);
        if (of == members().end()) { return ids; }
        for (const Member& member : of->second) {
            if (jobs::matches(*member.state_point, selector)) { ids.push_back(member.id); }
        }
        std::ranges::sort(ids);
        return ids;
    }

    std::optional<std::string> indexed(std::string_view id) const override {
        const auto at = std::ranges::lower_bound(index_, id, {}, [](const ledger::IndexEntry& one) { return std::string_view(one.id.str()); });
        return at == index_.end() || at->id.str() != id ? std::nullopt : std::optional(at->machine);
    }

    std::vector<std::string> indexed_batch(std::string_view experiment, const core::Json& selector) const override {
        // An index tells the condition alone, as text: of other keys it can't be told that they do not match.
        const core::Json* condition = selector.find("condition");
        std::set<std::string> machines;
        for (const ledger::IndexEntry& one : index_) {
            if (one.experiment_id != std::string(experiment) || entry(one.id.str()) != nullptr) { continue; }
            if (condition != nullptr) {
                const std::string wanted = condition->is_string() ? *condition->as_string() : core::to_json(*condition);
                if (one.condition != wanted) { continue; }
            }
            machines.insert(one.machine);
        }
        return {machines.begin(), machines.end()};
    }

    core::Result<kb::KnownRun> facts(std::string_view id) override;
    core::Result<std::shared_ptr<const kb::Metrics>> metrics(std::string_view id, bool series) override;
    void prepare(const std::vector<std::string_view>& ids) override;

  private:
    const jobs::Job* local(std::string_view id) const {
        if (jobs_ == nullptr) { return nullptr; }
        const auto at = std::ranges::lower_bound(jobs_->jobs, id, {}, [](const jobs::Job& job) { return std::string_view(job.id.str()); });
        return at == jobs_->jobs.end() || at->id.str() != id ? nullptr : &*at;
    }

    // One citation asks several times.
    const ledger::Item* entry(std::string_view id) const {
        if (id != asked_) {
            asked_ = id;
            answered_ = ledger_.find(id);
        }
        return answered_;
    }

    void add_entries(std::string_view prefix, std::size_t length, std::set<std::string>& ids) const {
        const auto items = ledger_.items();
        for (auto at = std::ranges::lower_bound(items, prefix, {}, &ledger::Item::id); at != items.end() && at->id.starts_with(prefix) && ids.size() < k_most_alike; ++at) {
            if (at->id.size() == length) { ids.emplace(at->id); }
        }
    }

    // The database of recorded runs, opened once when it is first needed; null when there is none.
    runs::Session* session() {
        if (!session_tried_) {
            session_tried_ = true;
            if (os::is_dir(store_.journal())) {
                auto opened = runs::Session::open(store_);
                if (opened.ok()) { session_ = std::make_unique<runs::Session>(std::move(opened).take()); }
            }
        }
        return session_.get();
    }

    void add_recorded(const core::RunIdPrefix& prefix, std::set<std::string>& ids) {
        if (session() == nullptr) { return; }
        if (!recorded_) {
            recorded_.emplace();
            auto all = runs::all_run_ids(session()->connection());
            if (all.ok()) { recorded_ = std::move(all).take(); }
        }
        std::string least = prefix.str();
        constexpr std::string_view k_zero = "00000000-0000-0000-0000-000000000000";
        least += k_zero.substr(least.size());
        const auto first = core::RunId::parse(least);
        if (!first.ok()) { return; }
        for (auto at = std::ranges::lower_bound(*recorded_, first.value()); at != recorded_->end() && prefix.matches(*at) && ids.size() < k_most_alike; ++at) { ids.insert(at->str()); }
    }

    // Jobs by experiment, local ones first: one an id.
    const std::map<std::string, std::vector<Member>, std::less<>>& members() {
        if (members_known_) { return members_; }
        members_known_ = true;
        if (jobs_ != nullptr) {
            for (const jobs::Job& job : jobs_->jobs) {
                if (const auto experiment = jobs::experiment_of(job)) { members_[*experiment].push_back({job.id.str(), &job.state_point}); }
            }
        }
        state_points_.reserve(ledger_.items().size());
        for (const ledger::Item& item : ledger_.items()) {
            if (!item.is_job() || local(item.id) != nullptr) { continue; }
            auto job = item.job();
            if (!job.ok()) { continue; }
            const std::optional<std::string> experiment = experiment_of(job.value());
            if (!experiment) { continue; }
            state_points_.push_back(std::move(job.value().statepoint));
            members_[*experiment].push_back({std::string(item.id), &state_points_.back()});
        }
        return members_;
    }

    static std::optional<std::string> experiment_of(const ledger::JobEntry& entry) {
        if (entry.link) { return entry.link->experiment_id; }
        return entry.statepoint.string_at("experiment_id");
    }

    core::Status add_logged(const core::RunId& id, kb::Metrics& out) {
        if (session() == nullptr) { return core::ok(); }
        RL_ASSIGN(const auto logged, runs::logged_metrics(session()->connection(), id));
        for (const runs::LoggedMetric& one : logged) {
            kb::Metric& metric = out[one.name];
            const core::Json value = one.value ? core::Json(*one.value) : core::Json();
            metric.last = value;
            metric.step = one.step;
            if (one.step) { metric.points.emplace_back(*one.step, value); }
            if (!one.value) { continue; }
            if (!metric.min || *metric.min->number() > *one.value) { metric.min = value; }
            if (!metric.max || *metric.max->number() < *one.value) { metric.max = value; }
        }
        return core::ok();
    }

    record::Store store_;
    const jobs::Jobs* jobs_;
    const ledger::View& ledger_;
    std::vector<ledger::IndexEntry> index_;
    std::map<std::string, std::string> damaged_;
    mutable std::string asked_;
    mutable const ledger::Item* answered_ = nullptr;
    std::map<std::string, bool> batches_;
    std::unordered_map<const ledger::Item*, std::shared_ptr<const kb::Metrics>> prepared_;
    bool members_known_ = false;
    std::vector<core::Json> state_points_;
    std::map<std::string, std::vector<Member>, std::less<>> members_;
    bool session_tried_ = false;
    std::unique_ptr<runs::Session> session_;
    std::optional<std::vector<core::RunId>> recorded_;   // of the journal, sorted
};

core::Result<kb::KnownRun> RepositoryEvidence::facts(std::string_view id) {
    kb::KnownRun run{.id = std::string(id)};
    if (const jobs::Job* job = local(id)) {
        const auto status = jobs::status_of(job->document);
        run.status = status ? std::string(jobs::status_name(*status)) : "";
        run.experiment_id = jobs::experiment_of(*job);
        run.dirty = job->state_point.bool_at("code_dirty");
    }
    if (const ledger::Item* item = entry(id)) {
        if (item->is_job() && local(id) == nullptr) {
            RL_ASSIGN(const ledger::JobEntry job, item->job());
            run.status = ledger::job_end_name(job.end);
            run.experiment_id = experiment_of(job);
            run.dirty = job.code_dirty;
        } else if (!item->is_job()) {
            RL_ASSIGN(const ledger::RunEntry one, item->run());
            run.status = ledger::job_end_name(one.end);
            if (one.code_ref) { run.dirty = one.code_ref->find("+dirty") != std::string::npos; }
        }
        RL_ASSIGN(const std::optional<ledger::Extra> extra, item->read_extra());
        if (extra) {
            if (extra->dirty) { run.dirty = extra->dirty; }
            run.verdict = extra->last_verdict;
        }
    } else if (const auto whole = core::RunId::parse(id); whole.ok() && session() != nullptr) {
        RL_ASSIGN(const auto end, runs::end_of_run(session()->connection(), whole.value()));
        if (end) {
            run.status = end->status;
            if (end->code_ref) { run.dirty = end->code_ref->find("+dirty") != std::string::npos; }
        }
    }
    return run;
}

void RepositoryEvidence::prepare(const std::vector<std::string_view>& ids) {
    std::vector<const ledger::Item*> items;
    for (const std::string_view id : ids) {
        if (const ledger::Item* item = ledger_.find(id); item != nullptr && !item->extra.empty()) { items.push_back(item); }
    }
    std::vector<std::shared_ptr<const kb::Metrics>> read(items.size());
    os::for_each_index(items.size(), 256, [&](std::size_t i) {
        auto extra = items[i]->read_extra();
        if (extra.ok() && extra.value() && !extra.value()->metrics.empty()) { read[i] = std::make_shared<const kb::Metrics>(metrics_of(*extra.value())); }
    });
    prepared_.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (read[i]) { prepared_.emplace(items[i], std::move(read[i])); }
    }
}

core::Result<std::shared_ptr<const kb::Metrics>> RepositoryEvidence::metrics(std::string_view id, bool series) {
    kb::Metrics known;
    bool any = false;
    if (const ledger::Item* item = entry(id); item != nullptr) {
        if (const auto ready = prepared_.find(item); ready != prepared_.end() && !series) { return ready->second; }
        RL_ASSIGN(const std::optional<ledger::Extra> extra, item->read_extra());
        if (extra) {
            any = true;
            known = metrics_of(*extra);
        }
    }
    if (any && !series && !known.empty()) { return std::make_shared<const kb::Metrics>(std::move(known)); }
    const jobs::Job* job = local(id);
    if (const core::Json* summary = job == nullptr ? nullptr : job->document.find("summary_metrics")) {
        if (const core::JsonObject* members = summary->as_object()) {
            any = true;
            for (const auto& [name, value] : *members) { known.try_emplace(name, kb::Metric{.last = value.is_number() ? value : core::Json()}); }
        }
    }
    std::optional<core::RunId> recorded = job == nullptr ? std::nullopt : jobs::own_of(job->document).run;
    if (!recorded) {
        if (const auto whole = core::RunId::parse(id); whole.ok()) { recorded = whole.value(); }
    }
    if (recorded && session() != nullptr) {
        RL_ASSIGN(const auto end, runs::end_of_run(session()->connection(), *recorded));
        if (end) {
            any = true;
            kb::Metrics logged;
            RL_TRY(add_logged(*recorded, logged));
            for (auto& [name, metric] : logged) { known.insert_or_assign(name, std::move(metric)); }
        }
    }
    return any ? std::make_shared<const kb::Metrics>(std::move(known)) : nullptr;
}

}  // namespace

std::unique_ptr<kb::Evidence> gather_evidence(const record::Store& store, const jobs::Jobs* jobs, const ledger::View& ledger) {
    return std::make_unique<RepositoryEvidence>(store, jobs, ledger);
}

kb::Issues ledger_faults(const record::Store& store, const ledger::View& ledger) {
    kb::Issues issues;
    for (const ledger::LeftOut& left : ledger.left_out()) {
        const std::optional<std::string> inside = store.root.empty() ? std::nullopt : os::relative_inside(left.path, store.root);
        issues.push_back({.code = "ledger.unreadable", .message = left.why.message(), .path = inside.value_or(left.path)});
    }
    return issues;
}

}  // namespace runlake::ops

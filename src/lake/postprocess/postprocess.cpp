// SPDX-License-Identifier: Apache-2.0
#include "lake/postprocess/postprocess.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/json_lists.hpp"
#include "core/text.hpp"
#include "lake/ordered_work.hpp"
#include "lake/postprocess/run_metrics.hpp"
#include "lake/regular_file.hpp"
#include "lake/source.hpp"
#include "os/files.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Json;

constexpr std::string_view k_report = "postprocess_metrics.json";
const Json k_none;

// The runs that share a report: one run, or those of several providers in one folder.
struct Group {
    std::string dir;
    std::vector<std::string> runs;
    std::vector<PostprocessRun> told;
    std::optional<core::Error> failed;  // its report could not be written
};

class Postprocess {
  public:
    explicit Postprocess(const PostprocessRequest& request) : request_(request) {}

    core::Result<PostprocessReport> run() {
        RL_ASSIGN(wanted_, wanted());
        RL_ASSIGN(const auto units, discover_units({.roots = {request_.logs_dir}, .known = {}, .beside = {}}));
        root_ = units.roots.front().path;
        std::vector<Group> groups;
        for (const auto& unit : units.units) {
            if (unit.source->name != "proof-search") { continue; }
            std::string dir = provider_of(unit.dir) ? os::parent_path(unit.dir) : unit.dir;
            if (groups.empty() || groups.back().dir != dir) { groups.push_back({.dir = std::move(dir), .runs = {}, .told = {}, .failed = {}}); }
            groups.back().runs.push_back(unit.dir);
        }
        const auto threads = std::max(1U, request_.threads);
        const auto outer = static_cast<unsigned>(std::min<std::size_t>(threads, groups.size()));
        inner_ = outer == 0 ? 1 : threads / outer;
        OrderedWork work;
        work.tasks = groups.size();
        work.workers = outer > 1 ? outer : 0;
        work.work = [&](std::size_t task, const RowSink&) {
            group(groups[task]);
            return core::ok();
        };
        work.take = [](std::size_t, FileRows&&) { return core::ok(); };
        PostprocessRequest::Progress progress;
        for (const auto& one : groups) { progress.runs += one.runs.size(); }
        PostprocessReport report;
        work.done = [&](std::size_t task) -> core::Status {
            auto& one = groups[task];
            if (one.failed) { return std::move(*one.failed); }
            for (auto& told : one.told) {
                ++progress.runs_done;
                progress.run_dir = told.run_dir;
                report.runs.push_back(std::move(told));
                if (request_.progress) { request_.progress(progress); }
            }
            return core::ok();
        };
        work.is_stopped = [&] { return request_.is_stopped && request_.is_stopped(); };
        RL_TRY(run_ordered(work));
        return report;
    }

  private:
    core::Result<std::vector<std::string>> wanted() const {
        std::vector<std::string> all(k_owned_metrics.begin(), k_owned_metrics.end());
        for (const std::string_view file : {k_search_metrics, k_root_goal_similarity, k_external_similarity}) { all.emplace_back(file); }
        if (request_.only.empty()) { return all; }
        for (const auto& metric : request_.only) {
            if (std::ranges::find(all, metric) == all.end()) { return core::Error(core::Errc::usage, cat("there is no metric ", metric, " here: it is one of ", core::join(all, ", "))); }
        }
        std::erase_if(all, [&](const std::string& metric) { return std::ranges::find(request_.only, metric) == request_.only.end(); });
        return all;
    }

    Json params() const {
        const auto& params = request_.params;
        Json out = Json::object();
        out.set("max_soft_ged_nodes", std::uint64_t{params.max_soft_ged_nodes}).set("max_soft_ged_edges", std::uint64_t{params.max_soft_ged_edges});
        out.set("soft_ged_expansions", params.soft_ged_expansions).set("max_novelty_pairs", params.max_novelty_pairs);
        const auto add = [&](const SimilarityParams& of, std::string_view full, std::string_view knn, std::string_view prefix) {
            out.set(full, std::uint64_t{of.max_full}).set(knn, std::uint64_t{of.max_knn}).set(cat(prefix, "knn_k"), std::uint64_t{of.knn_k});
            out.set(cat(prefix, "knn_sample"), std::uint64_t{of.knn_sample}).set(cat(prefix, "sample_size"), std::uint64_t{of.sample_size}).set(cat(prefix, "mode"), "auto");
        };
        out.set("max_path_dp_cells", params.max_path_dp_cells);
        add(params.root_goals, "max_root_goal_theorems", "max_root_goal_knn_theorems", "root_goal_");
        add(params.statements, "external_statement_max_full", "external_statement_max_knn", "external_statement_");
        return out.set("resume", !request_.recompute);
    }

    // Nothing of the run changed since that entry was written, and it covers what is wanted.
    bool is_unchanged(const Json* entry, const RunDigests& digests) const {
        if (request_.recompute || entry == nullptr) { return false; }
        if (entry->string_at("inputs_sha256") != digests.inputs || entry->string_at("outputs_sha256") != digests.outputs) { return false; }
        const auto* owned = core::find_list(*entry, "owned");
        return owned != nullptr &&
               std::ranges::all_of(wanted_, [&](const std::string& metric) { return metric == k_external_similarity || std::ranges::find(*owned, Json(metric)) != owned->end(); });
    }
    bool wants(std::string_view metric) const { return std::ranges::find(wanted_, metric) != wanted_.end(); }

    static const Json* entry_of(const Json& report, const std::string& run_dir) {
        const auto& runs = core::list_at(report, "runs");
        const auto found = std::ranges::find_if(runs, [&](const Json& entry) { return entry.string_at("run_dir") == run_dir; });
        return found == runs.end() ? nullptr : &*found;
    }

    // On any thread.
    void group(Group& group) const {
        const std::string path = os::join_path(group.dir, k_report);
        const auto text = read_regular_file(path, 64U << 20U);
        const auto parsed = text.ok() ? core::parse_json(text.value(), path) : core::Result<Json>(Json());
        const Json before = parsed.ok() ? parsed.value() : Json();
        Json runs = Json::array();
        bool is_changed = false;
        bool is_valid = true;
        std::map<std::string, MetricCount> sums;
        Json summary;
        Json cache;
        for (const auto& dir : group.runs) {
            const std::string name = dir == group.dir ? "." : os::base_name(dir);
            const Json* old = entry_of(before, name);
            PostprocessRun told;
            told.run_dir = os::relative_inside(dir, root_).value_or(dir);
            Json entry = run(dir, name, old, told);
            is_changed = is_changed || old == nullptr || !(*old == entry);
            is_valid = is_valid && entry.bool_at("valid").value_or(true);
            for (const auto& [metric, count] : told.metrics) {
                sums[metric].computed += count.computed;
                sums[metric].skipped += count.skipped;
            }
            if (dir == group.dir) {
                if (const auto* sha = entry.find("summary_sha256")) { summary = *sha; }
                if (const auto* sha = entry.find("goal_cache_sha256")) { cache = *sha; }
            }
            runs.push(std::move(entry));
            group.told.push_back(std::move(told));
        }
        if (!is_changed) { return; }
        Json by_metric = Json::object();
        MetricCount whole;
        for (const std::string_view metric : k_owned_metrics) {
            const auto& count = sums[std::string(metric)];
            whole.computed += count.computed;
            whole.skipped += count.skipped;
            by_metric.set(metric, Json::object().set("computed", count.computed).set("skipped", count.skipped));
        }
        Json report = Json::object();
        report.set("schema_version", 1).set("valid", is_valid).set("computed_at", request_.now).set("params", params());
        report.set("inputs", Json::object().set("summary_sha256", std::move(summary)).set("goal_cache_sha256", std::move(cache))).set("runs", std::move(runs));
        report.set("metrics", Json::object().set("computed", whole.computed).set("skipped", whole.skipped).set("by_metric", std::move(by_metric)));
        const auto written = os::publish_file(path, core::to_json_pretty(report), 0644, os::Existing::replace, os::Durability::power, os::point::postprocess_write);
        if (!written.ok()) { group.failed = written.error(); }
    }

    // The run's entry in the report: the one that is there when nothing changed.
    Json run(const std::string& dir, const std::string& name, const Json* old, PostprocessRun& told) const {
        Json entry = Json::object();
        entry.set("run_dir", name);
        const auto fail = [&](const core::Error& error) {
            told.state = "failed";
            told.error = error.message();
            return entry.set("valid", false).set("errors", Json::array().push(without_root(error.message())));
        };
        const auto config = read_either(dir, "run_config.json");
        if (config.ok() && config.value().string_at("mode") == "external") {
            if (wants(k_external_similarity)) {
                const auto summary = read_either(dir, "summary.json");
                const auto written = write_external_similarity({.run_dir = dir,
                                                                .config = config.value(),
                                                                .summary = summary.ok() ? summary.value() : k_none,
                                                                .goal_cache = k_none,
                                                                .no_trees = "",
                                                                .params = request_.params.statements,
                                                                .recompute = request_.recompute,
                                                                .threads = inner_});
                if (!written.ok()) { return fail(written.error()); }
            }
            told.state = "external";
            entry.set("valid", true).set("provider", config.value().string_at("provider").value_or(""));
            return entry.set("errors", Json::array()).set("note", "an external run has no search graphs: of all this only the similarity of its statements applies to it");
        }
        if (config.ok() && config.value().integer_at("basin_seeds").value_or(0) > 0 && !os::exists(os::join_path(dir, "summary.json.gz"))) {
            told.state = "basin-only";
            entry.set("valid", true).set("provider", config.value().string_at("provider").value_or(""));
            return entry.set("errors", Json::array()).set("note", "a run of many seeds has no summary: nothing of these metrics applies to it");
        }
        const auto digests = run_digests(dir);
        if (!digests.ok()) { return fail(digests.error()); }
        if (is_unchanged(old, digests.value())) {
            told.state = "unchanged";
            return *old;
        }
        RunWork work{.dir = dir, .metrics = wanted_, .keeps = !request_.recompute, .recompute = request_.recompute, .threads = inner_, .params = request_.params};
        // What was computed from other inputs is not kept.
        const auto inputs = old == nullptr ? std::nullopt : old->string_at("inputs_sha256");
        if (inputs && *inputs != digests.value().inputs) { work.keeps = false; }
        const auto made = write_run_metrics(work);
        if (!made.ok()) { return fail(made.error()); }
        // Without digests in its entry, the run is worked on again next time.
        if (!made.value().unwritten.empty()) { return fail(core::Error(core::Errc::io, made.value().unwritten)); }
        const auto after = run_digests(dir);
        if (!after.ok()) { return fail(after.error()); }
        const RunMetrics& metrics = made.value();
        told.state = "written";
        told.metrics = metrics.metrics;
        told.errors = metrics.errors;
        Json counts = Json::object();
        for (const auto& [metric, count] : metrics.metrics) { counts.set(metric, Json::object().set("computed", count.computed).set("skipped", count.skipped)); }
        Json errors = Json::array();
        for (const auto& error : metrics.errors) { errors.push(without_root(error)); }
        entry.set("valid", metrics.errors.empty()).set("provider", metrics.provider).set("goal_sig_scheme", metrics.goal_sig_scheme);
        entry.set("updated_interventions", metrics.updated_interventions).set("skipped_interventions", metrics.skipped_interventions);
        entry.set("metrics", std::move(counts)).set("errors", std::move(errors)).set("owned", owned(old, digests.value()));
        entry.set("inputs_sha256", digests.value().inputs).set("outputs_sha256", after.value().outputs);
        return entry.set("summary_sha256", after.value().summary_sha256).set("goal_cache_sha256", after.value().goal_cache_sha256);
    }

    // The metrics that hold for these inputs: those of now, and those of an earlier pass over the same.
    Json owned(const Json* old, const RunDigests& digests) const {
        Json out = Json::array();
        const auto* before = old != nullptr && old->string_at("inputs_sha256") == digests.inputs && old->string_at("outputs_sha256") == digests.outputs ? old->find("owned") : nullptr;
        std::vector<std::string_view> all(k_owned_metrics.begin(), k_owned_metrics.end());
        all.push_back(k_search_metrics);
        all.push_back(k_root_goal_similarity);
        for (const std::string_view metric : all) {
            const bool is_new = std::ranges::find(wanted_, metric) != wanted_.end();
            const bool was = before != nullptr && before->is_array() && std::ranges::find(*before->as_array(), Json(metric)) != before->as_array()->end();
            if (is_new || was) { out.push(metric); }
        }
        return out;
    }

    // A report says the same wherever the logs lie.
    std::string without_root(const std::string& message) const {
        const std::string below = cat(root_, "/");
        std::string out = message;
        for (std::size_t at = out.find(below); at != std::string::npos; at = out.find(below, at)) { out.erase(at, below.size()); }
        return out;
    }

    const PostprocessRequest& request_;
    std::vector<std::string> wanted_;
    std::string root_;
    unsigned inner_ = 1;
};

}  // namespace

core::Result<PostprocessReport> postprocess(const PostprocessRequest& request) { return Postprocess(request).run(); }

}  // namespace runlake::lake

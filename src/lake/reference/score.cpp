// SPDX-License-Identifier: Apache-2.0
#include "lake/reference/score.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/json_lists.hpp"
#include "core/text.hpp"
#include "lake/known.hpp"
#include "lake/postprocess/run_metrics.hpp"
#include "lake/postprocess/search_files.hpp"
#include "lake/reference/members.hpp"
#include "lake/reference/store.hpp"
#include "lake/source.hpp"
#include "os/files.hpp"
#include "os/parallel.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr std::string_view k_wild = "wild_type";
constexpr std::string_view k_source = "proof-search";
constexpr std::size_t k_together = 64;  // runs that are scored before any is written

// The variants of a summary by theorem, each once, sorted.
std::map<std::string, std::set<std::string>> variants_of(const Json& summary) {
    std::map<std::string, std::set<std::string>> out;
    for (const auto& theorem : core::list_at(summary, "theorems")) {
        const auto name = theorem.string_at("name");
        if (!name || !is_folder_name(*name)) { continue; }
        auto& variants = out[*name];
        if (const auto* wild = theorem.find(k_wild); wild != nullptr && wild->is_object()) { variants.emplace(k_wild); }
        for (const auto& intervention : core::list_at(theorem, "interventions")) {
            if (auto variant = intervention.string_at("name"); variant && is_folder_name(*variant)) { variants.insert(*std::move(variant)); }
        }
    }
    return out;
}

// Of one run, on one thread.
class RunScorer {
  public:
    RunScorer(const Reference& reference, const RunToScore& run) : reference_(reference), run_(run) {}

    // Nothing, and why, for a run that can't be scored.
    std::optional<RunScores> score(const std::string& ref_id, std::string& skipped) {
        skipped = reason_against();
        if (!skipped.empty()) { return std::nullopt; }
        const auto summary = read_either(run_.run_dir, "summary.json");
        if (!summary.ok()) {
            skipped = summary.error().code() == Errc::not_found ? std::string("it has no summary") : summary.error().message();
            return std::nullopt;
        }
        read_signatures();
        RunScores out{.ref_id = ref_id, .search_uid = run_.search_uid, .scores = {}};
        for (const auto& [theorem, variants] : variants_of(summary.value())) {
            for (const auto& variant : variants) { out.scores.push_back({.theorem = theorem, .variant = variant, .payload = payload(os::join_path(run_.run_dir, theorem), variant)}); }
        }
        if (out.scores.empty()) { skipped = "its summary has no theorem"; }
        return skipped.empty() ? std::optional(std::move(out)) : std::nullopt;
    }

  private:
    // A score is kept under the run's content: of files that the lake has not read yet it would be another run's.
    std::string reason_against() const {
        if (run_.run_dir.empty()) { return "it is no proof search"; }
        if (!os::is_dir(run_.run_dir)) { return "its folder is not there any more"; }
        const auto* const source = find_source(k_source);
        if (source == nullptr) { return "no source reads it"; }
        const auto files = source->list({.source = source, .dir = run_.run_dir, .key = run_.run_key, .root_id = "", .rel_dir = ""});
        if (!files.ok()) { return files.error().message(); }
        if (run_.search_uid.empty() || stamps_digest(files.value()) != run_.stamps_digest) { return "its files were changed since the lake read them: `runlake lake reconcile` first"; }
        return "";
    }

    void read_signatures() {
        const auto cache = read_either(run_.run_dir, "goal_cache.json");
        const auto* map = cache.ok() ? cache.value().find("mvar_to_sig") : nullptr;
        if (map == nullptr || !map->is_object()) { return; }
        for (const auto& [mvar, sig] : *map->as_object()) {
            if (const auto* text = sig.as_string()) { signatures_.emplace(mvar, *text); }
        }
    }

    Json payload(const std::string& dir, const std::string& variant) const {
        metrics::Solution without;
        const auto read = [&](std::string_view suffix) {
            const std::string name = cat(variant, suffix);
            auto document = read_either(dir, name);
            if (!document.ok()) { without.problems.push_back(document.error().code() == Errc::not_found ? cat("there is no ", name) : cat(name, " can't be read")); }
            return document;
        };
        const auto history = read("_history.json");
        if (!history.ok()) { return metrics::reference_k(without, reference_.outcomes, reference_.alpha); }
        const auto tree = read("_mcts_tree.json");
        if (!tree.ok()) { return metrics::reference_k(without, reference_.outcomes, reference_.alpha); }
        const auto sig_of = [&](const std::string& mvar) {
            const auto found = signatures_.find(mvar);
            return found == signatures_.end() ? std::nullopt : std::optional(found->second);
        };
        const auto search = read_search({.dir = dir, .variant = variant, .history = &history.value(), .tree = &tree.value(), .sig_of = sig_of});
        return metrics::reference_k(search.solution, reference_.outcomes, reference_.alpha);
    }

    const Reference& reference_;
    const RunToScore& run_;
    std::map<std::string, std::string, std::less<>> signatures_;
};

}  // namespace

core::Result<std::vector<RunToScore>> runs_to_score(ExportSession& session, const std::vector<SelectedRun>& selected, const Reference& reference) {
    RL_TRY(name_runs(session, selected));
    RL_ASSIGN(const auto in_sample, in_sample_of(session, reference.members, selected.size()));
    std::vector<RunToScore> runs;
    for (const auto& run : selected) { runs.push_back({.run_key = run.run_key, .run_uid = run.run_uid, .search_uid = "", .run_id = run.run_id, .rel_run_dir = run.rel_run_dir, .run_dir = "", .stamps_digest = "", .in_sample = in_sample[runs.size()]}); }
    RL_ASSIGN(auto rows, session.connection().query(cat("SELECT n.position, r.run_dir, coalesce(u.stamps_digest, ''), r.search_uid FROM temp.named_runs n JOIN ", session.stored("runs"),
                                                        " r ON r.run_key = n.run_key LEFT JOIN ", session.stored("lake_units"), " u ON u.unit_key = n.run_key AND u.source = '", k_source, "'")));
    for (;;) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { return runs; }
        auto& run = runs[static_cast<std::size_t>(rows.integer(0))];
        run.run_dir = rows.text_if(1).value_or("");
        run.stamps_digest = rows.text_if(2).value_or("");
        run.search_uid = rows.text_if(3).value_or("");
    }
}

core::Result<std::vector<ScoredRun>> score_runs(const Reference& reference, std::span<const RunToScore> runs, const ScoreOrder& order) {
    std::vector<ScoredRun> out(runs.size());
    for (std::size_t begin = 0; begin < runs.size(); begin += k_together) {
        if (order.is_stopped && order.is_stopped()) { return Error(Errc::interrupted, "scoring was interrupted"); }
        const std::size_t count = std::min(k_together, runs.size() - begin);
        std::vector<std::optional<RunScores>> scored(count);
        os::for_each_index(count, 1, order.threads, [&](std::size_t i) { scored[i] = RunScorer(reference, runs[begin + i]).score(order.ref_id, out[begin + i].skipped); });
        for (std::size_t i = 0; i < count; ++i) {
            if (!scored[i]) { continue; }
            RL_TRY(write_scores(order.references_dir, *scored[i]));
            auto& done = out[begin + i];
            done.rows = scored[i]->scores.size();
            done.valid = static_cast<std::uint64_t>(std::ranges::count_if(scored[i]->scores, [](const VariantScore& score) { return score.payload.bool_at("valid").value_or(false); }));
        }
        if (order.progress) { order.progress(begin + count, runs.size()); }
    }
    return out;
}

}  // namespace runlake::lake

// SPDX-License-Identifier: Apache-2.0
#include "kb/check_citations.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "core/text.hpp"

namespace runlake::kb {
namespace {

std::string shown(const core::Json& number) { return number.is_null() ? "not finite" : core::to_json(number); }

// The number that a name means among the metrics, or why there is none.
struct Picked {
    std::optional<core::Json> value;
    std::string why;           // there is no such metric
    bool not_here = false;     // ... on this machine, but perhaps on another
};

Picked pick(const Metrics& metrics, const MetricName& name) {
    if (const auto whole = metrics.find(name.whole); whole != metrics.end()) { return {.value = whole->second.last, .why = ""}; }
    const auto at = metrics.find(name.base);
    if (at == metrics.end()) {
        std::vector<std::string> names;
        for (const auto& metric : metrics) { names.push_back(metric.first); }
        const std::optional<std::string> near = core::nearest(name.base, names);
        std::string known = near ? core::cat(" (nearest: ", *near, ')') : "";
        if (!near && !names.empty()) {
            if (names.size() > 8) { names.resize(8); }
            known = core::cat(" (it has ", core::join(names, ", "), ')');
        }
        return {.value = std::nullopt, .why = core::cat("has no metric ", name.base, known)};
    }
    const Metric& metric = at->second;
    switch (name.pick) {
        case MetricName::Pick::last: return {.value = metric.last, .why = ""};
        case MetricName::Pick::min:
            if (metric.min) { return {.value = metric.min, .why = ""}; }
            break;
        case MetricName::Pick::max:
            if (metric.max) { return {.value = metric.max, .why = ""}; }
            break;
        case MetricName::Pick::step:
            for (const auto& [step, value] : metric.points) {
                if (step == name.step) { return {.value = value, .why = ""}; }
            }
            if (metric.step == name.step) { return {.value = metric.last, .why = ""}; }
            if (!metric.points.empty()) { return {.value = std::nullopt, .why = core::cat("has no value of ", name.base, " at step ", name.step)}; }
            return {.value = std::nullopt, .why = core::cat("its value of ", name.base, " at step ", name.step, " is not known on this machine"), .not_here = true};
    }
    // A single value is its own least and greatest.
    if (!metric.step && metric.points.empty()) { return {.value = metric.last, .why = ""}; }
    return {.value = std::nullopt, .why = core::cat("the series of ", name.base, " is not known on this machine"), .not_here = true};
}

class Checker {
  public:
    Checker(const Graph& graph, Evidence& evidence, const CitationRules& rules, CitationCounts& counts) : graph_(graph), evidence_(evidence), rules_(rules), counts_(counts) {
        for (const Note& note : graph.notes) { notes_.emplace(note.path, &note); }
    }

    Issues run(const std::vector<Citation>& found) {
        if (!found.empty() && !evidence_.has_authority()) {
            issues_.push_back({.code = "finding.no_run_store", .severity = Severity::warning, .message = "there is no run store, no ledger entry and no index: whether cited runs exist is not known here"});
        }
        std::vector<std::string_view> quoted;
        for (const Citation& citation : found) {
            if (citation.kind == CitedKind::job && !citation.values.empty()) { quoted.push_back(citation.id); }
        }
        evidence_.prepare(quoted);
        for (const Citation& citation : found) {
            ++counts_.citations;
            if (citation.kind == CitedKind::batch) {
                batch(citation);
            } else {
                single(citation);
            }
        }
        return std::move(issues_);
    }

  private:
    void say(std::string_view code, Severity severity, const Citation& citation, int line, std::string message) {
        issues_.push_back({.code = code, .severity = severity, .message = std::move(message), .path = citation.path, .line = line});
    }

    // A fault of existence: as strict as was asked.
    void missing(std::string_view code, const Citation& citation, std::string message) {
        if (rules_.strict == StrictRuns::off || !evidence_.has_authority()) { return; }
        say(code, rules_.strict == StrictRuns::warn ? Severity::warning : Severity::error, citation, citation.line, std::move(message));
    }

    void batch(const Citation& citation) {
        if (rules_.strict != StrictRuns::off && !evidence_.has_batch(citation.experiment_id, citation.selector)) {
            const std::string what = core::cat("the batch of ", citation.experiment_id, " with ", core::to_json(citation.selector));
            const std::vector<std::string> machines = evidence_.indexed_batch(citation.experiment_id, citation.selector);
            if (!machines.empty()) {
                say("finding.absent_batch_runs", Severity::warning, citation, citation.line, core::cat(what, " has runs on ", core::join(machines, ", "), " that are not in the ledger yet"));
            } else {
                missing("finding.empty_batch", citation, core::cat(what, " matches no run"));
            }
            return;
        }
        if (!rules_.claims) { return; }
        for (const std::string& id : evidence_.batch(citation.experiment_id, citation.selector)) { claims(citation, id); }
    }

    // The whole id that is meant, when it is here.
    std::optional<std::string> resolve(const Citation& citation) {
        const bool whole_job = citation.id.size() == 32 && citation.id.find('-') == std::string::npos;
        if (citation.kind != CitedKind::run && whole_job) {
            if (evidence_.has_job(citation.id)) { return citation.id; }
        } else {
            const std::vector<std::string> ids = evidence_.beginning_with(citation.id, citation.kind != CitedKind::run);
            if (ids.size() > 1) {
                std::vector<std::string> some(ids.begin(), ids.begin() + std::min<std::ptrdiff_t>(std::ssize(ids), 4));
                say("finding.ambiguous_run", Severity::error, citation, citation.line, core::cat("several runs begin with ", citation.id, ": ", core::join(some, ", ")));
                return std::nullopt;
            }
            if (ids.size() == 1) { return ids.front(); }
        }
        if (rules_.strict == StrictRuns::off) { return std::nullopt; }
        const std::string what = core::cat(citation.kind == CitedKind::job || whole_job ? "job " : "run ", citation.id);
        if (const std::optional<std::string> machine = evidence_.indexed(citation.id)) {
            say("finding.absent_run_citation", Severity::warning, citation, citation.line, core::cat(what, " ran on ", *machine, "; its ledger entry is not here yet"));
        } else if (const std::optional<std::string> damage = evidence_.damage_of(citation.id)) {
            missing("finding.broken_run_citation", citation, core::cat(what, " has no entry that can be read: ", *damage));
        } else {
            missing("finding.broken_run_citation", citation, core::cat(what, " is neither in the run store, nor in the ledger, nor in an index of another machine"));
        }
        return std::nullopt;
    }

    void single(const Citation& citation) {
        const std::optional<std::string> id = resolve(citation);
        if (!id) { return; }
        if (!citation.values.empty()) { values(citation, *id); }
        if (rules_.claims) {
            claims(citation, *id);
            twice(citation, *id);
        }
    }

    void unchecked(const Citation& citation, int line, std::string message) {
        if (rules_.strict != StrictRuns::off) { say("finding.unchecked_value", Severity::warning, citation, line, std::move(message)); }
    }

    void values(const Citation& citation, const std::string& id) {
        const bool series = std::ranges::any_of(citation.values, [](const QuotedValue& value) { return value.metric.pick != MetricName::Pick::last; });
        if (id != last_id_ || series) {
            last_ = evidence_.metrics(id, series);
            last_id_ = id;
        }
        const std::string brief = id.substr(0, 8);
        if (!last_.ok() || !last_.value()) {
            const std::string why = last_.ok() ? "no metrics of it are known on this machine" : last_.error().message();
            return unchecked(citation, citation.values.front().line, core::cat("the numbers quoted from ", brief, " could not be checked: ", why));
        }
        for (const QuotedValue& value : citation.values) {
            const Picked picked = pick(*last_.value(), value.metric);
            if (picked.not_here) {
                unchecked(citation, value.line, core::cat("the number quoted from ", brief, " could not be checked: ", picked.why));
                continue;
            }
            if (!picked.value) {
                say("finding.unknown_metric", Severity::error, citation, value.line, core::cat("run ", brief, ' ', picked.why));
                continue;
            }
            ++counts_.values;
            const std::optional<Decimal> metric = decimal_of(*picked.value);
            if (!metric) {
                say("finding.unknown_metric", Severity::error, citation, value.line, core::cat(value.metric.whole, " of run ", brief, " is no finite number (", shown(*picked.value), ')'));
            } else if (!agrees(value.number, *metric)) {
                say("finding.value_mismatch", Severity::error, citation, value.line, core::cat(value.metric.whole, " is quoted as ", value.text, ", but run ", brief, " says ", shown(*picked.value)));
            }
        }
    }

    void claims(const Citation& citation, const std::string& id) {
        const auto known = evidence_.facts(id);
        if (!known.ok()) { return; }
        const KnownRun& run = known.value();
        const std::string brief = id.substr(0, 8);
        const auto note = [&](std::string_view code, std::string message) { say(code, Severity::note, citation, citation.line, std::move(message)); };
        if (run.status != "complete" && run.status != "completed") { note("claim.not_complete", core::cat("run ", brief, " is ", run.status.empty() ? "in no known state" : run.status)); }
        if (run.dirty.value_or(false)) { note("claim.dirty", core::cat("run ", brief, " was made with uncommitted changes")); }
        const auto at = notes_.find(citation.path);
        const std::optional<std::string> wanted = at == notes_.end() ? std::nullopt : at->second->kind->kind == NoteKind::experiment ? std::optional(at->second->id) : at->second->reference("experiment");
        if (wanted && run.experiment_id && *wanted != *run.experiment_id) { note("claim.other_experiment", core::cat("run ", brief, " belongs to ", *run.experiment_id, ", not to ", *wanted)); }
        if (run.verdict != "FIDELITY_OK") { note("claim.not_replayed", core::cat("run ", brief, run.verdict ? core::cat(": its last replay said ", *run.verdict) : " was never replayed")); }
    }

    void twice(const Citation& citation, const std::string& id) {
        if (citation.kind != CitedKind::job && citation.kind != CitedKind::run) { return; }   // numbers in a text are cited one by one
        if (!cited_.emplace(citation.path, id).second) { say("claim.cited_twice", Severity::note, citation, citation.line, core::cat("run ", id.substr(0, 8), " is cited above already")); }
    }

    const Graph& graph_;
    Evidence& evidence_;
    const CitationRules& rules_;
    CitationCounts& counts_;
    Issues issues_;
    std::map<std::string, const Note*> notes_;
    std::set<std::pair<std::string, std::string>> cited_;
    std::string last_id_;
    core::Result<std::shared_ptr<const Metrics>> last_ = std::shared_ptr<const Metrics>();
};

}  // namespace

Issues check_citations(const std::vector<Citation>& found, const Graph& graph, Evidence& evidence, const CitationRules& rules, CitationCounts& counts) {
    return Checker(graph, evidence, rules, counts).run(found);
}

}  // namespace runlake::kb

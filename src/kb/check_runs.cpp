// SPDX-License-Identifier: Apache-2.0
#include "kb/check_runs.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/text.hpp"
#include "jobs/document.hpp"
#include "jobs/status.hpp"

namespace runlake::kb {
namespace {

std::vector<std::string> sub_hypotheses(const Note& experiment) {
    std::vector<std::string> ids;
    const core::Json* listed = experiment.front.find("sub_hypotheses");
    const auto add = [&](const core::Json& one) {
        if (const std::string* text = one.as_string()) {
            if (std::optional<std::string> id = reference_of(*text)) { ids.push_back(*std::move(id)); }
        }
    };
    if (listed == nullptr) { return ids; }
    if (const core::JsonArray* items = listed->as_array()) {
        for (const core::Json& item : *items) { add(item); }
    } else {
        add(*listed);
    }
    return ids;
}

void check_job(const jobs::Job& job, const std::string& path, const Graph& graph, Issues& issues) {
    const auto say = [&](std::string_view code, std::string message) { issues.push_back({.code = code, .message = std::move(message), .path = path}); };
    const core::Json* status = job.document.find(jobs::key::status);
    if (status != nullptr && !status->is_null() && !jobs::status_of(job.document)) {
        say("run.status_invalid", core::cat("its status is ", core::cut_utf8(core::to_json(*status), 60), ", which is none"));
    }
    const std::optional<jobs::JobLink> link = jobs::link_of(job.document);
    if (!link) {
        const core::Json* written = job.document.find(jobs::key::link);
        if (written == nullptr) { written = job.document.find(jobs::key::legacy_link); }
        const core::JsonObject* members = written == nullptr ? nullptr : written->as_object();
        if (members == nullptr || members->empty()) { return say("run.orphan", "it is linked to no experiment"); }
        return say("run.broken_experiment_link", "its link names no experiment");
    }
    const auto found = graph.ids.find(link->experiment_id);
    if (found == graph.ids.end()) { return say("run.broken_experiment_link", core::cat("it is linked to ", core::cut_utf8(link->experiment_id, 40), ", which has no note")); }
    if (found->second.size() > 1) { return say("run.broken_experiment_link", core::cat("it is linked to ", link->experiment_id, ", which has several notes")); }
    const Note& experiment = graph.notes[found->second.front()];
    if (experiment.kind->kind != NoteKind::experiment) { return say("run.broken_experiment_link", core::cat("it is linked to ", link->experiment_id, ", which is no experiment")); }
    const std::vector<std::string> subs = sub_hypotheses(experiment);
    const std::optional<std::string> hypothesis = experiment.reference("hypothesis");
    const std::optional<std::string> named = link->hypothesis_id ? reference_of(*link->hypothesis_id) : std::nullopt;
    if (named && hypothesis && *named != *hypothesis && std::ranges::find(subs, *named) == subs.end()) {
        say("run.hypothesis_mismatch", core::cat("it names the hypothesis ", *named, ", its experiment ", experiment.id, " has ", *hypothesis));
    }
    const std::optional<std::string> sub = link->sub_hypothesis_id ? reference_of(*link->sub_hypothesis_id) : std::nullopt;
    if (sub && std::ranges::find(subs, *sub) == subs.end()) { say("run.sub_hypothesis_unlisted", core::cat("it names the sub-hypothesis ", *sub, ", which ", experiment.id, " does not list")); }
}

}  // namespace

Issues check_runs(const jobs::Jobs& jobs, const jobs::RunStore& store, const Graph& graph) {
    Issues issues;
    for (const jobs::LeftOut& damaged : jobs.left_out) {
        issues.push_back({.code = "run.unreadable", .message = damaged.why.message(), .path = store.shown_folder(damaged.id)});
    }
    for (const jobs::Job& job : jobs.jobs) { check_job(job, store.shown_folder(job.id), graph, issues); }
    std::ranges::stable_sort(issues, {}, &Issue::path);
    return issues;
}

}  // namespace runlake::kb

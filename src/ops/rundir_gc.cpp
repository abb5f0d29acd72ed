// SPDX-License-Identifier: Apache-2.0
// `rundir gc`.
#include "ops/rundir_gc.hpp"

#include <map>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "kb/graph.hpp"
#include "ledger/references.hpp"
#include "ops/validate_documents.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "record/store.hpp"
#include "rundir/remote_retention.hpp"

namespace runlake::ops {
namespace {

core::Result<std::string> base_of(const std::optional<std::string>& runs_dir) {
    if (runs_dir) { return *runs_dir; }
    const std::optional<std::string> variable = os::env("RUNLAKE_RUNS_DIR");
    if (variable && !variable->empty()) { return *variable; }
    RL_ASSIGN(const std::string here, os::current_dir());
    return os::join_path(record::find_project_root(here).value_or(here), "runs");
}

core::Status keep_referenced(RundirGcRequest& request) {
    RL_ASSIGN(const std::optional<record::Store> store, record::find_store(request.store));
    if (!store) { return core::ok(); }  // run directories may lie where no store is
    core::Result<std::map<core::RunId, std::string>> found = ledger::referenced_runs(*store);
    if (!found.ok()) { return std::move(found).take_error().context("looking for what the ledger refers to"); }
    request.rules.references.emplace_back([runs = std::move(found).take()](const core::RunId& id) -> std::optional<std::string> {
        const auto at = runs.find(id);
        return at == runs.end() ? std::nullopt : std::optional(at->second);
    });
    return core::ok();
}

// What notes and other documents of the project cite, by the beginnings of ids. Whoever can't read all of them removes nothing.
core::Status keep_cited(RundirGcRequest& request) {
    RL_ASSIGN(const std::optional<record::Store> store, record::find_store(request.store));
    RL_ASSIGN(const std::string here, os::current_dir());
    const std::string root = store && !store->root.empty() ? store->root : record::find_project_root(here).value_or(here);
    auto cited = kb::cited_runs(root);
    if (!cited.ok()) { return std::move(cited).take_error().context("looking for what notes cite"); }
    std::map<std::string, std::string> places;   // beginning of an id -> where it is cited
    std::set<std::size_t> lengths;
    const auto add = [&](const core::RunIdPrefix& id, const std::string& path) {
        places.emplace(id.str(), path);
        lengths.insert(id.str().size());
    };
    for (const kb::CitedRun& one : cited.value()) { add(one.id, one.path); }
    kb::Citations documents;
    read_documents(root, tracked_documents(root), documents);
    for (const kb::Issue& fault : documents.faults) {
        if (fault.code != "finding.malformed_value") { return core::Error(core::Errc::io, core::cat("looking for what documents cite: ", fault.path, ": ", fault.message)); }
    }
    for (const kb::Citation& citation : documents.found) {
        if (const auto prefix = core::RunIdPrefix::parse(citation.id); prefix.ok()) { add(prefix.value(), citation.path); }
    }
    if (places.empty()) { return core::ok(); }
    request.rules.references.emplace_back([places = std::move(places), lengths = std::move(lengths)](const core::RunId& id) -> std::optional<std::string> {
        const std::string whole = id.str();
        for (const std::size_t length : lengths) {
            if (const auto at = places.find(whole.substr(0, length)); at != places.end()) { return at->second; }
        }
        return std::nullopt;
    });
    return core::ok();
}

core::Json to_json(const std::vector<rundir::GcItem>& items) {
    core::Json list = core::Json::array();
    for (const rundir::GcItem& item : items) {
        core::Json one = core::Json::object();
        one.set("path", item.path).set("bytes", item.bytes).set("remove", item.remove).set("reason", item.reason);
        list.push(std::move(one));
    }
    return list;
}

core::Json to_json(const std::vector<std::string>& paths) {
    core::Json list = core::Json::array();
    for (const std::string& path : paths) { list.push(path); }
    return list;
}

}  // namespace

core::Result<RundirGcPlan> rundir_gc_plan(RundirGcRequest request, const core::Clock& clock) {
    RL_ASSIGN(const std::string base, base_of(request.runs_dir));
    RL_TRY(keep_referenced(request));
    RL_TRY(keep_cited(request));
    std::optional<rundir::RemoteUri> uri;
    if (rundir::RemoteUri::is_one(base)) { RL_ASSIGN(uri, rundir::RemoteUri::parse(base)); }
    core::Result<rundir::GcPlan> plan = uri ? rundir::plan_remote_gc(*uri, request.rules, clock) : rundir::plan_gc(base, request.rules, clock);
    if (!plan.ok()) { return std::move(plan).take_error().context("looking for run directories"); }
    if (uri) { return RundirGcPlan{base, std::move(plan).take()}; }
    RL_ASSIGN(std::string whole, os::absolute_path(base));
    return RundirGcPlan{std::move(whole), std::move(plan).take()};
}

core::Result<RundirGcResponse> rundir_gc(RundirGcPlan plan) {
    RL_ASSIGN(rundir::GcResult result, rundir::RemoteUri::is_one(plan.base) ? rundir::apply_remote_gc(plan.plan) : rundir::apply_gc(plan.base, plan.plan));
    return RundirGcResponse{std::move(plan), true, std::move(result)};
}

core::Json to_json(const RundirGcResponse& response) {
    core::Json json = core::Json::object();
    json.set("base", response.plan.base)
        .set("done", response.is_done)
        .set("bytes", response.is_done ? response.result.bytes : response.plan.plan.bytes_removed())
        .set("run_dirs", to_json(response.plan.plan.items))
        .set("leftovers", to_json(response.plan.plan.leftovers))
        .set("removed", to_json(response.result.removed))
        .set("kept_after_all", to_json(response.result.kept));
    return json;
}

}  // namespace runlake::ops

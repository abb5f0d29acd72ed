// SPDX-License-Identifier: Apache-2.0
#include "ops/ledger_show.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "ledger/layout.hpp"
#include "ledger/view.hpp"
#include "os/files.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr std::size_t k_most_named = 10;

bool is_job_prefix(std::string_view text) {
    return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// Jobs and runs together: eight digits may be the beginning of either.
core::Result<const ledger::Item*> find(const ledger::View& view, const std::string& text) {
    std::vector<const ledger::Item*> found;
    const std::string wanted = core::lower_ascii(text);
    const auto run = core::RunIdPrefix::parse(wanted);
    if (!is_job_prefix(wanted) && !run.ok()) { return Error(Errc::usage, cat("\"", core::valid_utf8(core::cut_utf8(text, 60)), "\" is no id of a job or run, nor the beginning of one")); }
    for (const ledger::Item& item : view.items()) {
        if (item.id.starts_with(wanted) || (!item.is_job() && run.ok() && item.id.starts_with(run.value().str()))) { found.push_back(&item); }
    }
    if (found.empty()) { return Error(Errc::not_found, cat("no entry ", wanted, " in the ledger")); }
    if (found.size() == 1) { return found.front(); }
    std::string message = cat("several entries begin with ", wanted, ':');
    for (std::size_t i = 0; i < std::min(found.size(), k_most_named); ++i) { message += cat(' ', found[i]->id); }
    if (found.size() > k_most_named) { message += cat(" and ", found.size() - k_most_named, " more"); }
    return Error(Errc::conflict, std::move(message));
}

}  // namespace

core::Result<LedgerEntryShown> ledger_show(const record::Store& store, const std::string& id) {
    const ledger::View view = ledger::View::open(store);
    RL_ASSIGN(const ledger::Item* const item, find(view, id));
    LedgerEntryShown shown{.id = std::string(item->id), .path = std::string(item->path), .packed = item->packed, .conflicted = item->conflicted};
    RL_ASSIGN(shown.entry, core::parse_json(item->text, shown.path));
    if (!item->extra.empty()) {
        RL_ASSIGN(Json extra, core::parse_json(item->extra, "ledger-extra"));
        shown.extra = std::move(extra);
    }
    return shown;
}

core::Json to_json(const LedgerEntryShown& shown) {
    Json json = Json::object();
    json.set("id", shown.id).set("path", shown.path).set("packed", shown.packed).set("conflicted", shown.conflicted).set("entry", shown.entry);
    return json.set("extra", shown.extra ? *shown.extra : Json());
}

core::Result<LedgerSummary> ledger_summary(const record::Store& store) {
    LedgerSummary summary;
    for (const std::string& folder : ledger::folders(store)) {
        if (os::is_dir(folder)) { summary.folders.push_back(folder); }
    }
    const ledger::View view = ledger::View::open(store);
    for (const ledger::Item& item : view.items()) {
        ++(item.is_job() ? summary.jobs : summary.runs);
        summary.packed += item.packed ? 1U : 0U;
        summary.conflicted += item.conflicted ? 1U : 0U;
        RL_ASSIGN(const Json entry, core::parse_json(item.text, item.path));
        ++summary.machines[entry.string_at("registered_machine").value_or("")];
    }
    summary.left_out = view.left_out();
    return summary;
}

core::Json to_json(const LedgerSummary& summary) {
    Json machines = Json::object();
    for (const auto& [machine, count] : summary.machines) { machines.set(machine, count); }
    Json left_out = Json::array();
    for (const ledger::LeftOut& one : summary.left_out) {
        Json item = Json::object();
        left_out.push(item.set("path", one.path).set("error", core::errc_name(one.why.code())).set("message", one.why.message()));
    }
    Json folders = Json::array();
    for (const std::string& folder : summary.folders) { folders.push(folder); }
    Json json = Json::object();
    json.set("jobs", summary.jobs).set("runs", summary.runs).set("packed", summary.packed).set("conflicted", summary.conflicted).set("machines", std::move(machines));
    return json.set("left_out", std::move(left_out)).set("folders", std::move(folders));
}

}  // namespace runlake::ops

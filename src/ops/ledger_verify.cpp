// SPDX-License-Identifier: Apache-2.0
#include "ops/ledger_verify.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "core/text.hpp"
#include "jobs/run_store.hpp"
#include "ledger/concerns.hpp"
#include "ledger/conflict.hpp"
#include "ledger/layout.hpp"
#include "ledger/project.hpp"
#include "ledger/text.hpp"
#include "ledger/view.hpp"
#include "ops/ledger_run_entry.hpp"
#include "os/files.hpp"
#include "record/installed.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr std::array k_job_members = std::to_array<std::string_view>({"code_commit", "code_dirty", "ended_at", "job_id", "promoted_at", "registered_machine", "run_link",
                                                                      "schema_version", "started_at", "statepoint", "status", "tracker", "wallclock_s"});
// What another execution of the same job may say otherwise, and a promotion may not.
constexpr std::array k_compared = std::to_array<std::string_view>({"status", "started_at", "ended_at", "wallclock_s", "run_link", "tracker"});

class Verification {
  public:
    explicit Verification(const LedgerVerifyRequest& request) : store_(request.store), fix_(request.fix) {}

    core::Result<LedgerVerifyResponse> go() {
        for (const std::string& folder : ledger::folders(store_)) { RL_TRY(look_for_conflicts(folder, false)); }
        RL_TRY(look_for_conflicts(ledger::extra_folder(store_), true));
        const ledger::View view = ledger::View::open(store_, {.cache = false});
        for (const ledger::LeftOut& one : view.left_out()) {
            if (!conflicted_.contains(one.path)) { add(word_of(one.why.code()), one.path, id_of(one.path), one.why.message()); }
        }
        std::set<std::string_view> packs;
        const auto run_store = jobs::RunStore::find(store_);
        const std::string label = record::machine_label(store_);
        for (const ledger::Item& item : view.items()) {
            if (item.packed) { packs.insert(item.path); }
            RL_TRY(check_item(item));
            if (item.is_job() && run_store.ok()) { RL_TRY(compare_with_local(item, run_store.value(), label)); }
        }
        RL_TRY(compare_with_journal(view, label));
        look_for_orphans(view);
        response_.entries = view.items().size();
        response_.packs = packs.size();
        std::ranges::stable_sort(response_.findings, {}, [](const LedgerFinding& one) { return std::tie(one.path, one.code); });
        return std::move(response_);
    }

  private:
    static std::string_view word_of(Errc code) { return code == Errc::unsupported ? "newer" : code == Errc::corrupt ? "corrupt" : "unreadable"; }

    static std::string id_of(const std::string& path) {
        const std::string name = os::base_name(path);
        return name.ends_with(ledger::k_entry_ending) ? name.substr(0, name.size() - ledger::k_entry_ending.size()) : std::string();
    }

    void add(std::string_view code, std::string_view path, std::string_view id, std::string message, bool fixed = false) {
        response_.findings.push_back({std::string(code), std::string(path), std::string(id), std::move(message), fixed});
    }

    core::Status look_for_conflicts(const std::string& folder, bool is_extra) {
        const auto listed = os::list_dir(folder);
        if (!listed.ok()) { return core::ok(); }   // the view says why
        for (const os::DirEntry& entry : listed.value()) {
            if (entry.name.starts_with('.') || !entry.name.ends_with(ledger::k_entry_ending)) { continue; }
            const std::string path = os::join_path(folder, entry.name);
            const auto info = os::stat_path(path);
            if (!info || !S_ISREG(info->st_mode)) { continue; }
            const auto text = os::read_file(path, ledger::k_most_entry_bytes);
            if (text.ok()) { RL_TRY(check_conflict(path, is_extra, text.value())); }
        }
        return core::ok();
    }

    core::Status check_conflict(const std::string& path, bool is_extra, std::string_view text) {
        const auto sides = ledger::split_conflict(text);
        if (sides.ok() && !sides.value()) { return core::ok(); }
        conflicted_.insert(path);
        const std::string id = id_of(path);
        if (!sides.ok()) {
            add("conflict", path, id, sides.error().message());
            return core::ok();
        }
        const auto kind = is_extra ? ledger::TextKind::extra : id.size() == 32 ? ledger::TextKind::job : ledger::TextKind::run;
        const auto merged = ledger::merge_texts(kind, id, sides.value()->ours, sides.value()->theirs);
        if (!merged.ok()) {
            add("conflict", path, id, cat("both sides of a merge, and neither can be read: ", merged.error().message()));
            return core::ok();
        }
        if (!fix_) {
            add("conflict", path, id, "it holds both sides of a merge; readers take the one that stands, `runlake ledger verify --fix` writes it");
            return core::ok();
        }
        RL_TRY(os::publish_file(path, merged.value(), 0666, os::Existing::replace, os::Durability::power, os::point::ledger_fix_write));
        add("conflict", path, id, "it held both sides of a merge; the one that stands was written", true);
        return core::ok();
    }

    void add_concerns(const ledger::Item& item, const Json& value, std::string_view within) {
        for (const ledger::Concern& concern : ledger::concerns_in(value, within)) {
            add(concern.what == "a secret" ? "secret" : "path", item.path, item.id, cat(concern.where, " holds ", concern.what));
        }
    }

    core::Status check_item(const ledger::Item& item) {
        RL_ASSIGN(const Json entry, core::parse_json(item.text, item.path));
        RL_ASSIGN(const std::optional<ledger::Extra> extra, item.read_extra());
        for (const auto& [name, value] : *entry.as_object()) {
            const bool is_allowed = name == "statepoint" && extra && extra->allow_paths;
            if (!is_allowed) { add_concerns(item, value, name); }
            if (item.is_job() && std::ranges::find(k_job_members, name) == k_job_members.end()) {
                add("member", item.path, item.id, cat("\"", core::valid_utf8(core::cut_utf8(name, 60)), "\" is no member of a job entry of schema 1: it tells of the machine, or is of a later version"));
            }
        }
        if (!item.extra.empty()) {
            RL_ASSIGN(const Json beside, core::parse_json(item.extra, item.path));
            add_concerns(item, beside, "ledger-extra");
        }
        return core::ok();
    }

    // Only this machine's own entries: another one's tell of another execution.
    core::Status compare_with_local(const ledger::Item& item, const jobs::RunStore& run_store, const std::string& label) {
        RL_ASSIGN(const Json entry, core::parse_json(item.text, item.path));
        if (entry.string_at("registered_machine") != label) { return core::ok(); }
        RL_ASSIGN(const core::JobId id, core::JobId::parse(item.id));
        auto job = run_store.read(id);
        if (!job.ok()) {
            if (job.error().code() != Errc::not_found) { add("disagrees", item.path, item.id, cat("the job here can't be read: ", job.error().message())); }
            return core::ok();
        }
        const auto projected = ledger::project_job({.id = id, .state_point = job.value().state_point, .document = job.value().document}, label, {});
        if (!projected.ok()) {
            add("disagrees", item.path, item.id, cat("the job here is ", job.value().document.string_at("status").value_or("created"), ", the entry says that it ended"));
            return core::ok();
        }
        std::string different;
        for (const std::string_view name : k_compared) {
            const Json* here = projected.value().find(name);
            const Json* there = entry.find(name);
            const auto text = [](const Json* value) { return value == nullptr ? std::string() : written(*value); };
            if (text(here) != text(there)) { different += cat(different.empty() ? "" : ", ", name); }
        }
        if (!different.empty()) { add("disagrees", item.path, item.id, cat("the job here says otherwise (", different, "); `runlake ledger promote ", item.id, "` tells what it says now")); }
        return core::ok();
    }

    static std::string written(const Json& value) { return ledger::ledger_text(value).value_or(""); }

    // The runs of this machine that its journal still knows.
    core::Status compare_with_journal(const ledger::View& view, const std::string& label) {
        std::vector<std::pair<const ledger::Item*, ledger::RunEntry>> ours;
        std::set<core::RunId> wanted;
        for (const ledger::Item& item : view.items()) {
            if (item.is_job()) { continue; }
            RL_ASSIGN(ledger::RunEntry entry, item.run());
            if (entry.machine != label) { continue; }
            wanted.insert(entry.id);
            ours.emplace_back(&item, std::move(entry));
        }
        if (wanted.empty()) { return core::ok(); }
        RL_ASSIGN(RunPartsById found, read_runs_parts(store_, wanted));
        for (const auto& [item, entry] : ours) {
            const auto parts = found.find(entry.id);
            if (parts == found.end()) { continue; }
            const std::optional<ledger::RunEntry> known = run_entry_of({entry.id, std::move(parts->second)});
            const bool same = known && known->end == entry.end && known->degraded == entry.degraded && known->stage == entry.stage && written(known->params) == written(entry.params) &&
                              ledger::entry_time(known->ended_at.value_or(core::Timestamp())) == ledger::entry_time(entry.ended_at.value_or(core::Timestamp()));
            if (!same) { add("disagrees", item->path, item->id, cat("the journal here says otherwise; `runlake ledger promote --run ", item->id, "` tells what it says now")); }
        }
        return core::ok();
    }

    void look_for_orphans(const ledger::View& view) {
        const auto listed = os::list_dir(ledger::extra_folder(store_));
        if (!listed.ok()) { return; }
        for (const os::DirEntry& entry : listed.value()) {
            if (entry.name.starts_with('.') || !entry.name.ends_with(ledger::k_entry_ending)) { continue; }
            const std::string path = os::join_path(ledger::extra_folder(store_), entry.name);
            const std::string id = id_of(path);
            const std::string name = entry.name;
            const bool has_file = std::ranges::any_of(ledger::folders(store_), [&](const std::string& folder) { return os::exists(os::join_path(folder, name)); });
            if (view.find(id) == nullptr && !has_file) { add("orphan", path, id, "it stands beside no entry"); }
        }
    }

    const record::Store& store_;
    bool fix_;
    std::set<std::string, std::less<>> conflicted_;
    LedgerVerifyResponse response_;
};

core::Result<ledger::Claim> claim_at(const std::string& path, std::string& text) {
    RL_ASSIGN(text, os::read_file(path, ledger::k_most_entry_bytes));
    auto claim = ledger::claim_of(text);
    if (!claim.ok()) { return std::move(claim).take_error().context(cat("merging ", path)); }
    return claim;
}

}  // namespace

std::size_t LedgerVerifyResponse::open() const {
    return static_cast<std::size_t>(std::ranges::count_if(findings, [](const LedgerFinding& one) { return !one.fixed; }));
}

core::Result<LedgerVerifyResponse> ledger_verify(const LedgerVerifyRequest& request) { return Verification(request).go(); }

core::Json to_json(const LedgerVerifyResponse& response) {
    Json findings = Json::array();
    for (const LedgerFinding& one : response.findings) {
        Json item = Json::object();
        item.set("code", one.code).set("path", one.path).set("id", one.id.empty() ? Json() : Json(one.id)).set("message", one.message).set("fixed", one.fixed);
        findings.push(std::move(item));
    }
    Json json = Json::object();
    json.set("ok", response.open() == 0).set("entries", response.entries).set("packs", response.packs);
    return json.set("findings", std::move(findings));
}

core::Status merge_ledger_files(const std::string& ours, const std::string& theirs) {
    std::string a;
    std::string b;
    RL_ASSIGN(const ledger::Claim first, claim_at(ours, a));
    RL_ASSIGN(const ledger::Claim second, claim_at(theirs, b));
    if (first.kind != second.kind || first.id != second.id) { return Error(Errc::corrupt, cat("merging ", ours, ": it tells of ", first.id, ", the other side of ", second.id)); }
    auto merged = ledger::merge_texts(first.kind, first.id, a, b);
    if (!merged.ok()) { return std::move(merged).take_error().context(cat("merging entries of ", first.id)); }
    return os::publish_file(ours, merged.value(), 0666, os::Existing::replace, os::Durability::process, os::point::ledger_fix_write);
}

}  // namespace runlake::ops

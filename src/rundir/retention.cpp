// SPDX-License-Identifier: Apache-2.0
// Deciding which run directories may go. Looks only; retention_apply.cpp removes.
#include "rundir/retention.hpp"

#include <dirent.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/redact.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "rundir/retention_parts.hpp"
#include "rundir/state.hpp"

namespace runlake::rundir {
namespace {

namespace point = os::point;

constexpr std::uint64_t k_max_reason_bytes = 64U << 10U;
constexpr std::int64_t k_micros = 1'000'000;
constexpr std::int64_t k_unfinished_seconds = 86'400;   // making a run directory takes moments

std::string pin_path(const std::string& run_dir) { return run_dir + "/pinned"; }

// Bytes of the files of a tree; a file with several names in it counts once.
void add_bytes(const std::string& path, std::set<std::pair<dev_t, ino_t>>& seen, std::uint64_t& bytes) {
    const std::optional<struct stat> info = os::stat_link(path);
    if (!info) { return; }
    if (S_ISREG(info->st_mode) && (info->st_nlink < 2 || seen.emplace(info->st_dev, info->st_ino).second)) { bytes += static_cast<std::uint64_t>(info->st_size); }
    if (!S_ISDIR(info->st_mode)) { return; }
    for (const os::DirEntry& entry : os::list_dir(path).value_or({})) { add_bytes(os::join_path(path, entry.name), seen, bytes); }
}

std::uint64_t bytes_of(const std::string& path) {
    std::set<std::pair<dev_t, ino_t>> seen;
    std::uint64_t bytes = 0;
    add_bytes(path, seen, bytes);
    return bytes;
}

std::string describe_age(std::int64_t seconds) {
    for (const auto& [unit, name] : {std::pair<std::int64_t, char>{86'400, 'd'}, {3600, 'h'}, {60, 'm'}}) {
        if (seconds != 0 && seconds % unit == 0) { return core::cat(seconds / unit, name); }
    }
    return core::cat(seconds, 's');
}

// A run directory that the rules are asked about.
struct Candidate {
    std::size_t item = 0;
    std::string key;
    core::Timestamp created_at;
    core::Timestamp last;       // something happened in it
    bool may_go = true;
};

std::optional<std::string> reference_of(const RunDir& run_dir, const std::vector<DoneRecord>& results, const std::vector<Reference>& references) {
    std::set<core::RunId> ids = {run_dir.info().run_id};
    for (const DoneRecord& done : results) { ids.insert({done.run_id, done.published_by}); }
    for (const Reference& reference : references) {
        for (const core::RunId& id : ids) {
            if (std::optional<std::string> why = reference(id)) { return why; }
        }
    }
    return std::nullopt;
}

class Planner {
  public:
    Planner(const GcRules& rules, core::Timestamp now) : rules_(rules), now_(now) {}

    core::Status look_at(const GcLook& look) {
        GcItem item{.path = look.shown, .bytes = look.bytes ? *look.bytes : bytes_of(look.path), .remove = false, .reason = ""};
        const core::Result<RunDir> run_dir = RunDir::open(look.path);
        if (!run_dir.ok()) {
            item.reason = core::cat("can't be read: ", run_dir.error().message());
        } else {
            const core::Result<std::vector<DoneRecord>> results = list_done(run_dir.value());
            if (!results.ok()) { return results.error(); }
            RL_ASSIGN(item.reason, why_protected(run_dir.value(), results.value()));
            if (!look.busy.empty()) { item.reason = look.busy; }
            if (item.reason != "running" && look.shown == look.path) { find_staging(run_dir.value()); }
            core::Timestamp last = run_dir.value().info().created_at;
            for (const DoneRecord& done : results.value()) { last = std::max(last, done.finished_at); }
            candidates_.push_back({plan_.items.size(), run_dir.value().info().experiment_key, run_dir.value().info().created_at, last, item.reason.empty()});
        }
        plan_.items.push_back(std::move(item));
        return core::ok();
    }

    void add_leftover(const std::string& path, std::string_view reason) { plan_.leftovers.push_back({path, bytes_of(path), true, std::string(reason)}); }

    GcPlan finish() {
        std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) { return std::tie(a.created_at, a.item) < std::tie(b.created_at, b.item); });
        const bool any = rules_.keep_last || rules_.older_than_seconds || rules_.max_bytes;
        std::map<std::string, std::int64_t> newer;     // of the same key, seen from the newest
        for (auto candidate = candidates_.rbegin(); candidate != candidates_.rend(); ++candidate) {
            const std::int64_t rank = newer[candidate->key]++;
            if (candidate->may_go) { judge(*candidate, rank, any); }
        }
        if (rules_.max_bytes) { fit(*rules_.max_bytes); }
        return std::move(plan_);
    }

  private:
    core::Result<std::string> why_protected(const RunDir& run_dir, const std::vector<DoneRecord>& results) const {
        RL_ASSIGN(const bool busy, is_worked_in(run_dir));
        if (busy) { return std::string("running"); }
        RL_ASSIGN(const std::optional<std::string> pinned, pin_reason(run_dir));
        if (pinned) { return pinned->empty() ? std::string("pinned") : core::cat("pinned: ", *pinned); }
        if (const auto why = reference_of(run_dir, results, rules_.references)) { return core::cat("referred to: ", *why); }
        return std::string();
    }

    void find_staging(const RunDir& run_dir) {
        for (const os::DirEntry& entry : os::list_dir(run_dir.staging()).value_or({})) {
            add_leftover(os::join_path(run_dir.staging(), entry.name), "staging of a process that was killed");
        }
    }

    void judge(Candidate& candidate, std::int64_t rank, bool any) {
        GcItem& item = plan_.items[candidate.item];
        const auto keep = [&](std::string reason) {
            candidate.may_go = false;
            item.reason = std::move(reason);
        };
        if (!any) { return keep("no rule lets it go"); }
        std::string why;
        if (rules_.keep_last) {
            const std::string last = core::cat(*rules_.keep_last, " newest of ", candidate.key);
            if (rank < *rules_.keep_last) { return keep(core::cat("one of the ", last)); }
            why = core::cat("not one of the ", last);
        }
        if (rules_.older_than_seconds) {
            const std::string age = describe_age(*rules_.older_than_seconds);
            if (candidate.last.micros > now_.micros - *rules_.older_than_seconds * k_micros) { return keep(core::cat("younger than ", age)); }
            why += core::cat(why.empty() ? "" : ", ", "older than ", age);
        }
        item.remove = true;
        item.reason = why;
    }

    // Of those that may go the oldest go, until what stays is not more.
    void fit(std::uint64_t max_bytes) {
        std::uint64_t total = 0;
        for (const GcItem& item : plan_.items) { total += item.bytes; }
        for (const Candidate& candidate : candidates_) {
            if (!candidate.may_go) { continue; }
            GcItem& item = plan_.items[candidate.item];
            item.remove = total > max_bytes;
            if (item.remove) { total -= item.bytes; }
            const std::string_view why = item.remove ? "more than the size that is allowed" : "fits into the size that is allowed";
            item.reason = item.remove && !item.reason.empty() ? core::cat(item.reason, ", ", why) : std::string(why);
        }
    }

    const GcRules& rules_;
    core::Timestamp now_;
    GcPlan plan_;
    std::vector<Candidate> candidates_;
};

// Named as a run directory is, but without run.json: whoever made it was killed. One that is being made is young.
bool is_unfinished(const std::string& path, const std::string& name, core::Timestamp now) {
    const bool stamp = name.size() > 16 && name[8] == '_' && name[15] == '_' && std::all_of(name.begin(), name.begin() + 8, [](char c) { return c >= '0' && c <= '9'; }) &&
                       std::all_of(name.begin() + 9, name.begin() + 15, [](char c) { return c >= '0' && c <= '9'; });
    const std::optional<struct stat> info = os::stat_link(path);
    if (!stamp || !info || !S_ISDIR(info->st_mode) || os::stat_link(path + "/run.json")) { return false; }
    return info->st_mtim.tv_sec < now.micros / k_micros - k_unfinished_seconds;
}

}  // namespace

core::Status pin(const RunDir& run_dir, std::string_view reason) {
    const std::string text = core::redact_text(core::valid_utf8(core::trim(reason)));
    return os::publish_file(pin_path(run_dir.path()), text + "\n", 0644, os::Existing::replace, os::Durability::power, point::rundir_pin_write);
}

core::Status unpin(const RunDir& run_dir) {
    RL_ASSIGN(const std::optional<std::string> pinned, pin_reason(run_dir));
    if (!pinned) { return core::ok(); }
    return os::publish_file(pin_path(run_dir.path()), k_no_longer_pinned, 0644, os::Existing::replace, os::Durability::power, point::rundir_pin_write);
}

std::optional<std::string> reason_of_pin(std::string_view text) {
    if (text == k_no_longer_pinned) { return std::nullopt; }
    return std::string(core::trim(text));
}

core::Result<std::optional<std::string>> pin_reason(const RunDir& run_dir) {
    if (!os::stat_link(pin_path(run_dir.path()))) { return std::optional<std::string>(); }
    const core::Result<std::string> text = os::read_file(pin_path(run_dir.path()), k_max_reason_bytes);
    // A pin that can't be read is a pin.
    return text.ok() ? reason_of_pin(text.value()) : std::optional<std::string>("");
}

core::Result<bool> is_worked_in(const RunDir& run_dir) {
    if (os::liveness(run_dir.info().creator) == os::Liveness::alive) { return true; }
    const core::Result<std::vector<os::DirEntry>> leases = os::list_dir(run_dir.leases());
    if (!leases.ok()) {
        if (leases.error().code() == core::Errc::not_found) { return false; }
        return leases.error();
    }
    for (const os::DirEntry& entry : leases.value()) {
        if (!entry.name.ends_with(".lease")) { continue; }
        RL_ASSIGN(const bool lives, os::lease_lives(os::join_path(run_dir.leases(), entry.name)));
        if (lives) { return true; }
    }
    return false;
}

std::uint64_t GcPlan::bytes_removed() const {
    std::uint64_t bytes = 0;
    for (const std::vector<GcItem>* list : {&items, &leftovers}) {
        for (const GcItem& item : *list) { bytes += item.remove ? item.bytes : 0; }
    }
    return bytes;
}

core::Result<GcPlan> plan_dirs(const std::vector<GcLook>& dirs, const GcRules& rules, core::Timestamp now) {
    Planner planner(rules, now);
    for (const GcLook& look : dirs) { RL_TRY(planner.look_at(look)); }
    return planner.finish();
}

core::Result<GcPlan> plan_gc(const std::string& base, const GcRules& rules, const core::Clock& clock) {
    RL_ASSIGN(const std::string whole, os::absolute_path(base));
    RL_ASSIGN(const std::vector<std::string> paths, list_run_dirs(whole));
    Planner planner(rules, clock.now());
    for (const std::string& path : paths) { RL_TRY(planner.look_at({path, path, std::nullopt, ""})); }
    for (const os::DirEntry& entry : os::list_dir(whole).value_or({})) {
        const std::string path = os::join_path(whole, entry.name);
        if (is_unfinished(path, entry.name, clock.now())) { planner.add_leftover(path, "was never finished being made"); }
    }
    for (const os::DirEntry& entry : os::list_dir(trash_of(whole)).value_or({})) { planner.add_leftover(os::join_path(trash_of(whole), entry.name), "trash"); }
    return planner.finish();
}

}  // namespace runlake::rundir

// SPDX-License-Identifier: Apache-2.0
#include "ops/doctor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "core/text.hpp"
#include "git/repository.hpp"
#include "ops/doctor_parts.hpp"
#include "ops/leftovers.hpp"
#include "os/files.hpp"
#include "os/lease.hpp"
#include "os/system.hpp"

namespace runlake::ops {
namespace {

using core::cat;

constexpr std::uint64_t k_low_bytes = std::uint64_t{1} << 30U;
constexpr std::uint64_t k_least_bytes = std::uint64_t{64} << 20U;
constexpr std::uint64_t k_least_files = 1000;

// Whether this process may write there; a read-only file system refuses root as well.
bool is_writable(const std::string& path) { return ::faccessat(AT_FDCWD, path.c_str(), W_OK | X_OK, AT_EACCESS) == 0; }

core::Json process_facts(const os::LeaseHolder& holder) {
    auto facts = core::Json::object();
    return facts.set("machine", holder.process.machine).set("pid", std::int64_t{holder.process.pid}).set("purpose", holder.purpose).set("since", core::format_iso(holder.taken_at));
}

void examine_lease(const std::string& path, Findings& out) {
    const auto holder = os::lease_holder(path);
    if (!holder.ok()) {
        out.push_back({.area = "locks", .level = Level::problem, .text = cat("lock ", path, " can't be read: ", holder.error().message()),
                       .next = "make sure that no runlake process uses the store, then remove that file"});
        return;
    }
    if (!holder.value()) { return; }  // gone meanwhile
    const auto& held = *holder.value();
    auto facts = process_facts(held);
    facts.set("path", path);
    const auto who = cat("process ", held.process.pid, " for \"", held.purpose, "\" since ", core::format_iso(held.taken_at));
    switch (os::liveness(held.process)) {
        case os::Liveness::alive:
            out.push_back({.area = "locks", .level = Level::note, .text = cat("lock ", path, " is held by the running ", who), .next = "wait for it to end, or end it", .facts = std::move(facts)});
            break;
        case os::Liveness::dead:
            out.push_back({.area = "locks", .level = Level::note, .text = cat("lock ", path, " was left behind by ", who, ", which is gone"),
                           .next = "nothing: whoever needs it next takes it over", .facts = std::move(facts)});
            break;
        case os::Liveness::unknowable:
            out.push_back({.area = "locks", .level = Level::note,
                           .text = cat("lock ", path, " is held on another machine or in another container by ", who, " (machine ", held.process.machine, ")"),
                           .next = "nothing: it is taken over once its heartbeat stops", .facts = std::move(facts)});
            break;
    }
}

std::string_view short_branch(std::string_view reference) {
    constexpr std::string_view k_branches = "refs/heads/";
    return reference.starts_with(k_branches) ? reference.substr(k_branches.size()) : reference;
}

void append_leases(const std::string& folder, std::vector<std::string>& out) {
    const auto entries = os::list_dir(folder);
    if (!entries.ok()) { return; }
    for (const auto& entry : entries.value()) {
        if (entry.name.ends_with(".lease")) { out.push_back(os::join_path(folder, entry.name)); }
    }
}

}  // namespace

std::string_view level_name(Level level) {
    switch (level) {
        case Level::ok: return "ok";
        case Level::note: return "note";
        case Level::problem: return "problem";
    }
    return "";
}

bool DoctorResponse::is_well() const {
    return std::none_of(findings.begin(), findings.end(), [](const Finding& finding) { return finding.level == Level::problem; });
}

std::string bytes_text(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 5> k_units = {"KiB", "MiB", "GiB", "TiB", "PiB"};
    if (bytes < 1024) { return cat(bytes, " bytes"); }
    double value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < k_units.size()) {
        value /= 1024;
        ++unit;
    }
    return cat(core::format_fixed(value, 1), " ", k_units[unit]);
}

void examine_store(const record::Store& store, const core::Clock& clock, Findings& out) {
    auto facts = core::Json::object();
    facts.set("dir", store.dir).set("root", store.root).set("machine", os::machine_id()).set("label", os::machine_label());
    const auto own = cat(store.journal(), "/", os::machine_id(), "-", os::machine_label());
    for (const auto& path : {store.dir, store.journal(), own}) {
        if (!os::is_dir(path) || is_writable(path)) { continue; }
        const auto reason = std::string_view(std::strerror(errno));
        out.push_back({.area = "store", .level = Level::problem, .text = cat("this user can't write to ", path, ": ", reason),
                       .next = "give the folder's owner or group write permission, or name another store with RUNLAKE_STORE; until then runs are counted as lost",
                       .facts = std::move(facts)});
        return;
    }
    out.push_back({.area = "store", .level = Level::ok, .text = cat(store.dir, " is writable; this machine is ", os::machine_label(), " (", os::machine_id(), ")"), .facts = std::move(facts)});
    const Leftovers leftovers = find_leftovers(store, clock.now());
    if (!leftovers.paths.empty()) {
        auto left = core::Json::object();
        left.set("files", std::uint64_t{leftovers.paths.size()}).set("bytes", leftovers.bytes).set("first", leftovers.paths.front());
        out.push_back({.area = "store", .level = Level::note,
                       .text = cat(leftovers.paths.size(), leftovers.paths.size() == 1 ? " temporary file" : " temporary files", " (", bytes_text(leftovers.bytes),
                                   ") of programs that were killed more than a day ago, ", leftovers.paths.front(), leftovers.paths.size() == 1 ? "" : " among them"),
                       .next = "`runlake runs prune` removes them, whatever age it is given", .facts = std::move(left)});
    }
}

void examine_locks(const record::Store& store, Findings& out) {
    std::vector<std::string> leases;
    append_leases(store.dir, leases);
    const auto database_folder = os::parent_path(store.runs_database());
    if (database_folder != store.dir) { append_leases(database_folder, leases); }
    if (const auto machines = os::list_dir(store.journal()); machines.ok()) {
        for (const auto& machine : machines.value()) { append_leases(os::join_path(store.journal(), machine.name), leases); }
    }
    const auto before = out.size();
    for (const auto& lease : leases) { examine_lease(lease, out); }
    if (out.size() == before) { out.push_back({.area = "locks", .level = Level::ok, .text = "no lock is held"}); }
}

void examine_disk(const record::Store& store, Findings& out) {
    const auto system = os::file_system_of(store.dir);
    if (!system.ok()) {
        out.push_back({.area = "disk", .level = Level::problem, .text = system.error().message(), .next = "check that the folder is mounted and readable"});
        return;
    }
    struct statvfs counts{};
    // Some file systems count no files: they say 0 of 0.
    const bool counted = ::statvfs(store.dir.c_str(), &counts) == 0 && counts.f_files > 0;
    auto facts = core::Json::object();
    facts.set("kind", system.value().kind).set("network", system.value().network).set("free_bytes", system.value().free_bytes);
    if (counted) { facts.set("free_files", std::uint64_t{counts.f_favail}); }
    auto text = cat(system.value().kind, system.value().network ? " (over the network)" : "", ", ", bytes_text(system.value().free_bytes), " free");
    Finding finding{.area = "disk", .text = text, .facts = std::move(facts)};
    if (system.value().free_bytes < k_least_bytes || (counted && counts.f_favail < k_least_files)) {
        finding.level = Level::problem;
        finding.text = cat(text, counted ? cat(" and ", std::uint64_t{counts.f_favail}, " files left") : "", ": the next runs may not be recorded");
        finding.next = "free space on that file system; `runlake runs prune` removes old runs";
    } else if (system.value().free_bytes < k_low_bytes) {
        finding.level = Level::note;
        finding.next = "free space on that file system before it runs out";
    }
    out.push_back(std::move(finding));
    if (system.value().kind == "tmpfs" || system.value().kind == "ramfs") {
        out.push_back({.area = "disk", .level = Level::note, .text = cat("the store lies in memory (", system.value().kind, "): it is gone after a restart"),
                       .next = "keep the store on a disk, or take a backup"});
    }
    if (system.value().network) {
        out.push_back({.area = "disk", .level = Level::note, .text = cat("the store is shared over the network; this machine's database is ", store.runs_database())});
    }
}

void examine_git(const record::Store& store, Findings& out) {
    if (store.root.empty()) {
        out.push_back({.area = "git", .level = Level::note, .text = "the store stands outside of any project: runs have the code_ref of the folder they start in"});
        return;
    }
    const auto repository = git::find_repository(store.root);
    if (!repository.ok()) {
        out.push_back({.area = "git", .level = Level::problem, .text = repository.error().message(), .next = "check the repository with `git status`; until then runs have no code_ref"});
        return;
    }
    if (!repository.value()) {
        out.push_back({.area = "git", .level = Level::note, .text = cat(store.root, " is in no git repository: runs have no code_ref"), .next = "`git init` there, if the code is to be known"});
        return;
    }
    const auto head = git::read_head(*repository.value());
    auto facts = core::Json::object();
    facts.set("work_tree", repository.value()->work_tree).set("commit", head.commit).set_if("branch", head.branch);
    if (head.kind == git::HeadKind::unknown) {
        out.push_back({.area = "git", .level = Level::problem, .text = cat("HEAD of ", repository.value()->work_tree, " can't be told: ", head.reason),
                       .next = "check the repository with `git status`; until then runs have no code_ref", .facts = std::move(facts)});
    } else if (head.kind == git::HeadKind::unborn) {
        out.push_back({.area = "git", .level = Level::note, .text = cat(repository.value()->work_tree, " has no commit yet: runs have no code_ref"), .next = "make a first commit",
                       .facts = std::move(facts)});
    } else {
        out.push_back({.area = "git", .level = Level::ok, .text = cat(repository.value()->work_tree, " is at ", head.commit.substr(0, 12), head.branch ? cat(" (", short_branch(*head.branch), ")") : ""),
                       .facts = std::move(facts)});
    }
    const bool inside = os::relative_inside(store.dir, repository.value()->work_tree).has_value();
    if (inside && !os::exists(store.dir + "/.gitignore")) {
        out.push_back({.area = "git", .level = Level::note, .text = cat(store.dir, " has no .gitignore: recorded runs show in `git status`"),
                       .next = cat("put a file ", store.dir, "/.gitignore with the line * there")});
    }
}

DoctorResponse doctor(const DoctorRequest& request) {
    DoctorResponse response;
    auto& out = response.findings;
    const auto& clock = request.clock != nullptr ? *request.clock : os::system_clock();
    if (request.settings_problem) {
        out.push_back({.area = "settings", .level = Level::problem, .text = request.settings_problem->message(), .next = "mend that line; until then its default is used for recording"});
    } else {
        out.push_back({.area = "settings", .level = Level::ok, .text = "all settings can be read"});
    }
    if (!request.store.ok()) {
        const bool missing = request.store.error().code() == core::Errc::not_found;
        out.push_back({.area = "store", .level = missing ? Level::note : Level::problem, .text = request.store.error().message(),
                       .next = missing ? "record a first run: runlake run -- PROGRAM" : "name a store with --store or RUNLAKE_STORE"});
        return response;
    }
    const auto& store = request.store.value();
    examine_store(store, clock, out);
    examine_journal(store, clock, out);
    examine_database(store, out);
    examine_locks(store, out);
    examine_disk(store, out);
    examine_git(store, out);
    return response;
}

}  // namespace runlake::ops

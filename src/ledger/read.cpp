// SPDX-License-Identifier: Apache-2.0
#include "ledger/read.hpp"

#include <limits>
#include <map>
#include <tuple>

#include "os/files.hpp"

namespace runlake::ledger {
namespace {

constexpr std::uint64_t k_most_bytes = 16U << 20U;  // of one entry
constexpr std::string_view k_ending = ".json";

core::Result<JobEntry> read_entry(const std::string& path, std::string_view name) {
    // Anything else may never end: a pipe, a device.
    const auto found = os::stat_path(path);
    if (found && !S_ISREG(found->st_mode)) { return core::Error(core::Errc::corrupt, "it is no file"); }
    auto id = JobId::parse(name.substr(0, name.size() - k_ending.size()));
    if (!id.ok()) { return core::Error(core::Errc::corrupt, "its name is no job id"); }
    RL_ASSIGN(const std::string text, os::read_file(path, k_most_bytes));
    return parse_job_entry(text, id.value());
}

auto rank(const JobEntry& entry) {
    constexpr std::int64_t k_never = std::numeric_limits<std::int64_t>::max();
    return std::tuple(entry.end == JobEnd::complete ? 0 : 1, entry.ended_at ? entry.ended_at->micros : k_never, entry.promoted_at.micros, std::string_view(entry.machine));
}

}  // namespace

std::vector<std::string> folders(const record::Store& store) {
    std::vector<std::string> found;
    if (!store.root.empty()) { found.push_back(store.root + "/.aexp/ledger"); }
    found.push_back(store.dir + "/ledger");
    return found;
}

const JobEntry& preferred(const JobEntry& a, const JobEntry& b) { return rank(b) < rank(a) ? b : a; }

Ledger read_ledger(const record::Store& store) {
    Ledger ledger;
    std::map<JobId, JobEntry> by_id;
    for (const std::string& folder : folders(store)) {
        auto listed = os::list_dir(folder);
        if (!listed.ok()) {
            if (listed.error().code() != core::Errc::not_found) { ledger.left_out.push_back({folder, std::move(listed).take_error()}); }
            continue;
        }
        for (const os::DirEntry& file : listed.value()) {
            if (file.name.starts_with('.') || !file.name.ends_with(k_ending)) { continue; }
            std::string path = os::join_path(folder, file.name);
            auto entry = read_entry(path, file.name);
            if (!entry.ok()) {
                ledger.left_out.push_back({std::move(path), std::move(entry).take_error()});
                continue;
            }
            const auto [at, first] = by_id.try_emplace(entry.value().id, entry.value());
            if (!first) { at->second = JobEntry(preferred(at->second, entry.value())); }
        }
    }
    ledger.jobs.reserve(by_id.size());
    for (auto& [id, entry] : by_id) { ledger.jobs.push_back(std::move(entry)); }
    return ledger;
}

}  // namespace runlake::ledger

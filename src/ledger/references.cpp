// SPDX-License-Identifier: Apache-2.0
#include "ledger/references.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "ledger/layout.hpp"
#include "ledger/pack.hpp"
#include "ledger/run_entry.hpp"
#include "os/files.hpp"

namespace runlake::ledger {
namespace {

constexpr std::size_t k_id_length = 36;
constexpr int k_deepest = 8;
constexpr std::uint64_t k_largest = 256U << 20U;

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'; }

using Found = std::map<core::RunId, std::string>;

// A run that is in the ledger by rule is there to be found; nobody asked for its files to stay. What is cited or was promoted by hand is another matter.
bool is_by_rule(std::string_view id, std::string_view entry) {
    const auto run = core::RunId::parse(id);
    if (!run.ok()) { return false; }
    const auto parsed = parse_run_entry(entry, run.value());
    return parsed.ok() && parsed.value().rule == RunRule::pipeline;
}

// Entries and what stands beside them, packed. A pack that can't be read hides references.
core::Status look_into_pack(const std::string& path, std::string_view bytes, Found& found) {
    auto text = unpack(os::base_name(path), bytes);
    if (!text.ok()) { return std::move(text).take_error().context(core::cat("reading ", path)); }
    auto entries = read_pack(text.value());
    if (!entries.ok()) { return std::move(entries).take_error().context(core::cat("reading ", path)); }
    for (const PackedEntry& entry : entries.value()) {
        if (is_by_rule(entry.id, entry.entry)) { continue; }
        for (const std::string_view part : {entry.entry, entry.extra}) {
            for (const core::RunId& id : run_ids_in(part)) { found.emplace(id, path); }
        }
    }
    return core::ok();
}

// Whether a file is the entry of a run that is there by rule, or what stands beside one.
bool is_of_rule(const std::string& path, std::string_view text) {
    const std::string name = os::base_name(path);
    if (!name.ends_with(k_entry_ending)) { return false; }
    const std::string id = name.substr(0, name.size() - k_entry_ending.size());
    if (!core::RunId::parse(id).ok()) { return false; }
    if (os::base_name(os::parent_path(path)) != "ledger-extra") { return is_by_rule(id, text); }
    const auto entry = os::read_file(os::join_path(os::parent_path(os::parent_path(path)), core::cat("ledger/", name)), k_largest);
    return entry.ok() && is_by_rule(id, entry.value());
}

core::Status look_into(const std::string& folder, int depth, Found& found) {
    const core::Result<std::vector<os::DirEntry>> entries = os::list_dir(folder);
    if (!entries.ok()) {
        if (!os::stat_link(folder)) { return core::ok(); }
        return entries.error();
    }
    for (const os::DirEntry& entry : entries.value()) {
        const std::string path = os::join_path(folder, entry.name);
        const std::optional<struct stat> kind = os::stat_link(path);
        if (!kind) { continue; }  // gone meanwhile
        if (S_ISDIR(kind->st_mode) && depth < k_deepest) { RL_TRY(look_into(path, depth + 1, found)); }
        if (!S_ISREG(kind->st_mode)) { continue; }
        core::Result<std::string> text = os::read_file(path, k_largest);
        if (!text.ok()) {
            if (text.error().code() == core::Errc::not_found) { continue; }
            return std::move(text).take_error();
        }
        if (entry.name.ends_with(k_pack_ending)) {
            RL_TRY(look_into_pack(path, text.value(), found));
        } else if (!is_of_rule(path, text.value())) {
            for (const core::RunId& id : run_ids_in(text.value())) { found.emplace(id, path); }
        }
    }
    return core::ok();
}

}  // namespace

std::vector<core::RunId> run_ids_in(std::string_view text) {
    std::vector<core::RunId> ids;
    // Found by their first dash, eight digits in.
    for (std::size_t at = text.find('-'); at != std::string_view::npos; at = text.find('-', at + 1)) {
        if (at < 8 || text.size() - (at - 8) < k_id_length) { continue; }
        const std::size_t begin = at - 8;
        const std::size_t end = begin + k_id_length;
        if ((begin > 0 && is_word(text[begin - 1])) || (end < text.size() && is_word(text[end]))) { continue; }
        if (const core::Result<core::RunId> id = core::RunId::parse(text.substr(begin, k_id_length)); id.ok()) { ids.push_back(id.value()); }
    }
    return ids;
}

core::Result<std::map<core::RunId, std::string>> referenced_runs(const record::Store& store) {
    std::vector<std::string> folders = {store.dir + "/epsilon", store.dir + "/ledger", store.dir + "/ledger-extra", store.dir + "/verdicts"};
    if (!store.root.empty()) { folders.push_back(store.root + "/.aexp"); }
    if (!store.root.empty()) { folders.push_back(store.root + "/kb"); }
    std::ranges::sort(folders);
    std::map<core::RunId, std::string> found;
    for (const std::string& folder : folders) { RL_TRY(look_into(folder, 0, found)); }
    return found;
}

}  // namespace runlake::ledger

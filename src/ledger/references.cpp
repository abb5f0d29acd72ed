// SPDX-License-Identifier: Apache-2.0
#include "ledger/references.hpp"

#include <algorithm>
#include <utility>

#include "os/files.hpp"

namespace runlake::ledger {
namespace {

constexpr std::size_t k_id_length = 36;
constexpr int k_deepest = 8;
constexpr std::uint64_t k_largest = 256U << 20U;

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'; }

core::Status look_into(const std::string& folder, int depth, std::map<core::RunId, std::string>& found) {
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
        for (const core::RunId& id : run_ids_in(text.value())) { found.emplace(id, path); }
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
    std::vector<std::string> folders = {store.dir + "/epsilon", store.dir + "/ledger", store.dir + "/ledger-extra"};
    if (!store.root.empty()) { folders.push_back(store.root + "/.aexp"); }
    std::ranges::sort(folders);
    std::map<core::RunId, std::string> found;
    for (const std::string& folder : folders) { RL_TRY(look_into(folder, 0, found)); }
    return found;
}

}  // namespace runlake::ledger

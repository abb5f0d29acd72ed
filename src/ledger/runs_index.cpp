// SPDX-License-Identifier: Apache-2.0
#include "ledger/runs_index.hpp"

#include <algorithm>
#include <map>

#include "core/json_lists.hpp"
#include "ledger/layout.hpp"
#include "ledger/text.hpp"
#include "os/files.hpp"

namespace runlake::ledger {
namespace {

using core::Json;

constexpr std::uint64_t k_most_bytes = 256U << 20U;

void add_file(std::string_view name, std::string_view text, std::map<JobId, IndexEntry>& found) {
    auto whole = core::parse_json(text, "runs index");
    if (!whole.ok()) { return; }
    const std::string label = whole.value().string_at("machine_label").value_or(std::string(name.substr(0, name.size() - k_entry_ending.size())));
    for (const Json& one : core::list_at(whole.value(), "entries")) {
        auto id = JobId::parse(one.string_at("job_id").value_or(""));
        const std::optional<std::string> status = one.string_at("status");
        if (!id.ok() || !status) { continue; }
        found.insert_or_assign(id.value(), IndexEntry{.id = id.value(),
                                                      .status = *status,
                                                      .experiment_id = one.string_at("experiment_id"),
                                                      .condition = one.string_at("condition"),
                                                      .registered_at = one.string_at("registered_at"),
                                                      .machine = label});
    }
}

}  // namespace

std::vector<IndexEntry> read_runs_index(const record::Store& store) {
    std::map<JobId, IndexEntry> found;
    std::vector<std::string> folders;
    if (!store.root.empty()) { folders.push_back(store.root + "/.aexp/runs-index"); }
    folders.push_back(store.dir + "/runs-index");
    for (const std::string& folder : folders) {
        auto listed = os::list_dir(folder);
        if (!listed.ok()) { continue; }
        for (const os::DirEntry& file : listed.value()) {
            const std::string path = os::join_path(folder, file.name);
            const auto info = os::stat_path(path);
            if (file.name.starts_with('.') || !file.name.ends_with(k_entry_ending) || !info || !S_ISREG(info->st_mode)) { continue; }
            auto text = os::read_file(path, k_most_bytes);
            if (text.ok()) { add_file(file.name, text.value(), found); }
        }
    }
    std::vector<IndexEntry> entries;
    entries.reserve(found.size());
    for (auto& [id, entry] : found) { entries.push_back(std::move(entry)); }
    return entries;
}

std::string runs_index_file(const record::Store& store, std::string_view label) {
    const std::string folder = record::is_aexp_repository(store) ? store.root + "/.aexp/runs-index" : store.dir + "/runs-index";
    return folder + "/" + std::string(label) + std::string(k_entry_ending);
}

std::string runs_index_text(std::string_view label, core::Timestamp exported_at, std::vector<IndexEntry> entries) {
    std::ranges::sort(entries, {}, &IndexEntry::id);
    Json list = Json::array();
    for (const IndexEntry& entry : entries) {
        Json one = Json::object();
        one.set("job_id", entry.id.str()).set("status", entry.status).set_if("experiment_id", entry.experiment_id).set_if("condition", entry.condition);
        list.push(one.set_if("registered_at", entry.registered_at));
    }
    Json whole = Json::object();
    whole.set("schema_version", k_job_schema).set("machine_label", label).set("exported_at", entry_time(exported_at)).set("entries", std::move(list));
    return ledger_text(whole, Order::kept).value_or("");   // there are no numbers in it
}

}  // namespace runlake::ledger

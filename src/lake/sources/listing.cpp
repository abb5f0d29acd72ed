// SPDX-License-Identifier: Apache-2.0
#include "lake/sources/listing.hpp"

#include <dirent.h>

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::lake {
namespace {

bool is_left_by_system(std::string_view name) { return name.starts_with("._") || name == ".DS_Store"; }

}  // namespace

core::Result<Listing> Listing::of(const Unit& unit) {
    if (!os::is_dir(unit.dir)) { return core::Error(core::Errc::not_found, core::cat("listing ", unit.dir, ": there is no such folder")); }
    return Listing(unit);
}

void Listing::file(const std::string& rel_path) {
    Form form;
    form.path = os::join_path(unit_->dir, rel_path);
    const auto info = os::stat_path(form.path);
    if (!info || !S_ISREG(info->st_mode)) { return; }
    form.stamp = os::Stamp::of(*info);
    form.is_packed = rel_path.ends_with(".gz");
    form.file.run_key = unit_->key;
    form.file.unit_name = os::base_name(unit_->dir);
    form.file.rel_path = rel_path;
    form.file.plain_name = os::base_name(form.is_packed ? rel_path.substr(0, rel_path.size() - 3) : rel_path);
    out_.offers.push_back({{std::move(form)}});
}

std::vector<os::DirEntry> Listing::entries_of(const std::string& rel_dir) {
    auto entries = os::list_dir(rel_dir.empty() ? unit_->dir : os::join_path(unit_->dir, rel_dir));
    if (entries.ok()) { return std::move(entries).take(); }
    if (entries.error().code() != core::Errc::not_found) { out_.unreadable.push_back({rel_dir, entries.error().message()}); }
    return {};
}

void Listing::tree(const std::string& rel_dir, int levels) {
    for (const auto& entry : entries_of(rel_dir)) {
        if (is_left_by_system(entry.name)) { continue; }
        const std::string rel_path = core::cat(rel_dir, '/', entry.name);
        bool is_dir = entry.type == DT_DIR;
        if (entry.type == DT_UNKNOWN) {
            const auto info = os::stat_link(os::join_path(unit_->dir, rel_path));
            is_dir = info && S_ISDIR(info->st_mode);
        }
        if (!is_dir) {
            file(rel_path);
        } else if (levels == 0) {
            out_.unreadable.push_back({rel_path, "it lies too deep"});
        } else {
            tree(rel_path, levels - 1);
        }
    }
}

void Listing::each_folder(const std::string& rel_dir, const std::function<void(const std::string& rel_path)>& visit) {
    for (const auto& entry : entries_of(rel_dir)) {
        if (entry.name.starts_with('.')) { continue; }
        const std::string rel_path = os::join_path(rel_dir, entry.name);
        if (entry.type == DT_DIR || (entry.type != DT_REG && os::is_dir(os::join_path(unit_->dir, rel_path)))) { visit(rel_path); }
    }
}

void Listing::folder(const std::string& rel_dir, bool (*takes)(std::string_view name)) {
    for (const auto& entry : entries_of(rel_dir)) {
        if (is_left_by_system(entry.name) || !takes(entry.name)) { continue; }
        file(rel_dir.empty() ? entry.name : core::cat(rel_dir, '/', entry.name));
    }
}

core::Result<UnitFiles> Listing::finish() && {
    std::sort(out_.offers.begin(), out_.offers.end(), [](const Offer& a, const Offer& b) { return a.file().rel_path < b.file().rel_path; });
    const auto same = std::unique(out_.offers.begin(), out_.offers.end(), [](const Offer& a, const Offer& b) { return a.file().rel_path == b.file().rel_path; });
    out_.offers.erase(same, out_.offers.end());
    return std::move(out_);
}

}  // namespace runlake::lake

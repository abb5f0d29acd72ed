// SPDX-License-Identifier: Apache-2.0
// Listing the journal's segments and reading their records.
#include <dirent.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "record/journal.hpp"
#include "record/journal_lines.hpp"
#include "record/journal_names.hpp"

namespace runlake::record {
namespace {

using core::cat;
using core::Errc;

constexpr int k_most_passes = 8;
constexpr int k_most_lookups = 5;
constexpr std::size_t k_most_notes = 20;

using Key = std::pair<std::string, std::string>;  // machine folder, id

struct Pass {
    std::map<Key, Segment> segments;
    std::vector<std::string> unreadable;
};

void add_folder(const std::string& folder, const std::string& machine_dir, Pass& pass) {
    for (const bool sealed : {false, true}) {
        auto found = found_segments(folder, sealed, &pass.unreadable);
        if (!found.ok()) {
            pass.unreadable.push_back(found.error().message());
            continue;
        }
        for (auto& item : found.value()) {
            const auto info = os::stat_link(item.path);
            if (!info) { continue; }  // renamed since; the next pass meets it under its new name
            pass.segments[{machine_dir, item.name.id}] =
                Segment{item.name.id, machine_dir, std::move(item.path), static_cast<std::uint64_t>(info->st_size), sealed};
        }
    }
}

core::Result<Pass> list_once(const Store& store) {
    Pass pass;
    auto machines = os::list_dir(store.journal());
    if (!machines.ok()) {
        if (machines.error().code() == Errc::not_found) { return pass; }
        return std::move(machines).take_error().context("listing the journal");
    }
    for (const auto& entry : machines.value()) {
        const std::string path = cat(store.journal(), '/', entry.name);
        if (is_machine_dir(entry.name) && (entry.type == DT_DIR || entry.type == DT_UNKNOWN)) {
            add_folder(path, entry.name, pass);
        } else if (!entry.name.starts_with('.')) {
            pass.unreadable.push_back(cat(path, ": of no form that this version knows, left alone"));
        }
    }
    return pass;
}

std::set<Key> keys(const Pass& pass) {
    std::set<Key> out;
    for (const auto& [key, segment] : pass.segments) { out.insert(key); }
    return out;
}

// A writer may rename its segment between listing and opening: then it is looked for by its id.
core::Result<os::Fd> open_segment(const Store& store, const Segment& segment) {
    std::string path = segment.path;
    const std::string folder = cat(store.journal(), '/', segment.machine_dir);
    for (int i = 0;; ++i) {
        auto file = os::open_read(path);
        if (file.ok() || file.error().code() != Errc::not_found || i == k_most_lookups) { return file; }
        path.clear();
        for (const bool sealed : {false, true}) {
            RL_ASSIGN(const auto found, found_segments(folder, sealed));
            const auto same = std::find_if(found.begin(), found.end(), [&](const FoundSegment& item) { return item.name.id == segment.id; });
            if (same != found.end()) { path = same->path; }
        }
        // Not seen by one listing is not gone: a rename can pass by a reader of the folder.
        if (path.empty()) { path = segment.path; }
    }
}

void take_note(ReadReport& report, const Segment& segment, std::uint64_t offset, std::string_view what) {
    if (report.notes.size() < k_most_notes) { report.notes.push_back(cat("segment ", segment.id, ": line at byte ", offset, ": ", what)); }
}

}  // namespace

core::Result<JournalListing> list_segments(const Store& store) {
    // A rename or a merge during a listing can hide a segment from it, so folders are listed until two passes agree. What only an earlier pass saw is
    // kept: should it be gone, reading says so.
    RL_ASSIGN(Pass all, list_once(store));
    auto before = keys(all);
    for (int i = 1; i < k_most_passes; ++i) {
        RL_ASSIGN(Pass pass, list_once(store));
        auto now = keys(pass);
        const bool settled = now == before;
        if (settled) {
            all = std::move(pass);
            break;
        }
        for (auto& [key, segment] : pass.segments) { all.segments[key] = segment; }
        all.unreadable = std::move(pass.unreadable);
        before = std::move(now);
    }
    JournalListing listing;
    listing.unreadable = std::move(all.unreadable);
    listing.segments.reserve(all.segments.size());
    for (auto& [key, segment] : all.segments) { listing.segments.push_back(std::move(segment)); }
    return listing;
}

core::Result<std::uint64_t> read_segment(const Store& store, const Segment& segment, std::uint64_t offset, ReadReport& report,
                                         const std::function<void(const RawRecord&)>& each) {
    RL_ASSIGN(const os::Fd file, open_segment(store, segment));
    bool torn = false;
    auto end = scan_lines(file.get(), segment.path, offset, torn, [&](const Line& line) {
        switch (line.kind) {
            case LineKind::mixed:
                ++report.corrupt_lines;
                take_note(report, segment, line.offset, line.reason);
                [[fallthrough]];
            case LineKind::good:
                ++report.records;
                each(RawRecord{line.payload, segment, line.at});
                break;
            case LineKind::overlong:
                if (line.continued) { break; }
                [[fallthrough]];
            case LineKind::corrupt:
                ++report.corrupt_lines;
                take_note(report, segment, line.offset, line.reason);
                break;
            case LineKind::newer:
                ++report.newer_lines;
                take_note(report, segment, line.offset, "of a newer format, left alone");
                break;
            case LineKind::note:
            case LineKind::blank: break;
        }
        return core::ok();
    });
    if (!end.ok()) { return end; }
    if (torn) {
        ++report.torn_tails;
        take_note(report, segment, end.value(), "not whole (yet)");
    }
    return end;
}

}  // namespace runlake::record

// SPDX-License-Identifier: Apache-2.0
#include "ops/run_parts.hpp"

#include <functional>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/stamp.hpp"
#include "record/journal.hpp"
#include "record/model.hpp"

namespace runlake::ops {
namespace {

using core::cat;

constexpr std::int64_t k_slack_ns = 60'000'000'000;   // a file server's clock may be off by so much

bool is_older(const record::Segment& segment, core::Timestamp since) {
    const auto info = os::stat_path(segment.path);
    // One that was renamed meanwhile is being written.
    return info && os::Stamp::of(*info).mtime_ns < since.micros * 1000 - k_slack_ns;
}

// Merges a record into what is known of its run, when it is one that is wanted.
template <class Wanted>
void take(const record::RawRecord& raw, const Wanted& is_wanted, RunPartsById& found) {
    auto parsed = record::parse_payload(raw.payload);
    if (!parsed.ok()) { return; }
    const runs::Place place{.segment = raw.segment.id, .offset = static_cast<std::int64_t>(raw.offset)};
    record::Record record = std::move(parsed).take();
    if (auto* start = std::get_if<record::StartRecord>(&record); start != nullptr && is_wanted(start->header.run)) {
        runs::merge(found[start->header.run], std::move(*start), place);
    } else if (auto* log = std::get_if<record::LogRecord>(&record); log != nullptr && is_wanted(log->header.run)) {
        runs::merge(found[log->header.run], std::move(*log));
    } else if (auto* end = std::get_if<record::EndRecord>(&record); end != nullptr && is_wanted(end->header.run)) {
        runs::merge(found[end->header.run], std::move(*end), place);
    }
}

core::Status read_each(const record::Store& store, std::optional<core::Timestamp> since, const std::function<void(const record::RawRecord&)>& each) {
    RL_ASSIGN(const record::JournalListing listing, record::list_segments(store));
    record::ReadReport report;
    for (const record::Segment& segment : listing.segments) {
        if (since && is_older(segment, *since)) { continue; }
        auto read = record::read_segment(store, segment, 0, report, each);
        if (!read.ok() && read.error().code() != core::Errc::not_found) { return std::move(read).take_error(); }
    }
    return core::ok();
}

// Said of, but never begun: nothing is known of it.
void drop_unbegun(RunPartsById& found) {
    std::erase_if(found, [](const auto& one) { return !one.second.start; });
}

}  // namespace

core::Result<JournalRun> read_run_parts(const record::Store& store, std::string_view id, std::optional<core::Timestamp> since) {
    RL_ASSIGN(const core::RunIdPrefix prefix, core::RunIdPrefix::parse(id));
    RunPartsById found;
    RL_TRY(read_each(store, since, [&](const record::RawRecord& raw) {
        if (raw.payload.find(prefix.str()) == std::string_view::npos) { return; }
        take(raw, [&](const core::RunId& run) { return prefix.matches(run); }, found);
    }));
    drop_unbegun(found);
    if (found.empty()) { return core::Error(core::Errc::not_found, cat("no run ", prefix.str(), " is recorded here")); }
    if (found.size() == 1) { return JournalRun{found.begin()->first, std::move(found.begin()->second)}; }
    constexpr std::size_t k_most_named = 10;
    std::string message = cat("several runs begin with ", prefix.str(), ':');
    std::size_t named = 0;
    for (const auto& [run, parts] : found) {
        if (named++ == k_most_named) { break; }
        message += cat(' ', run.str());
    }
    if (found.size() > k_most_named) { message += cat(" and ", found.size() - k_most_named, " more"); }
    return core::Error(core::Errc::conflict, std::move(message));
}

core::Result<RunPartsById> read_runs_parts(const record::Store& store, const std::set<core::RunId>& wanted) {
    RunPartsById found;
    RL_TRY(read_each(store, std::nullopt, [&](const record::RawRecord& raw) {
        take(raw, [&](const core::RunId& run) { return wanted.contains(run); }, found);
    }));
    drop_unbegun(found);
    return found;
}

}  // namespace runlake::ops

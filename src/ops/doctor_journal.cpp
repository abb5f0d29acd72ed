// SPDX-License-Identifier: Apache-2.0
// What doctor finds in the journal: damage, losses, and times that cannot be.
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <variant>

#include "core/text.hpp"
#include "ops/doctor_parts.hpp"
#include "os/files.hpp"
#include "os/stamp.hpp"
#include "record/journal.hpp"
#include "record/model.hpp"

namespace runlake::ops {
namespace {

using core::cat;

constexpr std::int64_t k_tolerated_micros = 60'000'000;  // clocks of machines that are kept in step differ by less
constexpr std::int64_t k_tolerated_gap = 2'000'000;          // some file systems stamp by whole seconds, or by two
constexpr std::int64_t k_oldest_clock = 1'735'689'600'000'000;  // 2025-01-01: Runlake is younger

// One pass over all records.
struct Pass {
    record::ReadReport report;
    std::vector<std::string> unreadable;
    std::uint64_t bytes = 0;
    std::size_t segments = 0;
    std::set<std::string> machines;
    std::uint64_t malformed = 0;          // the line is whole, but no record
    std::uint64_t lost = 0;
    record::LossRecord newest_loss;
    std::uint64_t future = 0;
    core::Timestamp latest;
    std::int64_t latest_file_micros = 0;  // on the clock of the file system
};

void look_at(Pass& pass, std::string_view payload, core::Timestamp now) {
    const auto record = record::parse_payload(payload);
    if (!record.ok()) {
        ++pass.malformed;
        return;
    }
    core::Timestamp at;
    if (const auto* start = std::get_if<record::StartRecord>(&record.value())) { at = start->header.at; }
    if (const auto* log = std::get_if<record::LogRecord>(&record.value())) { at = log->header.at; }
    if (const auto* end = std::get_if<record::EndRecord>(&record.value())) { at = end->header.at; }
    if (const auto* loss = std::get_if<record::LossRecord>(&record.value())) {
        at = loss->at;
        pass.lost += loss->count;
        if (loss->at >= pass.newest_loss.at) { pass.newest_loss = *loss; }
    }
    pass.latest = std::max(pass.latest, at);
    if (at.micros > now.micros + k_tolerated_micros) { ++pass.future; }
}

Pass read_all(const record::Store& store, const record::JournalListing& listing, core::Timestamp now) {
    Pass pass;
    pass.unreadable = listing.unreadable;
    for (const auto& segment : listing.segments) {
        ++pass.segments;
        pass.bytes += segment.size;
        pass.machines.insert(segment.machine_dir);
        const auto done = record::read_segment(store, segment, 0, pass.report, [&](const record::RawRecord& raw) { look_at(pass, raw.payload, now); });
        // One that has gone was merged into another meanwhile.
        if (!done.ok() && done.error().code() != core::Errc::not_found) { pass.unreadable.push_back(done.error().message()); }
        if (const auto info = os::stat_path(segment.path)) {
            pass.latest_file_micros = std::max(pass.latest_file_micros, std::int64_t{info->st_mtim.tv_sec} * 1'000'000 + info->st_mtim.tv_nsec / 1000);
        }
    }
    return pass;
}

std::string noted(const std::vector<std::string>& notes) { return notes.empty() ? "" : cat(" (", notes.front(), notes.size() > 1 ? ", ..." : "", ")"); }

void report_journal(const Pass& pass, Findings& out) {
    const auto before = out.size();
    for (const auto& what : pass.unreadable) {
        out.push_back({.area = "journal", .level = Level::problem, .text = cat("can't be read: ", what), .next = "give this user read permission; what it holds is missing from answers until then"});
    }
    if (pass.report.corrupt_lines + pass.malformed > 0) {
        out.push_back({.area = "journal", .level = Level::problem,
                       .text = cat(pass.report.corrupt_lines + pass.malformed, " damaged lines, which are skipped", noted(pass.report.notes)),
                       .next = "their neighbours are unharmed; check the disk, and restore the journal from a backup if the lines are needed"});
    }
    if (pass.report.newer_lines > 0) {
        out.push_back({.area = "journal", .level = Level::problem, .text = cat(pass.report.newer_lines, " lines of a newer format, which this version can't show"),
                       .next = "install the newer version of Runlake on this machine; the lines are kept"});
    }
    if (pass.report.torn_tails > 0) {
        out.push_back({.area = "journal", .level = Level::note, .text = cat(pass.report.torn_tails, " segments end in the middle of a record: its writer is writing, or was killed"),
                       .next = "nothing: `runlake runs recover` closes the runs of recorders that are gone"});
    }
    auto facts = core::Json::object();
    facts.set("segments", std::uint64_t{pass.segments}).set("machines", std::uint64_t{pass.machines.size()}).set("bytes", pass.bytes).set("records", pass.report.records);
    facts.set("damaged_lines", pass.report.corrupt_lines + pass.malformed).set("newer_lines", pass.report.newer_lines).set("torn_tails", pass.report.torn_tails);
    auto list = core::Json::array();
    for (const auto& note : pass.report.notes) { list.push(note); }
    facts.set("notes", std::move(list));
    const bool is_well = out.size() == before;
    out.push_back({.area = "journal", .level = Level::ok,
                   .text = cat(core::group_thousands(static_cast<std::int64_t>(pass.report.records)), " records in ", pass.segments, pass.segments == 1 ? " segment" : " segments", " of ",
                               pass.machines.size(), pass.machines.size() == 1 ? " machine, " : " machines, ", bytes_text(pass.bytes), is_well ? "" : " can be read"),
                   .facts = std::move(facts)});
}

void report_losses(const record::Store& store, const Pass& pass, Findings& out) {
    const auto before = out.size();
    if (const auto pending = record::known_losses(store)) {
        auto facts = core::Json::object();
        facts.set("count", pending->count).set("at", core::format_iso(pending->at)).set("reason", pending->reason);
        out.push_back({.area = "losses", .level = Level::problem,
                       .text = cat(pending->count, " records could not be written, last at ", core::format_iso(pending->at), ": ", pending->reason),
                       .next = "remove the reason; the next run that can be recorded writes the count into the journal", .facts = std::move(facts)});
    }
    if (pass.lost > 0) {
        auto facts = core::Json::object();
        facts.set("count", pass.lost).set("at", core::format_iso(pass.newest_loss.at)).set("reason", pass.newest_loss.reason);
        out.push_back({.area = "losses", .level = Level::note,
                       .text = cat(pass.lost, " records were lost earlier, last at ", core::format_iso(pass.newest_loss.at), ": ", pass.newest_loss.reason),
                       .next = "nothing can bring them back; records are being written again", .facts = std::move(facts)});
    }
    if (out.size() == before) { out.push_back({.area = "losses", .level = Level::ok, .text = "no record was lost"}); }
}

// How far the file server's clock is from ours; nothing when no file can be made to tell.
std::optional<std::int64_t> measured_gap(const record::Store& store, const core::Clock& clock) {
    const auto before = clock.now();
    const auto stamped = os::file_clock(store.dir);
    return stamped.ok() ? clock_gap_micros(before, stamped.value(), clock.now()) : std::nullopt;
}

void report_clock(const Pass& pass, core::Timestamp now, std::optional<std::int64_t> gap, Findings& out) {
    const auto before = out.size();
    auto facts = core::Json::object();
    facts.set("now", core::format_iso(now)).set("latest_record", pass.latest.micros == 0 ? core::Json() : core::Json(core::format_iso(pass.latest)));
    if (now.micros < k_oldest_clock) {
        out.push_back({.area = "clock", .level = Level::problem, .text = cat("this machine's clock says ", core::format_iso(now), ", which can't be"), .next = "set the clock; runs recorded now sort before all others", .facts = facts});
    }
    if (pass.future > 0) {
        out.push_back({.area = "clock", .level = Level::problem, .text = cat(pass.future, " records lie in the future of this machine's clock, up to ", core::format_iso(pass.latest)),
                       .next = "compare the clocks of the machines that record into this store (timedatectl); durations are unharmed, the order of runs is not", .facts = facts});
    }
    if (gap) {
        const std::int64_t size = *gap < 0 ? -*gap : *gap;
        const bool is_large = size > k_tolerated_micros;
        facts.set("file_system_ahead_seconds", static_cast<double>(*gap) / 1e6);
        out.push_back({.area = "clock", .level = is_large ? Level::problem : Level::note,
                       .text = cat("the clock that stamps the store's files is ", core::format_fixed(static_cast<double>(size) / 1e6, 1), " s ", *gap < 0 ? "behind" : "ahead of", " this machine's"),
                       .next = "compare this machine's clock with the file server's (timedatectl)", .facts = facts});
    } else if (pass.latest_file_micros > now.micros + k_tolerated_micros) {
        facts.set("file_system_ahead_seconds", (pass.latest_file_micros - now.micros) / 1'000'000);
        out.push_back({.area = "clock", .level = Level::problem,
                       .text = cat("the store's file system is at least ", (pass.latest_file_micros - now.micros) / 1'000'000, " s ahead of this machine's clock"),
                       .next = "compare this machine's clock with the file server's (timedatectl)", .facts = facts});
    }
    if (out.size() == before) { out.push_back({.area = "clock", .level = Level::ok, .text = "no record and no file lies in the future", .facts = std::move(facts)}); }
}

}  // namespace

void examine_journal(const record::Store& store, const core::Clock& clock, Findings& out) {
    const auto listing = record::list_segments(store);
    if (!listing.ok()) {
        out.push_back({.area = "journal", .level = Level::problem, .text = listing.error().message(), .next = "give this user read permission"});
        return;
    }
    const auto pass = read_all(store, listing.value(), clock.now());
    const auto now = clock.now();  // after reading: a record written meanwhile is not in the future
    report_journal(pass, out);
    report_losses(store, pass, out);
    report_clock(pass, now, measured_gap(store, clock), out);
}

std::optional<std::int64_t> clock_gap_micros(core::Timestamp before, core::Timestamp stamped, core::Timestamp after) {
    std::int64_t gap = 0;
    if (stamped < before) { gap = stamped.micros - before.micros; }
    if (stamped > after) { gap = stamped.micros - after.micros; }
    return gap < -k_tolerated_gap || gap > k_tolerated_gap ? std::optional(gap) : std::nullopt;
}

}  // namespace runlake::ops

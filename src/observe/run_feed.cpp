// SPDX-License-Identifier: Apache-2.0
#include "observe/run_feed.hpp"

#include <algorithm>
#include <iterator>

#include "core/json.hpp"
#include "core/json_lists.hpp"
#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::observe {

using core::Errc;
using core::Error;
using core::Json;
using core::Status;

namespace {

constexpr int k_cursor_version = 1;
// Ends whose start never came (a pruned or lost one) are not kept for ever: beyond this many the oldest go.
constexpr std::size_t k_most_orphans = 10'000;
// Framing around a payload in its line: "1 " + 8 hex digits + " " and the newline.
constexpr std::uint64_t k_frame_bytes = 12;

// What `newer` says stands over what is there.
void merge(record::Facts& into, const record::Facts& newer) {
    const auto take = [](auto& target, const auto& source) {
        if (source) { target = source; }
    };
    take(into.input_fingerprint, newer.input_fingerprint);
    take(into.code_ref, newer.code_ref);
    take(into.config_hash, newer.config_hash);
    take(into.environment, newer.environment);
    take(into.rows_in, newer.rows_in);
    take(into.rows_out, newer.rows_out);
    take(into.llm_calls, newer.llm_calls);
    take(into.tokens, newer.tokens);
    take(into.degraded_reason, newer.degraded_reason);
    into.degraded = into.degraded || newer.degraded;
}

// Whether a merged segment holds nothing but what was read in the segments it was made of (its first record names them).
bool is_known_merge(std::string_view payload, const std::map<std::string, std::uint64_t>& offsets) {
    const auto parsed = core::parse_json(payload, "journal");
    if (!parsed.ok()) { return false; }
    const core::JsonArray* from = core::find_list(parsed.value(), "from");
    return from != nullptr && std::ranges::all_of(*from, [&offsets](const Json& source) {
        const auto known = offsets.find(source.string_at("id").value_or(""));
        return known != offsets.end() && known->second >= static_cast<std::uint64_t>(source.integer_at("bytes").value_or(0));
    });
}

core::Result<Json> payload_tree(const std::string& payload) { return core::parse_json(payload, "observe cursor"); }

}  // namespace

core::Result<FeedCursor> FeedCursor::load(const std::string& path) {
    FeedCursor cursor;
    auto bytes = os::read_file(path);
    if (!bytes.ok()) {
        if (bytes.error().code() == Errc::not_found) { return cursor; }
        return std::move(bytes).take_error().context("reading the export cursor");
    }
    const auto damaged = [&path](std::string_view why) {
        FeedCursor fresh;
        fresh.note_ = core::cat("the export cursor ", path, " can't be read (", why, "): every run is told once more");
        return fresh;
    };
    auto parsed = core::parse_json(bytes.value(), path);
    if (!parsed.ok()) { return damaged(parsed.error().message()); }
    const Json& root = parsed.value();
    const auto version = root.integer_at("version");
    if (version && *version > k_cursor_version) {
        return Error(Errc::unsupported, core::cat("the export cursor ", path, " has format ", *version, ", written by a newer runlake"));
    }
    const Json* offsets = root.find("offsets");
    const Json* open = root.find("open");
    if (offsets == nullptr || offsets->as_object() == nullptr || open == nullptr || open->as_array() == nullptr) { return damaged("members are missing"); }
    for (const auto& [segment, offset] : *offsets->as_object()) {
        if (offset.as_integer() == nullptr || *offset.as_integer() < 0) { return damaged("an offset is no number"); }
        cursor.offsets_[segment] = static_cast<std::uint64_t>(*offset.as_integer());
    }
    for (const Json& entry : *open->as_array()) {
        const auto id = core::RunId::parse(entry.string_at("run").value_or(""));
        if (!id.ok()) { return damaged("a run has no id"); }
        OpenRun run;
        run.told = entry.bool_at("told").value_or(false);
        for (const char* part : {"start", "log", "end"}) {
            const Json* payload = entry.find(part);
            if (payload == nullptr) { continue; }
            auto record = record::parse_payload(core::to_json(*payload));
            if (!record.ok()) { return damaged(record.error().message()); }
            auto value = std::move(record).take();
            if (auto* start = std::get_if<record::StartRecord>(&value)) { run.start = std::move(*start); }
            if (auto* end = std::get_if<record::EndRecord>(&value)) { run.end = std::move(*end); }
            if (auto* log = std::get_if<record::LogRecord>(&value)) {
                run.facts = log->facts;
                run.facts_at = log->header.at;
                for (const auto& [name, number] : log->metrics) { run.metrics[name] = {log->header.at, number}; }
            }
        }
        cursor.open_.emplace(id.value(), std::move(run));
    }
    return cursor;
}

Status FeedCursor::save(const std::string& path) const {
    Json offsets = Json::object();
    for (const auto& [segment, offset] : offsets_) { offsets.set(segment, static_cast<std::int64_t>(offset)); }
    Json open = Json::array();
    for (const auto& [id, run] : open_) {
        Json entry = Json::object();
        entry.set("run", id.str()).set("told", run.told);
        if (run.start) {
            RL_ASSIGN(Json start, payload_tree(record::to_payload(*run.start)));
            entry.set("start", std::move(start));
        }
        if (run.end) {
            RL_ASSIGN(Json end, payload_tree(record::to_payload(*run.end)));
            entry.set("end", std::move(end));
        }
        if (!run.facts.empty() || !run.metrics.empty()) {
            record::LogRecord log{.header = {.run = id, .at = run.facts_at}, .facts = run.facts};
            for (const auto& [name, value] : run.metrics) { log.metrics.emplace_back(name, value.second); }
            RL_ASSIGN(Json tree, payload_tree(record::to_payload(log)));
            entry.set("log", std::move(tree));
        }
        open.push(std::move(entry));
    }
    Json root = Json::object();
    root.set("version", k_cursor_version).set("offsets", std::move(offsets)).set("open", std::move(open));
    RL_TRY(os::make_dirs(os::parent_path(path), 0777, os::point::observe_cursor_write));
    return os::publish_file(path, core::to_json(root) + "\n", 0666, os::Existing::replace, os::Durability::process, os::point::observe_cursor_write);
}

core::Result<FeedCursor> FeedCursor::at_end(const record::Store& store) {
    RunFeed feed(store, FeedCursor{});
    RL_TRY(feed.read(4096, [](const std::vector<EndedRun>&, const FeedCursor&) { return core::ok(); }));
    return feed.cursor();
}

bool RunFeed::has_news() const {
    const auto listing = record::list_segments(store_);
    if (!listing.ok()) { return false; }
    return std::any_of(listing.value().segments.begin(), listing.value().segments.end(), [this](const record::Segment& segment) {
        const auto known = cursor_.offsets_.find(segment.id);
        return segment.size > (known == cursor_.offsets_.end() ? 0 : known->second);
    });
}

void RunFeed::take(record::Record&& parsed, std::vector<EndedRun>& ready) {
    FeedCursor::OpenRun* run = nullptr;
    core::RunId const* id = nullptr;
    if (auto* start = std::get_if<record::StartRecord>(&parsed)) {
        run = &cursor_.open_[start->header.run];
        if (!run->start) { run->start = std::move(*start); }
        id = &run->start->header.run;
    } else if (auto* log = std::get_if<record::LogRecord>(&parsed)) {
        const auto found = cursor_.open_.find(log->header.run);
        if (found == cursor_.open_.end()) { return; }  // said after the end, or of a run that is not known: nothing to tell
        run = &found->second;
        id = &found->first;
        if (log->header.at >= run->facts_at) {
            merge(run->facts, log->facts);
            run->facts_at = log->header.at;
        } else {
            record::Facts older = log->facts;
            merge(older, run->facts);
            run->facts = std::move(older);
        }
        for (const auto& [name, value] : log->metrics) {
            auto& slot = run->metrics[name];
            if (log->header.at >= slot.first) { slot = {log->header.at, value}; }
        }
    } else if (auto* end = std::get_if<record::EndRecord>(&parsed)) {
        const core::RunId key = end->header.run;
        run = &cursor_.open_[key];
        if (end->start && !run->start) { run->start = *end->start; }
        if (!run->end || run->end->presumed) {
            run->told = run->told && end->presumed;  // the recorder's own end is told after a presumption
            run->end = std::move(*end);
        }
        id = &run->end->header.run;
    }
    if (run == nullptr || !run->start || !run->end || run->told) { return; }

    EndedRun ended{.start = *run->start, .end = *run->end, .facts = run->start->facts, .metrics = {}};
    merge(ended.facts, run->facts);
    merge(ended.facts, run->end->facts);
    std::map<std::string, double> metrics;
    for (const auto& [name, value] : run->metrics) { metrics[name] = value.second; }
    for (const auto& [name, value] : run->end->metrics) { metrics[name] = value; }
    ended.metrics.assign(metrics.begin(), metrics.end());
    ready.push_back(std::move(ended));
    if (run->end->presumed) {
        run->told = true;
    } else {
        cursor_.open_.erase(core::RunId(*id));
    }
}

Status RunFeed::read(std::size_t batch, const std::function<Status(const std::vector<EndedRun>&, const FeedCursor&)>& deliver) {
    RL_ASSIGN(const record::JournalListing listing, record::list_segments(store_));
    std::optional<Error> refused;
    FeedCursor delivered = cursor_;
    std::vector<EndedRun> ready;
    const auto flush = [&]() {
        if (refused) { return; }
        auto status = deliver(ready, cursor_);
        if (!status.ok()) {
            refused = std::move(status).take_error();
            return;
        }
        ready.clear();
        delivered = cursor_;
    };
    for (const record::Segment& segment : listing.segments) {
        if (refused) { break; }
        std::uint64_t& offset = cursor_.offsets_[segment.id];
        if (segment.size <= offset) { continue; }
        bool known_merge = false;
        auto end = record::read_segment(store_, segment, offset, report_, [&](const record::RawRecord& raw) {
            if (refused || known_merge) { return; }
            auto parsed = record::parse_payload(raw.payload);
            if (parsed.ok()) {
                auto value = std::move(parsed).take();
                known_merge = raw.offset == 0 && std::holds_alternative<record::UnknownRecord>(value) && is_known_merge(raw.payload, cursor_.offsets_);
                take(std::move(value), ready);
            }
            cursor_.offsets_[segment.id] = raw.offset + raw.payload.size() + k_frame_bytes;
            if (ready.size() >= batch) { flush(); }
        });
        if (refused) { break; }
        // A segment that was compacted away is told by the one that took its place.
        if (end.ok()) {
            cursor_.offsets_[segment.id] = end.value();
        } else if (end.error().code() != Errc::not_found) {
            refused = std::move(end).take_error();
        }
    }
    if (!refused) {
        std::map<std::string, std::uint64_t> present;
        for (const record::Segment& segment : listing.segments) { present[segment.id] = cursor_.offsets_[segment.id]; }
        cursor_.offsets_ = std::move(present);
        std::size_t orphans = 0;
        for (auto run = cursor_.open_.rbegin(); run != cursor_.open_.rend(); ++run) { orphans += run->second.start ? 0U : 1U; }
        for (auto run = cursor_.open_.begin(); orphans > k_most_orphans && run != cursor_.open_.end();) {
            const bool orphan = !run->second.start.has_value();
            run = orphan ? cursor_.open_.erase(run) : std::next(run);
            orphans -= orphan ? 1U : 0U;
        }
        flush();
    }
    if (refused) {
        cursor_ = std::move(delivered);
        return *std::move(refused);
    }
    return core::ok();
}

}  // namespace runlake::observe

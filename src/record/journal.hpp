// SPDX-License-Identifier: Apache-2.0
// The journal: append-only segments of checked lines. Format, states of a segment and rules: docs/formats/journal.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "os/files.hpp"
#include "record/store.hpp"

namespace runlake::record {

// The line of a payload: "1 <crc32 of the payload, 8 hex> <payload>\n".
std::string frame_line(std::string_view payload);

// Appends to a segment that this process alone holds. Thread-safe: several threads may append at once. After a fork the child takes a segment of its own
// at its first append. Opening takes a free segment of this machine (by rename) or creates one (exclusively); closing gives it back.
class JournalWriter {
  public:
    static core::Result<std::unique_ptr<JournalWriter>> open(const Store& store, os::Durability durability);
    // As open(), but takes a segment only at the first append: never fails, and tries again at each append after one that failed.
    static std::unique_ptr<JournalWriter> open_later(const Store& store, os::Durability durability);
    virtual ~JournalWriter() = default;
    // Whole and, for Durability::power, synced when it returns ok. After an error, the next append starts on a fresh line, in a fresh segment when this one
    // can't be written.
    virtual core::Status append(std::string_view payload) = 0;
};

// One segment file as a reader sees it. Only ever grows until compaction replaces it by a segment of another id.
struct Segment {
    std::string id;            // 16 hex digits
    std::string machine_dir;   // "<machine-id>-<label>"
    std::string path;          // as found; a writer may rename it (state suffix) at any time: open_segment() follows
    std::uint64_t size = 0;
    bool sealed = false;
};

struct JournalListing {
    std::vector<Segment> segments;              // by machine folder, then id
    std::vector<std::string> unreadable;        // folders or files that could not be looked at, with the reason
};
core::Result<JournalListing> list_segments(const Store& store);   // no journal yet: empty

// What reading met besides good records.
struct ReadReport {
    std::uint64_t records = 0;
    std::uint64_t corrupt_lines = 0;      // checksum or form wrong: skipped
    std::uint64_t torn_tails = 0;         // last line without newline in a segment: not yet, or never, complete; not consumed
    std::uint64_t newer_lines = 0;        // of a later format version: skipped, kept by compaction
    std::vector<std::string> notes;       // "segment <id>: line at byte <offset>: checksum differs", at most 20
};

struct RawRecord {
    std::string_view payload;             // valid during the call only
    const Segment& segment;
    std::uint64_t offset;                 // of the line's first byte
};

// Calls `each` for every good line of a segment from `offset` (a line's start), and returns the offset after the last whole line. Streams: memory is bounded by the
// longest line (lines over 16 MiB are corrupt). A segment that has gone (compacted): Errc::not_found.
core::Result<std::uint64_t> read_segment(const Store& store, const Segment& segment, std::uint64_t offset, ReadReport& report,
                                         const std::function<void(const RawRecord&)>& each);

// Frees segments whose writers are certainly dead, seals those of other boots, and merges small sealed segments of this machine into one when there are more
// than `small_limit` of them. Never waits: Errc::busy when another process compacts.
struct CompactReport {
    std::size_t freed = 0;
    std::size_t sealed = 0;
    std::size_t merged = 0;
};
core::Result<CompactReport> compact(const Store& store, std::size_t small_limit = 64);

// Rewrites this machine's segments without the lines for which `drop` answers true (for prune); held segments of living writers are left for later and counted.
struct RewriteReport {
    std::uint64_t dropped = 0;
    std::size_t skipped_segments = 0;
};
core::Result<RewriteReport> rewrite_segments(const Store& store, const std::function<bool(std::string_view payload)>& drop);

// Records lost on this store because the journal could not be written, as kept beside it or in the user's state folder; doctor and queries show it.
struct Loss {
    std::uint64_t count = 0;
    std::string reason;                  // the newest
    core::Timestamp at;
};
std::optional<Loss> known_losses(const Store& store);

}  // namespace runlake::record

// SPDX-License-Identifier: Apache-2.0
// Ended runs in the order the journal tells them, from where the last call stopped: what every exporter reads.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "record/journal.hpp"
#include "record/model.hpp"
#include "record/store.hpp"

namespace runlake::observe {

// A run that ended, with what was said of it meanwhile. A run that was presumed to have ended and whose recorder then ends it is told twice: the second has
// the truth, under the same ids.
struct EndedRun {
    record::StartRecord start;
    record::EndRecord end;
    record::Facts facts;                                    // of start, logs and end together
    std::vector<std::pair<std::string, double>> metrics;    // final values, by name
};

// Where an exporter stands: how far each segment is read, and the runs that began and have not ended. A file beside the store's caches keeps it
// (docs/formats/observe-cursor.md); losing it tells every run once more.
class FeedCursor {
  public:
    static core::Result<FeedCursor> load(const std::string& path);   // a missing file is the beginning; a damaged one too, with a note
    // Published whole: after a crash the cursor is the old one or the new one.
    core::Status save(const std::string& path) const;

    // Everything that is in the journal now counts as told.
    static core::Result<FeedCursor> at_end(const record::Store& store);

    const std::optional<std::string>& note() const { return note_; }
    std::size_t open_runs() const { return open_.size(); }

  private:
    friend class RunFeed;
    struct OpenRun {
        std::optional<record::StartRecord> start;
        std::optional<record::EndRecord> end;               // read before its start, or presumed
        bool told = false;                                  // a presumed end went out
        record::Facts facts;
        core::Timestamp facts_at;
        std::map<std::string, std::pair<core::Timestamp, double>> metrics;
    };
    std::map<std::string, std::uint64_t> offsets_;          // by segment id
    std::map<core::RunId, OpenRun> open_;
    std::optional<std::string> note_;
};

// Reads on from a cursor. One object, one thread.
class RunFeed {
  public:
    RunFeed(record::Store store, FeedCursor cursor) : store_(std::move(store)), cursor_(std::move(cursor)) {}

    // Hands ended runs over in batches of at most `batch`, each with the cursor as it is after them; stops at the first batch that `deliver` refuses, and
    // the cursor then stays before it. Memory is bounded by the batch and the runs that are still open.
    core::Status read(std::size_t batch, const std::function<core::Status(const std::vector<EndedRun>&, const FeedCursor&)>& deliver);

    // True when the journal has grown since the last read: a listing, no content is read.
    bool has_news() const;

    const record::ReadReport& report() const { return report_; }
    const FeedCursor& cursor() const { return cursor_; }

  private:
    void take(record::Record&& parsed, std::vector<EndedRun>& ready);

    record::Store store_;
    FeedCursor cursor_;
    record::ReadReport report_;
};

}  // namespace runlake::observe

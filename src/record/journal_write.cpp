// SPDX-License-Identifier: Apache-2.0
// The journal's writer: claims a segment by rename, appends whole lines to it, gives it back.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "record/journal.hpp"
#include "record/journal_names.hpp"
#include "record/per_process.hpp"

namespace runlake::record {
namespace {

using core::cat;
using core::Errc;
using core::Error;

constexpr std::size_t k_most_judged = 64;  // held segments whose holders are looked up at one opening

// A write past the limit of file sizes (ulimit -f) would kill the user's program by SIGXFSZ, so none is made.
std::uint64_t file_size_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) { return UINT64_MAX; }
    return limit.rlim_cur;
}

// A segment in our hands.
struct Held {
    std::string id;
    std::string path;
    os::Fd file;
    std::uint64_t size = 0;
    std::uint64_t limit = k_segment_limit;  // where the next one begins
    bool needs_newline = false;  // a former holder died in the middle of a line
};

// What one process has.
struct State {
    std::mutex mutex;
    std::optional<Held> held;
};

class SegmentWriter final : public JournalWriter {
  public:
    SegmentWriter(Store store, os::Durability durability) : store_(std::move(store)), folder_(own_folder(store_)), durability_(durability) {}
    SegmentWriter(const SegmentWriter&) = delete;
    SegmentWriter& operator=(const SegmentWriter&) = delete;

    ~SegmentWriter() override {
        State* state = state_.mine();
        if (state != nullptr && state->held) { give_back(*state->held); }
    }

    core::Status claim() {
        State& state = state_.get();
        const std::lock_guard lock(state.mutex);
        return acquire(state, "", 0);
    }

    core::Status append(std::string_view payload) override {
        if (payload.size() > k_line_limit - 64) {
            return Error(Errc::usage, cat("appending to the journal: a record of ", payload.size(), " bytes is over the limit of 16 MiB"));
        }
        if (payload.empty() || payload.find('\n') != std::string_view::npos) {
            return Error(Errc::internal, "appending to the journal: a payload is one line of text");
        }
        const std::string line = frame_line(payload);
        State& state = state_.get();
        const std::lock_guard lock(state.mutex);
        std::string avoid;
        for (int tries = 0;; ++tries) {
            auto done = try_append(state, line, avoid);
            if (done.ok() || tries == 1) { return done; }
        }
    }

  private:
    // One try; after a failure the segment is given back, and `avoid` names it so that the next try takes another.
    core::Status try_append(State& state, const std::string& line, std::string& avoid) {
        if (state.held && state.held->size + line.size() + 1 > state.held->limit) { drop(state); }
        if (!state.held) { RL_TRY(acquire(state, avoid, line.size())); }
        Held& held = *state.held;
        auto written = write_line(held, line);
        if (!written.ok()) {
            avoid = held.id;
            drop(state);
            return written;
        }
        return core::ok();
    }

    core::Status write_line(Held& held, const std::string& line) {
        if (held.needs_newline) {
            // In one write with the line, lest another process' death part them.
            RL_TRY(os::write_all(held.file.get(), "\n" + line, os::point::journal_append, held.path));
            held.needs_newline = false;
            ++held.size;
        } else {
            RL_TRY(os::write_all(held.file.get(), line, os::point::journal_append, held.path));
        }
        held.size += line.size();
        struct stat info{};
        if (::fstat(held.file.get(), &info) != 0 || info.st_nlink == 0) {
            return Error(Errc::io, cat("appending to ", held.path, ": the segment was removed meanwhile"));
        }
        if (durability_ == os::Durability::power) { RL_TRY(os::sync_file(held.file.get(), os::point::journal_sync, held.path)); }
        return core::ok();
    }

    void drop(State& state) {
        give_back(*state.held);
        state.held.reset();
    }

    // Failing is harmless: the segment stays ours by name until this process is gone.
    void give_back(Held& held) const {
        held.file = os::Fd();
        if (held.size >= k_segment_limit * 15 / 16) {
            static_cast<void>(seal(folder_, held.path, held.id).ok());
        } else {
            static_cast<void>(os::rename_replace(held.path, cat(folder_, '/', free_name(held.id)), os::point::journal_segment_release).ok());
        }
    }

    core::Status acquire(State& state, std::string_view avoid, std::size_t room) {
        auto found = find_or_create(state, avoid, room);
        // A missing or misplaced folder is, to whoever wants to record, a journal that can't be written.
        if (!found.ok()) { return Error(Errc::io, cat("opening the journal: ", found.error().message())); }
        auto synced = sync_folders();
        if (!synced.ok()) { drop(state); }
        return synced;
    }

    core::Status find_or_create(State& state, std::string_view avoid, std::size_t room) const {
        if (room + 1 > file_size_limit()) { return Error(Errc::io, cat("a line in ", folder_, " would be over the limit of file sizes")); }
        auto found = found_segments(folder_, false);
        if (!found.ok()) { return std::move(found).take_error(); }
        // First the free ones, then those whose holders died.
        for (const auto& item : found.value()) {
            if (item.name.state == SegmentState::free && item.name.id != avoid && take_over(state, item, room)) { return core::ok(); }
        }
        std::size_t judged = 0;
        for (const auto& item : found.value()) {
            if (item.name.state != SegmentState::held || item.name.id == avoid) { continue; }
            if (++judged > k_most_judged) { break; }
            if (judge(item.name) == Holder::gone && take_over(state, item, room)) { return core::ok(); }
        }
        return create(state);
    }

    // Claims a segment by renaming it to our name. Of several who try, one succeeds; on a network file system the answer may get lost, and then the segment is
    // ours by name and unused until this process has gone.
    bool take_over(State& state, const FoundSegment& item, std::size_t room) const {
        Held held;
        held.id = item.name.id;
        held.path = cat(folder_, '/', held_name(held.id));
        if (!os::rename_replace(item.path, held.path, os::point::journal_segment_claim).ok()) { return false; }
        auto file = os::open_append(held.path, os::point::journal_segment_claim);
        struct stat info{};
        if (!file.ok() || ::fstat(file.value().get(), &info) != 0 || !S_ISREG(info.st_mode)) {
            // Another user's, for one: given back as it was.
            static_cast<void>(os::rename_replace(held.path, cat(folder_, '/', free_name(held.id)), os::point::journal_segment_release).ok());
            return false;
        }
        held.file = std::move(file).take();
        held.size = static_cast<std::uint64_t>(info.st_size);
        held.limit = std::min(file_size_limit(), k_segment_limit);
        held.needs_newline = held.size > 0 && !ends_with_newline(held);
        if (held.size + room + 1 > held.limit) {
            if (held.size < k_segment_limit * 15 / 16) { held.size = k_segment_limit; }  // too long for this process' limit: sealed all the same
            give_back(held);
            return false;
        }
        state.held = std::move(held);
        return true;
    }

    static bool ends_with_newline(const Held& held) {
        auto reader = os::open_read(held.path);
        if (!reader.ok()) { return false; }
        char last = '\0';
        return ::pread(reader.value().get(), &last, 1, static_cast<off_t>(held.size - 1)) == 1 && last == '\n';
    }

    core::Status create(State& state) const {
        Held held;
        held.id = os::random_hex(16);
        held.path = cat(folder_, '/', held_name(held.id));
        auto file = os::create_exclusive(held.path, 0666, os::point::journal_segment_create);
        if (!file.ok() && file.error().code() == Errc::not_found) {
            RL_TRY(make_own_folder(store_));
            file = os::create_exclusive(held.path, 0666, os::point::journal_segment_create);
        }
        if (!file.ok()) { return std::move(file).take_error(); }
        held.file = std::move(file).take();
        held.limit = std::min(file_size_limit(), k_segment_limit);
        state.held = std::move(held);
        return core::ok();
    }

    // Whoever made the folders may not have synced them, so a writer that promises to survive a loss of power does so once for each segment.
    core::Status sync_folders() const {
        if (durability_ != os::Durability::power) { return core::ok(); }
        for (const auto& folder : {folder_, store_.journal(), store_.dir}) { RL_TRY(os::sync_dir(folder, os::point::journal_sync)); }
        static_cast<void>(os::sync_dir(os::parent_path(store_.dir), os::point::journal_sync).ok());  // it may be one that this user can't read
        return core::ok();
    }

    const Store store_;
    const std::string folder_;
    const os::Durability durability_;
    PerProcess<State> state_;
};

}  // namespace

core::Result<std::unique_ptr<JournalWriter>> JournalWriter::open(const Store& store, os::Durability durability) {
    auto writer = std::make_unique<SegmentWriter>(store, durability);
    RL_TRY(writer->claim());
    return std::unique_ptr<JournalWriter>(std::move(writer));
}

std::unique_ptr<JournalWriter> JournalWriter::open_later(const Store& store, os::Durability durability) {
    return std::make_unique<SegmentWriter>(store, durability);
}

}  // namespace runlake::record

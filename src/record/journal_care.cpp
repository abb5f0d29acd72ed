// SPDX-License-Identifier: Apache-2.0
// Care of this machine's segments: freeing, sealing, merging, and rewriting without dropped lines. Crash safe: a merged segment names what it came from.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include "core/json.hpp"
#include "core/json_lists.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "os/lease.hpp"
#include "os/system.hpp"
#include "record/journal.hpp"
#include "record/journal_lines.hpp"
#include "record/journal_names.hpp"

namespace runlake::record {
namespace {

using core::cat;
using core::Errc;
using core::Error;

constexpr std::uint64_t k_small_bytes = k_segment_limit / 2;
constexpr std::int64_t k_idle_seconds = 24 * 60 * 60;
constexpr std::size_t k_spare_free = 8;     // free segments that stay when there are too many
constexpr std::size_t k_block = 1U << 20U;

// A sealed segment and its length when it was looked at.
struct Source {
    std::string id;
    std::string path;
    std::uint64_t bytes = 0;
};

std::uint64_t size_of(const std::string& path) {
    const auto info = os::stat_link(path);
    return info ? static_cast<std::uint64_t>(info->st_size) : 0;
}

// This machine's folder, held for care by one process at a time.
class Caretaker {
  public:
    static core::Result<Caretaker> take(const Store& store, std::string_view purpose) {
        Caretaker caretaker(store);
        os::LeaseOptions options;
        options.purpose = purpose;
        RL_ASSIGN(caretaker.lease_, os::Lease::take(caretaker.folder_ + "/compact.lease", options));
        return caretaker;
    }

    // Frees what the dead held, seals what is of other boots or long idle.
    core::Status sweep(CompactReport& report, std::size_t& living) const {
        RL_ASSIGN(const auto found, found_segments(folder_, false));
        for (const auto& item : found) {
            if (item.name.state != SegmentState::held) { continue; }
            const Holder holder = judge(item.name);
            if (holder == Holder::gone) {
                const auto freed = os::rename_replace(item.path, cat(folder_, '/', free_name(item.name.id)), os::point::journal_segment_release);
                if (freed.ok()) { ++report.freed; }
            } else if (holder == Holder::elsewhere || (holder == Holder::unknowable && is_idle(item.path))) {
                if (seal(folder_, item.path, item.name.id).ok()) { ++report.sealed; }
            } else {
                ++living;
            }
        }
        return core::ok();
    }

    // What killed processes left of taking the lease. A young one may be in use at this moment.
    core::Status remove_old_temporaries() const {
        RL_ASSIGN(const auto entries, os::list_dir(folder_));
        for (const auto& entry : entries) {
            const std::string path = cat(folder_, '/', entry.name);
            if (entry.name.starts_with(".compact.lease.") && is_idle(path)) { RL_TRY(os::remove_file(path, os::point::journal_compact_remove)); }
        }
        return core::ok();
    }

    // Seals all free segments but `keep`.
    core::Status seal_free(std::size_t keep, CompactReport& report) const {
        RL_ASSIGN(auto found, found_segments(folder_, false));
        std::erase_if(found, [](const FoundSegment& item) { return item.name.state != SegmentState::free; });
        for (std::size_t i = keep; i < found.size(); ++i) {
            auto sealed = seal(folder_, found[i].path, found[i].name.id);
            if (sealed.ok()) {
                ++report.sealed;
            } else if (sealed.error().code() != Errc::not_found) {  // not_found: a writer took it first
                return sealed;
            }
        }
        return core::ok();
    }
    core::Result<std::size_t> count_free() const {
        RL_ASSIGN(const auto found, found_segments(folder_, false));
        return static_cast<std::size_t>(
            std::count_if(found.begin(), found.end(), [](const FoundSegment& item) { return item.name.state == SegmentState::free; }));
    }

    core::Result<std::vector<Source>> sealed_sources() const {
        RL_ASSIGN(auto found, found_segments(folder_, true));
        std::vector<Source> sources;
        for (auto& item : found) { sources.push_back(Source{item.name.id, item.path, size_of(item.path)}); }
        return sources;
    }

    // Finishes what a dead caretaker began: removes its unfinished outputs, and the sources of those that it published.
    core::Status finish_former() const {
        auto entries = os::list_dir(folder_ + "/sealed");
        if (!entries.ok()) {
            if (entries.error().code() == Errc::not_found) { return core::ok(); }
            return std::move(entries).take_error();
        }
        for (const auto& entry : entries.value()) {
            if (entry.name.ends_with(".part")) { RL_TRY(os::remove_file(cat(folder_, "/sealed/", entry.name), os::point::journal_compact_remove)); }
        }
        RL_ASSIGN(const auto sources, sealed_sources());
        std::map<std::string, std::uint64_t> merged;
        for (const auto& source : sources) { add_origins(source, merged); }
        for (const auto& source : sources) {
            const auto named = merged.find(source.id);
            // One that grew after it was copied stays: equal records count once.
            if (named != merged.end() && named->second == source.bytes) { RL_TRY(os::remove_file(source.path, os::point::journal_compact_remove)); }
        }
        return core::ok();
    }

    // Publishes one sealed segment in the place of `sources`. `keep` says of each line whether it stays.
    core::Status replace(const std::vector<Source>& sources, const std::function<bool(const Line&)>* keep) const {
        const std::string id = os::random_hex(16);
        const std::string part = cat(folder_, "/sealed/", id, ".part");
        auto written = write_part(part, sources, keep);
        if (!written.ok()) {
            static_cast<void>(os::remove_file(part, os::point::journal_compact_remove).ok());
            return std::move(written).take_error();
        }
        if (!lease_->is_still_ours()) { return Error(Errc::busy, cat("compacting ", folder_, ": another process took over")); }
        if (written.value()) {
            RL_TRY(os::rename_exclusive(part, cat(folder_, "/sealed/", sealed_name(id)), os::point::journal_compact_publish));
            RL_TRY(os::sync_dir(folder_ + "/sealed", os::point::journal_compact_sync));
        } else {
            RL_TRY(os::remove_file(part, os::point::journal_compact_remove));
        }
        for (const auto& source : sources) {
            if (size_of(source.path) == source.bytes) { RL_TRY(os::remove_file(source.path, os::point::journal_compact_remove)); }
        }
        return core::ok();
    }

  private:
    explicit Caretaker(const Store& store) : folder_(own_folder(store)) {}

    // By the file server's clock: the lease has just been written there.
    bool is_idle(const std::string& path) const {
        const auto now = os::stat_path(folder_ + "/compact.lease");
        const auto then = os::stat_path(path);
        return now && then && now->st_mtim.tv_sec - then->st_mtim.tv_sec > k_idle_seconds;
    }

    static void add_origins(const Source& source, std::map<std::string, std::uint64_t>& merged) {
        auto file = os::open_read(source.path);
        if (!file.ok()) { return; }
        std::string head(64U << 10U, '\0');
        const ssize_t got = ::pread(file.value().get(), head.data(), head.size(), 0);
        if (got <= 0) { return; }
        head.resize(static_cast<std::size_t>(got));
        const Line line = judge_line(std::string_view(head).substr(0, head.find('\n')));
        if (line.kind != LineKind::note) { return; }
        const auto note = core::parse_json(line.payload, source.path);
        if (!note.ok()) { return; }
        for (const auto& item : core::list_at(note.value(), "from")) {
            const auto id = item.string_at("id");
            const auto bytes = item.integer_at("bytes");
            if (id && bytes) { merged[*id] = static_cast<std::uint64_t>(*bytes); }
        }
    }

    static std::string origins_line(const std::vector<Source>& sources) {
        core::Json from = core::Json::array();
        for (const auto& source : sources) { from.push(core::Json::object().set("id", source.id).set("bytes", source.bytes)); }
        return frame_line(core::to_json(core::Json::object().set("kind", "merged").set("from", std::move(from))));
    }

    // Whether anything but the note of origins was written.
    static core::Result<bool> write_part(const std::string& part, const std::vector<Source>& sources, const std::function<bool(const Line&)>* keep) {
        RL_ASSIGN(const os::Fd out, os::create_exclusive(part, 0666, os::point::journal_compact_write));
        std::string block = origins_line(sources);
        bool any = false;
        const auto flush = [&]() -> core::Status {
            RL_TRY(os::write_all(out.get(), block, os::point::journal_compact_write, part));
            block.clear();
            return core::ok();
        };
        const auto add = [&](std::string_view bytes) -> core::Status {
            any = any || !bytes.empty();
            block += bytes;
            if (block.size() >= k_block) { return flush(); }
            return core::ok();
        };
        for (const auto& source : sources) {
            RL_ASSIGN(const os::Fd in, os::open_read(source.path));
            if (keep == nullptr) {
                RL_TRY(copy_bytes(in.get(), source, add));
            } else {
                RL_TRY(copy_lines(in.get(), source, *keep, add));
            }
        }
        RL_TRY(flush());
        RL_TRY(os::sync_file(out.get(), os::point::journal_compact_sync, part));
        return any;
    }

    // As it is, up to the length that was looked at, and with a newline after a torn end.
    template <class Add>
    static core::Status copy_bytes(int in, const Source& source, const Add& add) {
        std::string block(k_block, '\0');
        std::uint64_t position = 0;
        char last = '\n';
        while (position < source.bytes) {
            const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), source.bytes - position));
            const ssize_t got = ::pread(in, block.data(), wanted, static_cast<off_t>(position));
            if (got < 0 && errno == EINTR) { continue; }
            if (got <= 0) { return os::system_error(got < 0 ? errno : EIO, "reading segment", source.path); }
            const auto bytes = std::string_view(block).substr(0, static_cast<std::size_t>(got));
            RL_TRY(add(bytes));
            last = bytes.back();
            position += bytes.size();
        }
        return last == '\n' ? core::ok() : add("\n");
    }

    // Blank lines and notes go; a torn end does too: it was never acknowledged.
    template <class Add>
    static core::Status copy_lines(int in, const Source& source, const std::function<bool(const Line&)>& keep, const Add& add) {
        bool torn = false;
        auto end = scan_lines(in, source.path, 0, torn, [&](const Line& line) -> core::Status {
            if (line.kind == LineKind::blank || line.kind == LineKind::note || !keep(line)) { return core::ok(); }
            return add(line.raw);
        });
        if (!end.ok()) { return std::move(end).take_error(); }
        return core::ok();
    }

    std::string folder_;
    std::unique_ptr<os::Lease> lease_;
};

bool has_record(const Line& line) { return line.kind == LineKind::good || line.kind == LineKind::mixed; }

}  // namespace

core::Result<CompactReport> compact(const Store& store, std::size_t small_limit) {
    CompactReport report;
    if (!os::is_dir(own_folder(store))) { return report; }
    RL_ASSIGN(const auto caretaker, Caretaker::take(store, "compact the journal"));
    std::size_t living = 0;
    RL_TRY(caretaker.finish_former());
    RL_TRY(caretaker.remove_old_temporaries());
    RL_TRY(caretaker.sweep(report, living));
    RL_ASSIGN(const std::size_t free, caretaker.count_free());
    if (free > small_limit) { RL_TRY(caretaker.seal_free(std::min(k_spare_free, small_limit), report)); }

    RL_ASSIGN(auto small, caretaker.sealed_sources());
    std::erase_if(small, [](const Source& source) { return source.bytes >= k_small_bytes; });
    if (small.size() <= small_limit) { return report; }
    std::vector<Source> batch;
    std::uint64_t bytes = 0;
    for (auto& source : small) {
        bytes += source.bytes;
        batch.push_back(std::move(source));
        if (bytes >= k_segment_limit || &source == &small.back()) {
            if (batch.size() > 1) {
                RL_TRY(caretaker.replace(batch, nullptr));
                report.merged += batch.size();
            }
            batch.clear();
            bytes = 0;
        }
    }
    return report;
}

core::Result<RewriteReport> rewrite_segments(const Store& store, const std::function<bool(std::string_view payload)>& drop) {
    RewriteReport report;
    if (!os::is_dir(own_folder(store))) { return report; }
    RL_ASSIGN(const auto caretaker, Caretaker::take(store, "rewrite the journal"));
    CompactReport swept;
    RL_TRY(caretaker.finish_former());
    RL_TRY(caretaker.sweep(swept, report.skipped_segments));
    RL_TRY(caretaker.seal_free(0, swept));
    RL_ASSIGN(const auto sources, caretaker.sealed_sources());
    for (const auto& source : sources) {
        std::uint64_t dropped = 0;
        bool torn = false;
        {
            RL_ASSIGN(const os::Fd in, os::open_read(source.path));
            RL_TRY(scan_lines(in.get(), source.path, 0, torn, [&](const Line& line) {
                if (has_record(line) && drop(line.payload)) { ++dropped; }
                return core::ok();
            }));
        }
        if (dropped == 0) { continue; }
        const std::function<bool(const Line&)> keep = [&](const Line& line) { return !has_record(line) || !drop(line.payload); };
        RL_TRY(caretaker.replace({source}, &keep));
        report.dropped += dropped;
    }
    return report;
}

}  // namespace runlake::record

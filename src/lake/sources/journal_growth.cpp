// SPDX-License-Identifier: Apache-2.0
#include "lake/sources/journal_growth.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>

#include "core/digest.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "record/journal.hpp"

namespace runlake::lake {
namespace {

constexpr std::size_t k_most_runs = 100'000;
constexpr std::size_t k_piece = 256U * 1024U;

// "<machine>/<id>" of "journal/<machine>/<id>.free", "journal/<machine>/sealed/<id>.seg"; nothing for other files, which hold no records.
std::optional<std::string> segment_of(std::string_view rel_path) {
    constexpr std::string_view k_journal = "journal/";
    constexpr std::size_t k_id = 16;
    if (!rel_path.starts_with(k_journal)) { return std::nullopt; }
    rel_path.remove_prefix(k_journal.size());
    const auto slash = rel_path.find('/');
    if (slash == std::string_view::npos) { return std::nullopt; }
    const auto machine = rel_path.substr(0, slash);
    auto name = rel_path.substr(slash + 1);
    constexpr std::string_view k_sealed = "sealed/";
    const bool is_sealed = name.starts_with(k_sealed);
    if (is_sealed) { name.remove_prefix(k_sealed.size()); }
    if (name.size() <= k_id || name[k_id] != '.') { return std::nullopt; }
    const auto state = name.substr(k_id);
    if (is_sealed ? state != ".seg" : state != ".free" && !state.starts_with(".open-")) { return std::nullopt; }
    return core::cat(machine, '/', name.substr(0, k_id));
}

// Where the line begins that was not whole then, or the next one; nothing where the file's first bytes are not those that were read.
std::optional<std::uint64_t> known_end(const std::string& path, const KnownFile& known) {
    const auto file = os::open_read(path);
    if (!file.ok()) { return std::nullopt; }
    core::Sha256 hash;
    const auto buffer = std::make_unique_for_overwrite<char[]>(k_piece);
    auto left = static_cast<std::uint64_t>(known.size);
    std::uint64_t at = 0;
    std::uint64_t line = 0;
    while (left > 0) {
        const auto got = ::read(file.value().get(), buffer.get(), std::min<std::uint64_t>(left, k_piece));
        if (got < 0 && errno == EINTR) { continue; }
        if (got <= 0) { return std::nullopt; }
        const std::string_view piece(buffer.get(), static_cast<std::size_t>(got));
        hash.update(piece);
        if (const auto end = piece.rfind('\n'); end != std::string_view::npos) { line = at + end + 1; }
        at += piece.size();
        left -= piece.size();
    }
    return hash.finish().hex() == known.sha256 ? std::optional(line) : std::nullopt;
}

std::optional<std::string> run_of(std::string_view payload) {
    const auto record = core::parse_json(payload, "record");
    if (!record.ok()) { return std::nullopt; }
    const auto* run = record.value().find("run");
    const auto* text = run != nullptr ? run->as_string() : nullptr;
    if (text == nullptr) { return std::nullopt; }
    const auto id = core::RunId::parse(*text);
    return id.ok() ? std::optional(id.value().str()) : std::nullopt;
}

}  // namespace

std::optional<std::vector<std::string>> runs_told_of_since(const record::Store& store, const UnitFiles& files, const KnownFiles& known) {
    struct Earlier {
        const KnownFile* file;
        bool is_unchanged = false;
        bool is_met = false;
    };
    std::map<std::string, Earlier> earlier;
    for (const auto& [path, file] : known) {
        const auto segment = segment_of(path);
        // One that was renamed while the folder was listed stands twice: which of the two was whole?
        if (segment && !earlier.emplace(*segment, Earlier{&file}).second) { return std::nullopt; }
    }
    for (const auto& offer : files.offers) {
        for (const auto& form : offer.forms) {
            const auto before = known.find(form.file.rel_path);
            const auto segment = segment_of(form.file.rel_path);
            if (segment && before != known.end() && before->second.is_same(form.stamp)) { earlier.at(*segment).is_unchanged = true; }
        }
    }
    const auto listing = record::list_segments(store);
    if (!listing.ok() || !listing.value().unreadable.empty()) { return std::nullopt; }
    std::set<std::string> runs;
    for (const auto& segment : listing.value().segments) {
        std::uint64_t from = 0;
        if (const auto found = earlier.find(core::cat(segment.machine_dir, '/', segment.id)); found != earlier.end()) {
            found->second.is_met = true;
            if (found->second.is_unchanged) { continue; }  // what it got since it was listed shows next time
            const auto end = known_end(segment.path, *found->second.file);
            if (!end) { return std::nullopt; }
            from = *end;
        }
        record::ReadReport report;
        const auto read = record::read_segment(store, segment, from, report, [&](const record::RawRecord& one) {
            if (auto run = run_of(one.payload); run && runs.size() <= k_most_runs) { runs.insert(std::move(*run)); }
        });
        if (!read.ok() || runs.size() > k_most_runs) { return std::nullopt; }
    }
    const bool all_there = std::all_of(earlier.begin(), earlier.end(), [](const auto& one) { return one.second.is_met; });
    return all_there ? std::optional(std::vector<std::string>(runs.begin(), runs.end())) : std::nullopt;
}

}  // namespace runlake::lake

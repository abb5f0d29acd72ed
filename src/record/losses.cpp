// SPDX-License-Identifier: Apache-2.0
// Keeping losses in files of lines framed and named like segments, so that claiming, torn lines and dead holders are solved once.
#include "record/losses.hpp"

#include <algorithm>
#include <vector>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "record/journal_lines.hpp"
#include "record/journal_names.hpp"

namespace runlake::record {
namespace {

using core::cat;
using core::Errc;
using core::Error;

// Beside the journal first; a store on a full or read-only disk is why there is a second one.
std::vector<std::string> loss_folders(const Store& store) {
    std::vector<std::string> folders;
    if (store.dir.empty()) { return folders; }
    folders.push_back(store.dir + "/lost");
    if (const auto home = os::state_home()) { folders.push_back(cat(*home, "/lost/", core::sha256(store.dir).hex().substr(0, 16))); }
    return folders;
}

std::string held_path(const std::string& folder, std::string_view id) { return cat(folder, '/', held_name(id)); }

// Renames a file that nobody living holds to our name; nothing when there is none (any more).
std::optional<FoundSegment> claim(const std::string& folder, const FoundSegment& item) {
    if (item.name.state == SegmentState::held && judge(item.name) != Holder::gone && judge(item.name) != Holder::elsewhere) { return std::nullopt; }
    FoundSegment ours = item;
    ours.path = held_path(folder, item.name.id);
    if (!os::rename_replace(item.path, ours.path, os::point::loss_write).ok()) { return std::nullopt; }
    return ours;
}

void give_back(const std::string& folder, const FoundSegment& ours) {
    static_cast<void>(os::rename_replace(ours.path, cat(folder, '/', free_name(ours.name.id)), os::point::loss_write).ok());
}

core::Result<std::pair<FoundSegment, os::Fd>> open_for_keeping(const std::string& folder) {
    RL_TRY(os::make_dirs(folder, 0777, os::point::loss_write));
    RL_ASSIGN(const auto found, found_segments(folder, false));
    for (const auto& item : found) {
        auto ours = claim(folder, item);
        if (!ours) { continue; }
        auto file = os::open_append(ours->path, os::point::loss_write);
        if (file.ok()) { return std::pair(std::move(*ours), std::move(file).take()); }
        give_back(folder, *ours);
    }
    FoundSegment ours;
    ours.name.id = os::random_hex(16);
    ours.path = held_path(folder, ours.name.id);
    RL_ASSIGN(os::Fd file, os::create_exclusive(ours.path, 0666, os::point::loss_write));
    return std::pair(std::move(ours), std::move(file));
}

core::Status keep_in(const std::string& folder, const LossRecord& loss) {
    RL_ASSIGN(const auto opened, open_for_keeping(folder));
    // The newline before it ends what another writer may have left torn.
    auto written = os::write_all(opened.second.get(), "\n" + frame_line(to_payload(loss)), os::point::loss_write, opened.first.path);
    give_back(folder, opened.first);
    return written;
}

// Adds up the lines of a file: their counts, the newest reason and time.
core::Result<LossRecord> sum_of(const std::string& path) {
    RL_ASSIGN(const os::Fd file, os::open_read(path));
    LossRecord sum;
    bool torn = false;
    std::string all;
    auto end = scan_lines(file.get(), path, 0, torn, [&](const Line& line) {
        if (line.kind != LineKind::good && line.kind != LineKind::mixed) { return core::ok(); }
        const auto record = parse_payload(line.payload);
        const auto* loss = record.ok() ? std::get_if<LossRecord>(&record.value()) : nullptr;
        if (loss == nullptr) { return core::ok(); }
        sum.count += loss->count;
        all += line.payload;
        if (loss->at >= sum.at) {
            sum.at = loss->at;
            sum.reason = loss->reason;
        }
        return core::ok();
    });
    if (!end.ok()) { return std::move(end).take_error(); }
    sum.n = core::crc32(all);  // tells sums of equal time apart, and is the same when it is made again
    return sum;
}

}  // namespace

core::Status keep_losses(const Store& store, const LossRecord& loss) {
    core::Status last = Error(Errc::io, "keeping the count of lost records: there is no place for it");
    for (const auto& folder : loss_folders(store)) {
        last = keep_in(folder, loss);
        if (last.ok()) { return last; }
    }
    return last;
}

bool has_kept_losses(const Store& store) {
    const auto folders = loss_folders(store);
    return std::any_of(folders.begin(), folders.end(), [](const std::string& folder) { return os::is_dir(folder); });
}

core::Status settle_losses(const Store& store, const std::function<core::Status(const std::string& payload)>& append) {
    for (const auto& folder : loss_folders(store)) {
        auto found = found_segments(folder, false);
        if (!found.ok()) { continue; }  // not ours to read: nothing to settle
        for (const auto& item : found.value()) {
            const auto ours = claim(folder, item);
            if (!ours) { continue; }
            auto sum = sum_of(ours->path);
            if (sum.ok() && sum.value().count > 0) {
                auto appended = append(to_payload(sum.value()));
                if (!appended.ok()) {
                    give_back(folder, *ours);
                    return appended;
                }
            }
            if (sum.ok()) { RL_TRY(os::remove_file(ours->path, os::point::loss_write)); }
        }
    }
    return core::ok();
}

std::optional<Loss> known_losses(const Store& store) {
    Loss total;
    for (const auto& folder : loss_folders(store)) {
        const auto found = found_segments(folder, false);
        if (!found.ok()) { continue; }
        for (const auto& item : found.value()) {
            const auto sum = sum_of(item.path);
            if (!sum.ok()) { continue; }
            total.count += sum.value().count;
            if (sum.value().at >= total.at && sum.value().count > 0) {
                total.at = sum.value().at;
                total.reason = sum.value().reason;
            }
        }
    }
    return total.count > 0 ? std::optional(std::move(total)) : std::nullopt;
}

}  // namespace runlake::record

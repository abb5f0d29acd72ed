// SPDX-License-Identifier: Apache-2.0
// Names of segments, folders of machines, and the judgement of holders.
#include "record/journal_names.hpp"

#include <dirent.h>

#include <limits>

#include "core/hex.hpp"
#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::record {
namespace {

using core::cat;

constexpr std::size_t k_id_digits = 16;
constexpr std::size_t k_machine_digits = 32;
constexpr std::string_view k_free = ".free";
constexpr std::string_view k_held = ".open-";
constexpr std::string_view k_sealed = ".seg";

std::string boot8() {
    const std::string& boot = os::boot_id();
    return boot.empty() ? "00000000" : boot.substr(0, 8);
}

// The decimal number before the next dash, which is taken away with it.
std::optional<std::uint64_t> take_number(std::string_view& text) {
    const auto dash = text.find('-');
    const auto digits = text.substr(0, dash);
    const auto value = core::parse_integer(digits);
    if (!value || *value < 0) { return std::nullopt; }
    text.remove_prefix(dash == std::string_view::npos ? text.size() : dash + 1);
    return static_cast<std::uint64_t>(*value);
}

bool parse_holder(std::string_view text, SegmentName& name) {
    if (text.size() < 9 || text[8] != '-' || !core::is_hex(text.substr(0, 8))) { return false; }
    name.boot8 = text.substr(0, 8);
    text.remove_prefix(9);
    const auto pid_ns = take_number(text);
    const auto pid = take_number(text);
    const auto ticks = take_number(text);
    if (!pid_ns || !pid || !ticks || !text.empty() || *pid == 0 || *pid > static_cast<std::uint64_t>(std::numeric_limits<pid_t>::max())) { return false; }
    name.pid_ns = *pid_ns;
    name.pid = static_cast<pid_t>(*pid);
    name.ticks = *ticks;
    return true;
}

// Leases, what is half published, and files that only help: none of them is a segment, none is strange.
bool is_helper(std::string_view name) {
    return name.starts_with('.') || name.starts_with("compact.lease") || name == "sealed" || name.ends_with(".part");
}

}  // namespace

std::optional<SegmentName> parse_segment_name(std::string_view name, bool in_sealed_folder) {
    if (name.size() <= k_id_digits || !core::is_hex(name.substr(0, k_id_digits))) { return std::nullopt; }
    SegmentName parsed;
    parsed.id = name.substr(0, k_id_digits);
    const auto state = name.substr(k_id_digits);
    if (in_sealed_folder) {
        parsed.state = SegmentState::sealed;
        return state == k_sealed ? std::optional(parsed) : std::nullopt;
    }
    if (state == k_free) { return parsed; }
    parsed.state = SegmentState::held;
    if (!state.starts_with(k_held) || !parse_holder(state.substr(k_held.size()), parsed)) { return std::nullopt; }
    return parsed;
}

std::string free_name(std::string_view id) { return cat(id, k_free); }
std::string sealed_name(std::string_view id) { return cat(id, k_sealed); }

std::string held_name(std::string_view id) {
    const os::ProcessId& self = os::this_process();
    return cat(id, k_held, boot8(), '-', self.pid_ns, '-', self.pid, '-', self.start_ticks);
}

std::string own_machine_dir() { return cat(os::machine_id(), '-', os::machine_label()); }
std::string own_folder(const Store& store) { return cat(store.journal(), '/', own_machine_dir()); }

bool is_machine_dir(std::string_view name) {
    return name.size() > k_machine_digits + 1 && name[k_machine_digits] == '-' && core::is_hex(name.substr(0, k_machine_digits));
}

Holder judge(const SegmentName& name) {
    if (name.boot8 != boot8()) { return Holder::elsewhere; }
    const os::ProcessId holder{os::machine_id(), os::boot_id(), name.pid_ns, name.pid, name.ticks};
    switch (os::liveness(holder)) {
        case os::Liveness::alive: return Holder::alive;
        case os::Liveness::dead: return Holder::gone;
        case os::Liveness::unknowable: return Holder::unknowable;
    }
    return Holder::unknowable;
}

core::Result<std::vector<FoundSegment>> found_segments(const std::string& folder, bool sealed, std::vector<std::string>* strange) {
    const std::string where = sealed ? folder + "/sealed" : folder;
    auto entries = os::list_dir(where);
    std::vector<FoundSegment> found;
    if (!entries.ok()) {
        if (entries.error().code() == core::Errc::not_found) { return found; }
        return std::move(entries).take_error();
    }
    for (const auto& entry : entries.value()) {
        auto name = parse_segment_name(entry.name, sealed);
        if (name && entry.type != DT_DIR && entry.type != DT_LNK) {
            found.push_back(FoundSegment{std::move(*name), cat(where, '/', entry.name)});
        } else if (strange != nullptr && !is_helper(entry.name)) {
            strange->push_back(cat(where, '/', entry.name, ": of no form that this version knows, left alone"));
        }
    }
    return found;
}

core::Status make_own_folder(const Store& store) {
    if (!os::is_dir(store.dir)) {
        // It could not be made before, or was removed while this process ran: made again with its .gitignore.
        auto again = open_store(store.dir, OpenStore::create);
        if (!again.ok()) { return std::move(again).take_error(); }
        if (again.value().problem && !os::is_dir(store.dir)) { return std::move(*again.value().problem); }
    }
    return os::make_dirs(own_folder(store), 0777, os::point::journal_dir_create);
}

core::Status seal(const std::string& folder, const std::string& path, std::string_view id) {
    const std::string target = cat(folder, "/sealed/", sealed_name(id));
    auto moved = os::rename_exclusive(path, target, os::point::journal_segment_seal);
    if (moved.ok() || moved.error().code() != core::Errc::not_found || os::is_dir(folder + "/sealed")) { return moved; }
    RL_TRY(os::make_dirs(folder + "/sealed", 0777, os::point::journal_dir_create));
    return os::rename_exclusive(path, target, os::point::journal_segment_seal);
}

}  // namespace runlake::record

// SPDX-License-Identifier: Apache-2.0
// Inside record only: the names of segments, which carry their state, and who holds one (docs/formats/journal.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "os/system.hpp"
#include "record/store.hpp"

namespace runlake::record {

inline constexpr std::uint64_t k_segment_limit = 64U << 20U;  // a segment that reached it is sealed
inline constexpr std::size_t k_line_limit = 16U << 20U;       // longer lines are corrupt

enum class SegmentState : std::uint8_t { free, held, sealed };

// A segment's name taken apart.
struct SegmentName {
    std::string id;              // 16 hex digits
    SegmentState state = SegmentState::free;
    std::string boot8;           // of the holder, as the next three
    std::uint64_t pid_ns = 0;
    pid_t pid = 0;
    std::uint64_t ticks = 0;
};
// Nothing for names that this version does not know.
std::optional<SegmentName> parse_segment_name(std::string_view name, bool in_sealed_folder);

std::string free_name(std::string_view id);    // "<id>.free"
std::string held_name(std::string_view id);    // "<id>.open-<boot8>-<pidns>-<pid>-<ticks>" of this process
std::string sealed_name(std::string_view id);  // "<id>.seg", in the folder sealed/

// "<machine-id>-<label>": the folder of this machine.
std::string own_machine_dir();
std::string own_folder(const Store& store);           // its path
bool is_machine_dir(std::string_view name);

// What may be done with a held segment.
enum class Holder : std::uint8_t {
    alive,
    gone,        // certainly: its segment may be taken over
    elsewhere,   // another boot: sealing is safe even if the holder lives on a machine with the same id, because it goes on writing to the same file
    unknowable,  // another pid namespace
};
Holder judge(const SegmentName& name);

// A segment of one machine folder as found.
struct FoundSegment {
    SegmentName name;
    std::string path;
};
// Those of the folder itself (free and held) or of sealed/; a missing folder has none. Names of no known form are added to `strange`.
core::Result<std::vector<FoundSegment>> found_segments(const std::string& folder, bool sealed, std::vector<std::string>* strange = nullptr);

core::Status make_own_folder(const Store& store);  // the store itself as well, should it have been removed
core::Status seal(const std::string& folder, const std::string& path, std::string_view id);

}  // namespace runlake::record

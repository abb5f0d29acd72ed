// SPDX-License-Identifier: Apache-2.0
// What the commands on run directories have in common.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/command.hpp"
#include "cli/render/style.hpp"

namespace runlake::cli {

inline constexpr Argument k_rundir_argument{.name = "DIR", .help = "a run directory"};
inline constexpr Option k_path_option{
    .names = "--path", .value = "GLOB", .help = "only files at such paths: 'delivery/**'; * stops at /, ** crosses it", .repeats = true};

// The store whose cache of digests spares reading; nothing when there is none.
std::optional<std::string> store_dir_of(const Invocation& inv);
std::string bytes_text(std::uint64_t bytes);              // "12,345 bytes"
render::Tone rundir_tone(std::string_view state);

}  // namespace runlake::cli

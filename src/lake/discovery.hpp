// SPDX-License-Identifier: Apache-2.0
// What finding runs below folders is told in: roots, and what was passed over. The walk itself is discover_units() of lake/source.hpp.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace runlake::lake {

// A folder below which runs are looked for, its path resolved.
struct LogRoot {
    std::string path;
    std::string id;  // root_id(path)
    bool operator==(const LogRoot&) const = default;
};

// A folder that looks like a run and is none, or that could not be looked into.
struct PassedOver {
    std::string dir;
    std::string why;
    bool operator==(const PassedOver&) const = default;
};

// By which root a folder is told: the shallowest of those that hold it. Nothing when none does.
struct Told {
    std::string root_id;
    std::string rel_dir;  // "." for the root itself
    bool operator==(const Told&) const = default;
};
std::optional<Told> told_by(const std::string& dir, std::span<const LogRoot> roots);

// Of a proof-search run in a folder provider=<name>.
std::optional<std::string> provider_of(std::string_view run_dir);

}  // namespace runlake::lake

// SPDX-License-Identifier: Apache-2.0
// What jobs need to know of an experiment's note: its conditions, its command and its hypotheses, out of the front matter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/yaml.hpp"

namespace runlake::jobs {

// The YAML between the two "---" lines at the very beginning of a note, and what follows.
struct FrontMatter {
    core::YamlDocument yaml;       // its root is an object; positions count from the first line of the file
    std::string_view body;         // points into the text
    int body_line = 1;             // the line on which the body begins
};
// Nothing when the text has none. Errc::corrupt: it does not end, is not YAML or not a mapping, or is longer than 1 MiB; `what` names the source.
core::Result<std::optional<FrontMatter>> read_front_matter(std::string_view text, std::string_view what);

inline constexpr std::uint64_t k_max_note_bytes = 16U << 20U;

struct Experiment {
    std::string id;                                // "E001"
    std::string path;                              // relative to the project's root
    std::optional<std::string> hypothesis;         // without [[ ]]
    std::vector<std::string> sub_hypotheses;
    std::optional<std::string> runner_command;     // trimmed; nothing when empty
    core::Json conditions;                         // as it stands: null, or what should be a mapping of names to mappings
    core::Json front_matter = core::Json::object();
};

// "E" and three digits. Errc::usage: anything else. `kind` is the letter: 'E', 'H', 'F', 'T'.
core::Status check_note_id(std::string_view id, char kind);

// kb/research/experiments/E###-*.md. Errc::not_found: there is none. Errc::conflict: there are two. Errc::corrupt: see read_front_matter.
core::Result<Experiment> find_experiment(const std::string& root, std::string_view id);

// A state point with its `condition` resolved: the experiment's block of that name, then the user's members over it. Unchanged where there is no such condition or block.
core::Json with_condition(const core::Json& state_point, const Experiment& experiment);

}  // namespace runlake::jobs

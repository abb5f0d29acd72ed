// SPDX-License-Identifier: Apache-2.0
// What a note's front matter says beyond its values (jobs/experiment.hpp reads those): where a value stands, and how a number was written.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "jobs/experiment.hpp"

namespace runlake::kb {

// The line of a node ("/supporting_runs/0/id"), 1 when it is not known.
int line_of(const jobs::FrontMatter& front, const std::string& path);

// A plain scalar as it was written: "0.30", which YAML reads as 0.3. `path` is of a member of a mapping, `text` the whole note. Nothing when the value does not stand on its key's line.
std::optional<std::string> written_scalar(std::string_view text, const jobs::FrontMatter& front, const std::string& path);

}  // namespace runlake::kb

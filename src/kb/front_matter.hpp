// SPDX-License-Identifier: Apache-2.0
// What a note's front matter says beyond its values (jobs/experiment.hpp reads those): where a value stands, and how a number was written.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/experiment.hpp"

namespace runlake::kb {

// The front matter of a note together with the note's text; views, so of a statement only.
class WrittenFront {
  public:
    WrittenFront(std::string_view text, const jobs::FrontMatter& front);

    const core::Json& values() const { return front_.yaml.root; }
    // The line of a node ("/supporting_runs/0/id"), 1 when it is not known.
    int line_of(const std::string& path) const;
    // A text, or a plain number or the like as it was written: "0.30", which YAML reads as 0.3. `path` is of a member of a mapping, `value` what was read of it. Nothing when it is no
    // scalar, or a number that does not stand on its key's line.
    std::optional<std::string> scalar(const std::string& path, const core::Json& value) const;

  private:
    std::string_view text_;
    const jobs::FrontMatter& front_;
    std::vector<std::size_t> lines_;   // where each line begins
};

}  // namespace runlake::kb

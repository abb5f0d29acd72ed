// SPDX-License-Identifier: Apache-2.0
// Texts with names in braces: "preds/{fold}/x.csv". "{{" and "}}" stand for braces.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace runlake::pipeline {

struct TemplatePiece {
    bool is_name = false;
    std::string text;     // of a name: what stands between the braces; of plain text: with single braces
};

// Errc::usage says what is wrong: a brace that is not closed, one that closes nothing, a name that is none.
core::Result<std::vector<TemplatePiece>> split_template(std::string_view text);

// What a name stands for; nothing leaves the name in its braces.
using NameLookup = std::function<std::optional<std::string>(std::string_view name)>;

// Every name replaced; braces single. The text must split.
std::string expand_template(std::string_view text, const NameLookup& lookup);
// The same as a template: names without a value stay, and braces of texts and values are doubled, so that it can be expanded again.
std::string expand_partly(std::string_view text, const NameLookup& lookup);

// The text with its braces doubled: a template that stands for itself.
std::string escape_braces(std::string_view text);

}  // namespace runlake::pipeline

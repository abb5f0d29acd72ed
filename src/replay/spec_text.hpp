// SPDX-License-Identifier: Apache-2.0
// What the parts of parse_spec() hand to each other: typed look-ups that note what is wrong with where it stands. For sources of this module only.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/mistakes.hpp"
#include "core/yaml.hpp"
#include "replay/spec.hpp"

namespace runlake::replay {

using Dimensions = std::vector<std::pair<std::string, std::string>>;

// A value of the document with its path in YamlDocument::positions.
struct Node {
    const core::Json* value = nullptr;   // null: absent, or null in the file
    std::string path;
    explicit operator bool() const { return value != nullptr; }
};

class SpecText {
  public:
    SpecText(const core::YamlDocument& document, core::Mistakes& mistakes) : document_(document), mistakes_(mistakes) {}

    void wrong(const std::string& path, std::string what) { mistakes_.add(at(path), std::move(what)); }
    // The dimensions that "{name}" stands for in texts from now on.
    void use(const Dimensions& dimensions) { dimensions_ = &dimensions; }

    Node member(const Node& object, std::string_view key) const;
    // Whether it is a mapping whose keys are all known; says what is not.
    bool check_object(const Node& node, std::string_view what, std::span<const std::string> known);
    // Each answers nothing for an absent node, and nothing (with a mistake) for one of another kind. Texts have their dimensions put in.
    std::optional<std::string> text(const Node& node, std::string_view what);
    std::optional<std::string> plain_text(const Node& node, std::string_view what);            // as it stands
    std::optional<std::string> scalar(const Node& node, std::string_view what);                // a text, number, true or false
    std::optional<std::vector<std::string>> texts(const Node& node, std::string_view what);    // a list of scalars; one stands for a list of one
    std::optional<std::map<std::string, std::string>> mapping(const Node& node, std::string_view what);
    std::optional<double> number(const Node& node, std::string_view what);
    std::optional<std::int64_t> integer(const Node& node, std::string_view what, std::int64_t least, std::int64_t most);
    std::optional<bool> boolean(const Node& node, std::string_view what);                      // true, false, on, off

  private:
    core::SourcePosition at(const std::string& path) const;
    std::string filled(const std::string& path, const std::string& text);
    const core::YamlDocument& document_;
    core::Mistakes& mistakes_;
    const Dimensions* dimensions_ = nullptr;
};

std::string nearest_of(std::string_view word, std::span<const std::string> known);   // " (nearest: ...)" or ""

// The keys of a cell; each but name and dimensions may stand at the root for all cells.
const std::vector<std::string>& cell_keys();
// One cell whose dimensions are known: from its own mapping and the root's.
Cell read_cell(SpecText& text, const Node& root, const Node& cell, Dimensions dimensions);
CanonicalSource read_canonical(SpecText& text, const Node& node);

}  // namespace runlake::replay

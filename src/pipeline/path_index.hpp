// SPDX-License-Identifier: Apache-2.0
// All declared writes of one place as a tree of their parts: overlaps are found while it grows, reads by going down it. Never pair by pair.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace runlake::pipeline {

class PathIndex {
  public:
    PathIndex();
    // Adds a declared write under a number of the caller's. The number of an earlier one that is the same path, lies in it or contains it; nothing when there is none.
    std::optional<std::size_t> add(std::string_view path, std::size_t number);
    // The numbers of all writes that a declared read is about: it covers them, or a folder among them may hold what it names. Each once, in no order.
    std::vector<std::size_t> find(std::string_view read) const;

  private:
    struct Node {
        std::unordered_map<std::string, std::size_t> children;   // name of a part -> node
        std::vector<std::size_t> numbers;                        // writes that end here
        std::vector<std::size_t> folders;                        // those of them that are folders
    };
    struct Search;

    std::optional<std::size_t> first_at_or_below(std::size_t node) const;
    void all_below(std::size_t node, std::vector<std::size_t>& found) const;
    void find_plain(std::string_view path, std::vector<std::size_t>& found) const;
    void find_pattern(const Search& search, std::size_t node, std::vector<char> active, std::vector<std::size_t>& found) const;

    std::vector<Node> nodes_;
};

}  // namespace runlake::pipeline

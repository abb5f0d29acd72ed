// SPDX-License-Identifier: Apache-2.0
// A shell-style pattern, read once and matched many times.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace runlake::core {

// Patterns as glob_match() takes them. Copies share nothing; matches() may be called by several threads at once.
class Glob {
  public:
    explicit Glob(std::string_view pattern);
    bool matches(std::string_view path) const;

  private:
    struct CharRange {
        char32_t first;
        char32_t last;
    };
    // One step of a pattern.
    struct Step {
        enum class Kind : std::uint8_t { literal, any, set, star, globstar, folders };
        Kind kind = Kind::literal;
        char32_t literal = 0;
        bool negated = false;
        std::vector<CharRange> ranges;

        // The three that may match nothing and stay while they match.
        bool repeats() const { return kind == Kind::star || kind == Kind::globstar || kind == Kind::folders; }
        bool takes(char32_t c) const;
    };
    static bool read_set(std::u32string_view pattern, std::size_t& at, Step& step);

    std::vector<Step> steps_;
};

}  // namespace runlake::core

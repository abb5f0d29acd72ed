// SPDX-License-Identifier: Apache-2.0
// Shell-style patterns, matched by walking all states at once: time is at most pattern length times path length.
#include <algorithm>
#include <string>
#include <utility>

#include "core/glob.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"

namespace runlake::core {
namespace {

// Invalid bytes become code points of their own (in the range of lone surrogates), so that they only match themselves.
std::u32string decode(std::string_view text) {
    std::u32string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const Utf8 next = decode_utf8(text, i);
        if (next.bytes == 0) {
            out += static_cast<char32_t>(0xDC00U + static_cast<unsigned char>(text[i++]));
        } else {
            out += next.code_point;
            i += next.bytes;
        }
    }
    return out;
}

}  // namespace

// Reads "[a-c]", "[!a]" or "[^a]" at `at`; leaves `at` behind it. False, and nothing changed, when it is not closed.
bool Glob::read_set(std::u32string_view pattern, std::size_t& at, Step& step) {
    std::size_t i = at + 1;
    Step set;
    set.kind = Step::Kind::set;
    if (i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^')) {
        set.negated = true;
        ++i;
    }
    for (bool first = true; i < pattern.size() && (first || pattern[i] != ']'); first = false) {
        if (pattern[i] == '\\' && i + 1 < pattern.size()) { ++i; }
        const char32_t low = pattern[i++];
        char32_t high = low;
        if (i + 1 < pattern.size() && pattern[i] == '-' && pattern[i + 1] != ']') {
            i += pattern[i + 1] == '\\' && i + 2 < pattern.size() ? 2 : 1;
            high = pattern[i++];
        }
        set.ranges.push_back({low, high});
    }
    if (i >= pattern.size()) { return false; }
    at = i + 1;
    step = std::move(set);
    return true;
}

Glob::Glob(std::string_view text) {
    const std::u32string pattern = decode(text);
    bool unclosed = false;  // once a '[' has no end, none after it has one
    for (std::size_t i = 0; i < pattern.size();) {
        Step step;
        if (pattern[i] == '*') {
            const std::size_t start = i;
            while (i < pattern.size() && pattern[i] == '*') { ++i; }
            if (i - start == 1) {
                step.kind = Step::Kind::star;
            } else if ((start == 0 || pattern[start - 1] == '/') && i < pattern.size() && pattern[i] == '/') {
                step.kind = Step::Kind::folders;  // "**/": any number of whole folders, also none
                ++i;
            } else {
                step.kind = Step::Kind::globstar;
            }
        } else if (pattern[i] == '?') {
            step.kind = Step::Kind::any;
            ++i;
        } else if (pattern[i] != '[' || unclosed || !read_set(pattern, i, step)) {
            unclosed = unclosed || pattern[i] == '[';
            if (pattern[i] == '\\' && i + 1 < pattern.size()) { ++i; }
            step.literal = pattern[i++];
        }
        steps_.push_back(std::move(step));
    }
}

bool Glob::Step::takes(char32_t c) const {
    switch (kind) {
        case Kind::literal: return c == literal;
        case Kind::any:
        case Kind::star: return c != '/';
        case Kind::globstar:
        case Kind::folders: return true;
        case Kind::set: break;
    }
    if (c == '/') { return false; }
    for (const CharRange& range : ranges) {
        if (c >= range.first && c <= range.last) { return !negated; }
    }
    return negated;
}

bool Glob::matches(std::string_view path) const {
    // active[i]: what was read so far matches the first i steps. `inside[i]` tells "**/" at i apart: entered (its end is open)
    // only right after a '/'.
    std::vector<char> active(steps_.size() + 1, 0);
    std::vector<char> next(steps_.size() + 1, 0);
    std::vector<char> inside(steps_.size() + 1, 0);
    const auto add_empty_matches = [&](std::vector<char>& states) {
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            if (states[i] != 0 && steps_[i].repeats()) { states[i + 1] = 1; }
        }
    };
    active[0] = 1;
    add_empty_matches(active);
    for (const char32_t c : decode(path)) {
        std::fill(next.begin(), next.end(), char{0});
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            if (steps_[i].kind == Step::Kind::folders) {
                // Within "**/" any character may follow; only a '/' completes it.
                const bool was_in = active[i] != 0 || inside[i] != 0;
                inside[i] = was_in ? 1 : 0;
                if (was_in && c == '/') { next[i + 1] = 1; }
            } else if (active[i] != 0 && steps_[i].takes(c)) {
                next[steps_[i].repeats() ? i : i + 1] = 1;
            }
        }
        std::swap(active, next);
        add_empty_matches(active);
    }
    return active[steps_.size()] != 0;
}

bool glob_match(std::string_view pattern, std::string_view path) { return Glob(pattern).matches(path); }

}  // namespace runlake::core

// SPDX-License-Identifier: Apache-2.0
#include "lake/tactic.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace runlake::lake {
namespace {

struct FirstWord {
    std::string_view word;
    std::string_view family;
};
constexpr auto k_first_words = std::to_array<FirstWord>({
    {"simp", "simplify"},    {"simp_all", "simplify"},      {"simp_rw", "simplify"},            {"rw", "rewrite"},     {"rewrite", "rewrite"},
    {"intro", "intro"},      {"intros", "intro"},           {"constructor", "split"},           {"left", "split"},     {"right", "split"},
    {"use", "split"},        {"cases", "cases"},            {"induction", "cases"},             {"exact", "closer"},   {"assumption", "closer"},
    {"trivial", "closer"},   {"exfalso", "contradiction"},  {"contradiction", "contradiction"}, {"linarith", "arith"}, {"nlinarith", "arith"},
    {"omega", "arith"},      {"ring", "arith"},             {"norm_num", "arith"},              {"aesop", "automation"}, {"aesop?", "automation"},
});
constexpr auto k_split_by = std::to_array<std::string_view>({"And.intro", "Iff.intro", "Or.inl", "Or.inr"});

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

std::string normal_tactic(std::string_view tactic) {
    std::string out;
    bool gap = false;
    for (const char c : tactic) {
        if (is_space(c)) {
            gap = !out.empty();
            continue;
        }
        if (gap) { out += ' '; }
        gap = false;
        out += c;
    }
    return out;
}

std::string tactic_family(std::string_view tactic) {
    const std::string normal = normal_tactic(tactic);
    const auto words = core::split(normal, ' ');
    const std::string first = core::lower_ascii(words.front());
    std::string_view bare = first;
    while (!bare.empty() && bare.back() >= '0' && bare.back() <= '9') { bare.remove_suffix(1); }
    for (const auto& row : k_first_words) {
        if (row.word == bare) { return std::string(row.family); }
    }
    if (bare == "apply" && words.size() > 1 && std::find(k_split_by.begin(), k_split_by.end(), words[1]) != k_split_by.end()) { return "split"; }
    return first;
}

std::int64_t family_index(std::string_view family) {
    const auto* found = std::find(k_tactic_families.begin(), k_tactic_families.end(), family);
    return found == k_tactic_families.end() ? 9 : found - k_tactic_families.begin();
}

}  // namespace runlake::lake

// SPDX-License-Identifier: Apache-2.0
#include "kb/kinds.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"

namespace runlake::kb {
namespace {

using Words = std::string_view;
constexpr std::array k_hypothesis_meta = {Words("Status"), Words("Created")};
constexpr std::array k_hypothesis_heads = {Words("Statement"), Words("Mechanism"), Words("Why This Might Generalize"), Words("Shortcut Risks"), Words("Test Plan"), Words("Evidence"), Words("Conclusion")};
constexpr std::array k_experiment_meta = {Words("Status"), Words("Hypothesis"), Words("Created")};
constexpr std::array k_experiment_heads = {Words("Objective"), Words("Setup"),   Words("Procedure"),       Words("Caveats"), Words("Intent"),
                                           Words("Progress"),  Words("Results"), Words("Outcome Summary"), Words("Decision")};
constexpr std::array k_finding_meta = {Words("Hypothesis"), Words("Experiment"), Words("Impact"), Words("Created")};
constexpr std::array k_finding_heads = {Words("Finding"), Words("Evidence"), Words("Caveats"), Words("What Improved For Real"), Words("Remaining Debt"), Words("Next Move")};
constexpr std::array k_thread_meta = {Words("Status"), Words("Created")};
constexpr std::array k_thread_heads = {Words("Statement"), Words("Sub-questions"), Words("Promotion criteria"), Words("Open links"), Words("Notes"), Words("Conclusion")};
constexpr std::array k_literature_meta = {Words("Type"), Words("Date reviewed"), Words("Relevance")};
constexpr std::array k_challenge_review_meta = {Words("Target"), Words("Requested by"), Words("Reviewer"), Words("Date")};
constexpr std::array k_strategic_review_meta = {Words("Scope"), Words("Challenge Review"), Words("Date")};
constexpr std::array k_active_heads = {Words("Current Objective"), Words("Next Step"), Words("Blocker"), Words("Links")};
constexpr std::array k_challenge_heads = {Words("Objective"), Words("Context"), Words("Success Criteria"), Words("Constraints"), Words("Links")};
constexpr std::array k_dashboard_heads = {Words("Entry Points"), Words("Links")};

// In the order of NoteKind.
constexpr std::array k_kinds = {
    KindInfo{NoteKind::hypothesis, "hypothesis", "H", "research/hypotheses", k_hypothesis_meta, k_hypothesis_heads, ""},
    KindInfo{NoteKind::experiment, "experiment", "E", "research/experiments", k_experiment_meta, k_experiment_heads, ""},
    KindInfo{NoteKind::finding, "finding", "F", "research/findings", k_finding_meta, k_finding_heads, ""},
    KindInfo{NoteKind::thread, "thread", "T", "research/threads", k_thread_meta, k_thread_heads, ""},
    KindInfo{NoteKind::literature, "literature", "L", "research/literature", k_literature_meta, {}, ""},
    KindInfo{NoteKind::challenge_review, "challenge review", "CR", "reports", k_challenge_review_meta, {}, ""},
    KindInfo{NoteKind::strategic_review, "strategic review", "SR", "reports", k_strategic_review_meta, {}, ""},
    KindInfo{NoteKind::active, "active", "", "ACTIVE.md", {}, k_active_heads, "ACTIVE"},
    KindInfo{NoteKind::challenge, "challenge", "", "mission/CHALLENGE.md", {}, k_challenge_heads, "CHALLENGE"},
    KindInfo{NoteKind::dashboard, "dashboard", "", "DASHBOARD.md", {}, k_dashboard_heads, "DASHBOARD"},
    KindInfo{NoteKind::lesson, "lesson", "", "lessons", {}, {}, ""},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::span<const KindInfo> all_kinds() { return k_kinds; }

const KindInfo& info_of(NoteKind kind) { return k_kinds[static_cast<std::size_t>(kind)]; }

const KindInfo* kind_of_prefix(std::string_view prefix) {
    const auto found = std::ranges::find_if(k_kinds, [&](const KindInfo& kind) { return !kind.prefix.empty() && kind.prefix == prefix; });
    return found == k_kinds.end() ? nullptr : &*found;
}

const KindInfo* kind_of_word(std::string_view word) {
    const auto found = std::ranges::find_if(k_kinds, [&](const KindInfo& kind) { return kind.word == word; });
    return found == k_kinds.end() ? nullptr : &*found;
}

const KindInfo* kind_of_id(std::string_view id) {
    if (id.size() < 4 || id.size() > 5) { return nullptr; }
    const std::string_view digits = id.substr(id.size() - 3);
    return std::ranges::all_of(digits, is_digit) ? kind_of_prefix(id.substr(0, id.size() - 3)) : nullptr;
}

std::optional<std::string> id_of_file(std::string_view name, const KindInfo& kind) {
    const std::size_t length = kind.prefix.size() + 3;
    if (!name.ends_with(".md") || name.size() < length + 5 || name[length] != '-') { return std::nullopt; }
    const std::string_view id = name.substr(0, length);
    return kind_of_id(id) == &kind ? std::optional(std::string(id)) : std::nullopt;
}

std::string slug_of(std::string_view title) {
    std::string slug;
    for (const char c : core::lower_ascii(title)) {
        const bool is_kept = (c >= 'a' && c <= 'z') || is_digit(c);
        if (is_kept) {
            slug += c;
        } else if (!slug.empty() && slug.back() != '-') {
            slug += '-';
        }
        if (slug.size() == 60) { break; }
    }
    while (slug.ends_with('-')) { slug.pop_back(); }
    return slug.empty() ? "untitled" : slug;
}

}  // namespace runlake::kb

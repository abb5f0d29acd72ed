// SPDX-License-Identifier: Apache-2.0
#include "ledger/conflict.hpp"

#include <cstdint>
#include <limits>
#include <tuple>

#include "core/ids.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "ledger/entry.hpp"
#include "ledger/extra.hpp"
#include "ledger/members.hpp"
#include "ledger/run_entry.hpp"
#include "ledger/standing.hpp"

namespace runlake::ledger {
namespace {

using core::cat;

constexpr std::size_t k_marker = 7;

bool is_marker(std::string_view line, char sign) {
    if (line.ends_with('\r')) { line.remove_suffix(1); }
    return line.size() >= k_marker && line.substr(0, k_marker) == std::string(k_marker, sign) && (line.size() == k_marker || line[k_marker] == ' ');
}

enum class Part : std::uint8_t { both, ours, base, theirs };

}  // namespace

core::Result<std::optional<Sides>> split_conflict(std::string_view text) {
    if (text.find("<<<<<<<") == std::string_view::npos) { return std::optional<Sides>(); }
    Sides sides;
    Part part = Part::both;
    bool any = false;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view whole = text.substr(0, end == std::string_view::npos ? text.size() : end + 1);
        const std::string_view line = whole.substr(0, whole.size() - (end == std::string_view::npos ? 0 : 1));
        text.remove_prefix(whole.size());
        if (is_marker(line, '<') && part == Part::both) {
            part = Part::ours;
            any = true;
        } else if (is_marker(line, '|') && part == Part::ours) {
            part = Part::base;
        } else if (is_marker(line, '=') && (part == Part::ours || part == Part::base)) {
            part = Part::theirs;
        } else if (is_marker(line, '>') && part == Part::theirs) {
            part = Part::both;
        } else {
            if (part == Part::both || part == Part::ours) { sides.ours += whole; }
            if (part == Part::both || part == Part::theirs) { sides.theirs += whole; }
        }
    }
    if (part != Part::both) { return corrupt("its conflict markers do not pair: resolve the merge by hand, or take the file out of git again"); }
    return any ? std::optional(std::move(sides)) : std::nullopt;
}

core::Result<Standing> standing_of(TextKind kind, std::string_view id, std::string_view text) {
    Standing standing;
    const auto fill = [&](const auto& entry) {
        standing.machine = entry.machine;
        standing.complete = entry.end == JobEnd::complete;
        standing.ended_at = entry.ended_at ? entry.ended_at->micros : std::numeric_limits<std::int64_t>::max();
        standing.promoted_at = entry.promoted_at.micros;
        return standing;
    };
    if (kind == TextKind::extra) {
        RL_ASSIGN(const Extra extra, parse_extra(text, id));
        return fill(extra);
    }
    if (kind == TextKind::job) {
        RL_ASSIGN(const JobId job, JobId::parse(id));
        RL_ASSIGN(const JobEntry entry, parse_job_entry(text, job));
        return fill(entry);
    }
    RL_ASSIGN(const core::RunId run, core::RunId::parse(id));
    RL_ASSIGN(const RunEntry entry, parse_run_entry(text, run));
    return fill(entry);
}

bool stands_before(const Standing& a, const Standing& b) {
    if (a.machine == b.machine && a.promoted_at != b.promoted_at) { return a.promoted_at > b.promoted_at; }
    const auto rank = [](const Standing& one) { return std::tuple(!one.complete, one.ended_at, one.promoted_at, std::string_view(one.machine)); };
    return rank(a) < rank(b);
}

core::Result<std::string> merge_texts(TextKind kind, std::string_view id, std::string_view a, std::string_view b) {
    auto first = standing_of(kind, id, a);
    auto second = standing_of(kind, id, b);
    // What a later version wrote is never thrown away by this one.
    for (const auto* side : {&first, &second}) {
        if (!side->ok() && side->error().code() == core::Errc::unsupported) { return side->error(); }
    }
    if (!first.ok() && !second.ok()) { return std::move(first).take_error(); }
    if (!first.ok()) { return std::string(b); }
    if (!second.ok()) { return std::string(a); }
    if (stands_before(first.value(), second.value())) { return std::string(a); }
    if (stands_before(second.value(), first.value())) { return std::string(b); }
    return std::string(a < b ? a : b);
}

core::Result<Claim> claim_of(std::string_view text) {
    RL_ASSIGN(const core::Json whole, core::parse_json(text, "entry"));
    const std::string schema = whole.string_at("schema").value_or("");
    if (schema == k_extra_schema) {
        if (auto id = whole.string_at("id")) { return Claim{TextKind::extra, *std::move(id)}; }
    } else if (schema == k_run_schema) {
        if (auto id = whole.string_at("run_id")) { return Claim{TextKind::run, *std::move(id)}; }
    } else if (whole.find("schema_version") != nullptr) {
        if (auto id = whole.string_at("job_id")) { return Claim{TextKind::job, *std::move(id)}; }
    }
    return corrupt("it is neither an entry of the ledger nor what stands beside one");
}

core::Status check_text(TextKind kind, std::string_view id, std::string_view text) {
    RL_TRY(standing_of(kind, id, text));
    return core::ok();
}

}  // namespace runlake::ledger

// SPDX-License-Identifier: Apache-2.0
#include "lake/reference/reference.hpp"

#include <array>
#include <cmath>

#include "core/digest.hpp"
#include "core/hex.hpp"
#include "core/json_lists.hpp"
#include "core/text.hpp"
#include "lake/tactic.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr std::int64_t k_schema = 1;
constexpr std::size_t k_id_digits = 16;
using Counts = std::array<std::int64_t, k_tactic_families.size()>;

Json families_json() {
    Json list = Json::array();
    for (const auto family : k_tactic_families) { list.push(family); }
    return list;
}

void append_counts(std::string& out, std::string_view name, const Counts& counts) {
    out += cat('"', name, "\":[");
    for (std::size_t i = 0; i < counts.size(); ++i) { out += cat(i == 0 ? "" : ",", counts[i]); }
    out += ']';
}

void append_outcomes(std::string& out, const metrics::Outcomes& outcomes) {
    out += '{';
    append_counts(out, "attempts", outcomes.attempts);
    out += ',';
    append_counts(out, "successes", outcomes.successes);
    out += '}';
}

// What is wrong with a document, told with its name.
class Reader {
  public:
    explicit Reader(std::string_view what) : what_(what) {}
    Error bad(std::string_view why) const { return {Errc::corrupt, cat("reading ", what_, ": ", why)}; }
    Error other(std::string_view why) const { return {Errc::unsupported, cat("reading ", what_, ": ", why)}; }

    core::Result<Counts> counts(const Json& value, std::string_view name, std::string_view place) const {
        const auto& items = core::list_at(value, name);
        Counts out{};
        if (items.size() != out.size()) { return bad(cat(place, ".", name, " is no list of ", out.size(), " numbers")); }
        for (std::size_t i = 0; i < out.size(); ++i) {
            const auto* number = items[i].as_integer();
            if (number == nullptr || *number < 0) { return bad(cat(place, ".", name, " has what is no count")); }
            out[i] = *number;
        }
        return out;
    }

    core::Result<metrics::Outcomes> outcomes(const Json& value, std::string_view place) const {
        metrics::Outcomes out;
        RL_ASSIGN(out.attempts, counts(value, "attempts", place));
        RL_ASSIGN(out.successes, counts(value, "successes", place));
        for (std::size_t i = 0; i < out.attempts.size(); ++i) {
            if (out.successes[i] > out.attempts[i]) { return bad(cat(place, " has more successes than attempts")); }
        }
        return out;
    }

    core::Result<std::vector<ReferenceMember>> members(const Json& document) const {
        const auto& list = core::list_at(document, "members");
        if (list.empty()) { return bad("it has no members"); }
        std::vector<ReferenceMember> out;
        for (const auto& item : list) {
            if (item.is_string()) { return other("its members are told by keys of another lake, not by their content: build it again here"); }
            ReferenceMember member{.run_uid = item.string_at("run_uid").value_or(""), .goal_cache_sha256 = item.string_at("goal_cache_sha256").value_or("")};
            if (!core::is_hex(member.run_uid, k_digest_digits) || (!member.goal_cache_sha256.empty() && !core::is_hex(member.goal_cache_sha256, k_digest_digits))) { return bad("a member is told by no digest"); }
            if (!out.empty() && !(out.back().run_uid < member.run_uid)) { return bad("its members are not in order, each once"); }
            out.push_back(std::move(member));
        }
        return out;
    }

    // By goal and over all, which must be the sum.
    core::Result<metrics::OutcomeTable> table(const Json& document) const {
        const auto* whole = document.find("global");
        const auto* by_sig = document.find("by_sig");
        if (whole == nullptr || by_sig == nullptr || !by_sig->is_object()) { return bad("it has no outcomes: members global and by_sig"); }
        metrics::OutcomeTable out;
        RL_ASSIGN(out.whole, outcomes(*whole, "global"));
        metrics::Outcomes sum;
        for (const auto& [sig, value] : *by_sig->as_object()) {
            RL_ASSIGN(const auto one, outcomes(value, "an entry of by_sig"));
            // Never beyond what is told of all, so that adding can't overflow.
            for (std::size_t i = 0; i < one.attempts.size(); ++i) {
                if (one.attempts[i] > out.whole.attempts[i] - sum.attempts[i] || one.successes[i] > out.whole.successes[i] - sum.successes[i]) {
                    return bad("global is not the sum of by_sig");
                }
            }
            sum.add(one);
            out.by_goal.emplace(sig, one);
        }
        if (sum != out.whole) { return bad("global is not the sum of by_sig"); }
        return out;
    }

  private:
    std::string_view what_;
};

}  // namespace

core::Result<std::string> reference_id(const Reference& reference) {
    Json uids = Json::array();
    for (const auto& member : reference.members) { uids.push(member.run_uid); }
    Json named = Json::object().set("alpha", reference.alpha).set("families", families_json()).set("run_uids", std::move(uids));
    if (!reference.meta.is_null()) { named.set("meta", reference.meta); }
    RL_ASSIGN(const auto text, core::canonical_json(named));
    return core::Sha256().update(k_goal_outcomes).update(std::string_view("\0", 1)).update(text).finish().hex().substr(0, k_id_digits);
}

core::Result<std::string> reference_text(const Reference& reference) {
    Json members = Json::array();
    for (const auto& member : reference.members) {
        members.push(Json::object().set("run_uid", member.run_uid).set("goal_cache_sha256", member.goal_cache_sha256.empty() ? Json() : Json(member.goal_cache_sha256)));
    }
    const Json head = Json::object()
                          .set("schema_version", k_schema)
                          .set("kind", k_goal_outcomes)
                          .set("alpha", reference.alpha)
                          .set("tactic_families", families_json())
                          .set("meta", reference.meta)
                          .set("members", std::move(members));
    std::string text = core::to_json(head);
    text.pop_back();
    text += ",\"global\":";
    append_outcomes(text, reference.outcomes.whole);
    text += ",\"by_sig\":{";
    bool is_first = true;
    for (const auto& [sig, outcomes] : reference.outcomes.by_goal) {
        if (!is_first) { text += ','; }
        is_first = false;
        core::append_json_string(text, sig);
        text += ':';
        append_outcomes(text, outcomes);
        if (text.size() > k_most_reference_bytes) {
            return Error(Errc::usage, cat("the reference would be larger than ", k_most_reference_bytes >> 20U, " MiB: select fewer runs, or of fewer corpora"));
        }
    }
    return text + "}}\n";
}

core::Result<Reference> parse_reference(std::string_view text, std::string_view what) {
    const Reader reader(what);
    RL_ASSIGN(const auto document, core::parse_json(text, what));
    if (!document.is_object()) { return reader.bad("it is no object"); }
    const auto version = document.integer_at("schema_version");
    if (!version) { return reader.bad("it has no schema_version"); }
    if (*version != k_schema) { return reader.other(cat("its schema has version ", *version, ", this program knows version ", k_schema)); }
    if (const auto kind = document.string_at("kind"); kind != k_goal_outcomes) { return reader.other(cat("it is of the kind \"", kind.value_or(""), "\", this program knows ", k_goal_outcomes)); }
    if (const auto* families = document.find("tactic_families"); families == nullptr || *families != families_json()) { return reader.other("it counts by other families of tactics"); }
    Reference out;
    const auto alpha = document.number_at("alpha");
    if (!alpha || !std::isfinite(*alpha) || *alpha <= 0) { return reader.bad("its alpha is no number above 0"); }
    out.alpha = *alpha;
    if (const auto* meta = document.find("meta"); meta != nullptr && !meta->is_null()) {
        if (!meta->is_object()) { return reader.bad("its meta is no object"); }
        out.meta = *meta;
    }
    RL_ASSIGN(out.members, reader.members(document));
    RL_ASSIGN(out.outcomes, reader.table(document));
    return out;
}

}  // namespace runlake::lake

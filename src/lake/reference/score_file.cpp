// SPDX-License-Identifier: Apache-2.0
#include "lake/reference/score_file.hpp"

#include <tuple>

#include "core/json_lists.hpp"
#include "core/text.hpp"
#include "lake/reference/reference.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr std::int64_t k_schema = 1;

}  // namespace

std::string scores_text(const RunScores& scores) {
    Json list = Json::array();
    for (const auto& one : scores.scores) { list.push(Json::object().set("theorem", one.theorem).set("variant", one.variant).set("score", one.payload)); }
    return core::to_json(Json::object()
                             .set("schema_version", k_schema)
                             .set("kind", k_goal_outcomes)
                             .set("ref_id", scores.ref_id)
                             .set("search_uid", scores.search_uid)
                             .set("scores", std::move(list))) +
           "\n";
}

core::Result<RunScores> parse_scores(std::string_view text, std::string_view what) {
    const auto bad = [&](std::string_view why) { return Error(Errc::corrupt, cat("reading ", what, ": ", why)); };
    RL_ASSIGN(const auto document, core::parse_json(text, what));
    if (!document.is_object()) { return bad("it is no object"); }
    const auto version = document.integer_at("schema_version");
    if (!version) { return bad("it has no schema_version"); }
    if (*version != k_schema) { return Error(Errc::unsupported, cat("reading ", what, ": its schema has version ", *version, ", this program knows version ", k_schema)); }
    RunScores out{.ref_id = document.string_at("ref_id").value_or(""), .search_uid = document.string_at("search_uid").value_or(""), .scores = {}};
    if (out.ref_id.empty() || out.search_uid.empty()) { return bad("it has no ref_id or search_uid"); }
    const auto* list = core::find_list(document, "scores");
    if (list == nullptr) { return bad("it has no list of scores"); }
    for (const auto& item : *list) {
        const auto theorem = item.string_at("theorem");
        const auto variant = item.string_at("variant");
        const auto* payload = item.find("score");
        if (!theorem || !variant || payload == nullptr || !payload->is_object()) { return bad("a score has no theorem, variant or payload"); }
        if (!out.scores.empty() && std::tie(out.scores.back().theorem, out.scores.back().variant) >= std::tie(*theorem, *variant)) { return bad("its scores are not in order, each once"); }
        out.scores.push_back({.theorem = *theorem, .variant = *variant, .payload = *payload});
    }
    return out;
}

}  // namespace runlake::lake

// SPDX-License-Identifier: Apache-2.0
#include "runs/query_filter.hpp"

#include <algorithm>
#include <array>

#include "core/json.hpp"
#include "core/text.hpp"
#include "record/model.hpp"

namespace runlake::runs {
namespace {

constexpr std::array<std::string_view, 5> k_metric_columns{"rows_in", "rows_out", "llm_calls", "tokens", "duration_seconds"};

constexpr std::string_view k_last_value = "max_by(m.value, struct_pack(a := m.logged_at, b := m.n, c := m.value))";

struct Operator {
    std::string_view text;
    Compare compare;
};
// Longer ones first: "<=" is not "<".
constexpr std::array<Operator, 7> k_operators{{{"==", Compare::equal},
                                               {"!=", Compare::not_equal},
                                               {"<=", Compare::less_or_equal},
                                               {">=", Compare::greater_or_equal},
                                               {"=", Compare::equal},
                                               {"<", Compare::less},
                                               {">", Compare::greater}}};

std::string_view sql_operator(Compare compare) {
    switch (compare) {
        case Compare::equal: return " = ";
        case Compare::not_equal: return " <> ";
        case Compare::less: return " < ";
        case Compare::less_or_equal: return " <= ";
        case Compare::greater: return " > ";
        case Compare::greater_or_equal: return " >= ";
    }
    return " = ";
}

bool is_equality(Compare compare) { return compare == Compare::equal || compare == Compare::not_equal; }

core::Error bad_condition(ConditionOn on, std::string_view text, std::string_view why) {
    const std::string_view option = on == ConditionOn::tag ? "--tag" : on == ConditionOn::param ? "--param" : "--metric";
    const std::string_view example = on == ConditionOn::tag ? "team=core" : on == ConditionOn::param ? "lr>0.1 or model=big" : "rmse<0.3";
    return {core::Errc::usage, core::cat(option, " \"", core::valid_utf8(text), "\": ", why, " (for example ", option, " '", example, "')")};
}

void add_stages(QueryText& query, const std::vector<std::string>& stages) {
    query.add("(");
    for (std::size_t i = 0; i < stages.size(); ++i) {
        if (i > 0) { query.add(" OR "); }
        const bool pattern = stages[i].find_first_of("*?[") != std::string::npos;
        query.add(pattern ? "r.stage GLOB " : "r.stage = ").bind(stages[i]);
    }
    query.add(")");
}

std::vector<Cell> id_cells(const std::vector<core::RunId>& ids) { return {ids.begin(), ids.end()}; }

void add_states(QueryText& query, const std::vector<std::string>& states, const SeenRuns& seen) {
    std::vector<Cell> stored;
    std::vector<Cell> wanted_seen;
    for (const std::string& state : states) {
        if (state != "unwatched") { stored.emplace_back(state); }
        const std::vector<core::RunId>& ids = state == "unwatched" ? seen.unwatched : seen.abandoned;
        if (state == "unwatched" || state == "abandoned") { wanted_seen.insert(wanted_seen.end(), ids.begin(), ids.end()); }
    }
    std::vector<Cell> all_seen = id_cells(seen.unwatched);
    all_seen.insert(all_seen.end(), seen.abandoned.begin(), seen.abandoned.end());
    query.add("((r.status IN ").bind_list(stored);
    if (!all_seen.empty()) { query.add(" AND r.run_id NOT IN ").bind_list(all_seen); }
    query.add(")");
    if (!wanted_seen.empty()) { query.add(" OR r.run_id IN ").bind_list(wanted_seen); }
    query.add(")");
}

void add_tag(QueryText& query, const Condition& tag) {
    query.add("r.run_id IN (SELECT t.run_id FROM run_tags t WHERE t.name = ").bind(tag.name);
    query.add(" AND t.value").add(sql_operator(tag.compare)).bind(tag.value).add(")");
}

// A parameter's value is JSON text: a word on the command line may mean the string, or the literal (true, null, 1e3) as it stands.
void add_param(QueryText& query, const Condition& param) {
    query.add("r.run_id IN (SELECT p.run_id FROM run_params p WHERE p.name = ").bind(param.name).add(" AND ");
    if (is_equality(param.compare)) {
        std::string quoted;
        core::append_json_string(quoted, param.value);
        if (param.compare == Compare::not_equal) { query.add("NOT "); }
        query.add("(p.value IN (").bind(quoted).add(", ").bind(param.value).add(")");
        if (param.number) { query.add(" OR coalesce(p.number = ").bind(*param.number).add(", false)"); }
        query.add(")");
    } else {
        query.add("p.number").add(sql_operator(param.compare)).bind(param.number.value_or(0));
    }
    query.add(")");
}

void add_metric(QueryText& query, const Condition& metric) {
    if (const auto column = metric_column(metric.name)) {
        query.add("r.").add(*column).add(sql_operator(metric.compare)).bind(metric.number.value_or(0));
        return;
    }
    query.add("r.run_id IN (SELECT m.run_id FROM run_metrics m WHERE m.name = ").bind(metric.name);
    query.add(" GROUP BY m.run_id HAVING ").add(k_last_value).add(sql_operator(metric.compare)).bind(metric.number.value_or(0)).add(")");
}

}  // namespace

core::Result<Condition> parse_condition(ConditionOn on, std::string_view text) {
    const std::size_t at = text.find_first_of("=<>!");
    if (at == std::string_view::npos) { return bad_condition(on, text, "a name, a comparison and a value are needed"); }
    const auto* found = std::ranges::find_if(k_operators, [&](const Operator& op) { return text.substr(at).starts_with(op.text); });
    if (found == k_operators.end()) { return bad_condition(on, text, "the comparison must be one of = != < <= > >="); }
    Condition condition{.name = std::string(core::trim(text.substr(0, at))),
                        .compare = found->compare,
                        .value = std::string(core::trim(text.substr(at + found->text.size()))),
                        .number = std::nullopt};
    condition.number = core::parse_float(condition.value);
    if (condition.name.empty()) { return bad_condition(on, text, "the name is missing"); }
    if (core::valid_utf8(text) != text) { return bad_condition(on, text, "it is not valid UTF-8"); }
    if (on == ConditionOn::tag) {
        if (!is_equality(condition.compare)) { return bad_condition(on, text, "a tag is compared with = or != alone"); }
        return condition;
    }
    if (!condition.number && (on == ConditionOn::metric || !is_equality(condition.compare))) {
        return bad_condition(on, text, core::cat("\"", condition.value, "\" is no number"));
    }
    return condition;
}

core::Result<core::Timestamp> parse_point(std::string_view text, core::Timestamp now) {
    if (auto seconds = core::parse_duration_s(text); seconds.ok()) {
        constexpr std::int64_t k_micros = 1'000'000;
        if (seconds.value() > now.micros / k_micros) { return core::Timestamp{0}; }
        return core::Timestamp{now.micros - seconds.value() * k_micros};
    }
    auto point = core::parse_iso(text);
    if (point.ok()) { return point; }
    return core::Error(core::Errc::usage, core::cat("\"", core::valid_utf8(text), "\" is no point in time: give a duration before now (2h, 30d) or a ",
                                                    "date or time (2025-01-09, 2025-01-09T14:23:15+01:00)"));
}

core::Result<std::string> parse_shown_state(std::string_view text) {
    if (text == "unwatched") { return std::string(text); }
    if (auto state = record::parse_state(text); state.ok()) { return std::string(record::state_name(state.value())); }
    const std::array<std::string, 8> words{"running", "completed", "degraded", "failed", "stopped", "abandoned", "cached", "unwatched"};
    const auto near = core::nearest(core::lower_ascii(text), words);
    return core::Error(core::Errc::usage, core::cat("unknown state \"", core::valid_utf8(text), "\"", near ? core::cat(", did you mean ", *near, "?") : "",
                                                    " (states: ", core::join(words, " "), ")"));
}

QueryText where_clause(const Filter& filter, const SeenRuns& seen) {
    QueryText query;
    bool first = true;
    const auto next = [&]() -> QueryText& {
        query.add(first ? " WHERE " : " AND ");
        first = false;
        return query;
    };
    if (filter.tenant) { next().add("r.tenant_id = ").bind(*filter.tenant); }
    if (!filter.stages.empty()) { add_stages(next(), filter.stages); }
    if (!filter.states.empty()) { add_states(next(), filter.states, seen); }
    for (const Condition& tag : filter.tags) { add_tag(next(), tag); }
    for (const Condition& param : filter.params) { add_param(next(), param); }
    for (const Condition& metric : filter.metrics) { add_metric(next(), metric); }
    if (filter.since) { next().add("r.started_at >= ").bind(*filter.since); }
    if (filter.until) { next().add("r.started_at < ").bind(*filter.until); }
    return query;
}

bool asks_for_seen(const Filter& filter) {
    return std::ranges::any_of(filter.states, [](const std::string& state) { return state == "running" || state == "unwatched" || state == "abandoned"; });
}

QueryText final_metric(std::string_view name) {
    QueryText query;
    if (const auto column = metric_column(name)) { return query.add("r.").add(*column); }
    query.add("(SELECT ").add(k_last_value).add(" FROM run_metrics m WHERE m.run_id = r.run_id AND m.name = ").bind(std::string(name)).add(")");
    return query;
}

std::optional<std::string_view> metric_column(std::string_view name) {
    const auto* found = std::ranges::find(k_metric_columns, name);
    return found == k_metric_columns.end() ? std::nullopt : std::optional(*found);
}

}  // namespace runlake::runs

// SPDX-License-Identifier: Apache-2.0
#include "ops/runs_reading.hpp"

#include <tuple>

#include "core/text.hpp"
#include "record/journal.hpp"
#include "runs/query_find.hpp"

namespace runlake::ops {

core::Result<runs::Filter> parse_filter(const FilterWords& words, const std::optional<std::string>& tenant, core::Timestamp now) {
    runs::Filter filter{.tenant = tenant, .stages = words.stages};
    for (const std::string& word : words.states) {
        RL_ASSIGN(std::string state, runs::parse_shown_state(word));
        filter.states.push_back(std::move(state));
    }
    for (const auto& [texts, on, conditions] : {std::tuple{&words.tags, runs::ConditionOn::tag, &filter.tags},
                                                {&words.params, runs::ConditionOn::param, &filter.params},
                                                {&words.metrics, runs::ConditionOn::metric, &filter.metrics}}) {
        for (const std::string& text : *texts) {
            RL_ASSIGN(runs::Condition condition, runs::parse_condition(on, text));
            conditions->push_back(std::move(condition));
        }
    }
    const auto point = [&](const std::optional<std::string>& text, std::string_view option, std::optional<core::Timestamp>& into) -> core::Status {
        if (!text) { return core::ok(); }
        auto at = runs::parse_point(*text, now);
        if (!at.ok()) { return std::move(at).take_error().context(option); }
        into = at.value();
        return core::ok();
    };
    RL_TRY(point(words.since, "--since", filter.since));
    RL_TRY(point(words.until, "--until", filter.until));
    return filter;
}

core::Result<core::RunId> find_one(const RunsScope& scope, std::string_view id, Notes& notes) {
    RL_ASSIGN(runs::Session session, runs::Session::open(scope.store));
    notes.assign(session.notes().begin(), session.notes().end());
    return runs::find_run(session.connection(), id, scope.tenant);
}

std::string journal_stamp(const record::Store& store) {
    auto listing = record::list_segments(store);
    if (!listing.ok()) { return ""; }
    std::string stamp;
    for (const record::Segment& segment : listing.value().segments) { stamp += core::cat(segment.machine_dir, "/", segment.id, ":", segment.size, "\n"); }
    return stamp;
}

core::Json table_json(const runs::RunTable& table) {
    core::Json list = core::Json::array();
    for (const auto& row : table.rows) {
        core::Json record = core::Json::object();
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            const auto* text = std::get_if<std::string>(&row[i]);
            if (table.columns[i].source == runs::ColumnSource::param && text != nullptr) {
                auto value = core::parse_json(*text, "parameter");
                record.set(table.columns[i].name, value.ok() ? std::move(value).take() : core::Json(*text));
            } else {
                record.set(table.columns[i].name, runs::cell_json(row[i]));
            }
        }
        list.push(std::move(record));
    }
    return list;
}

}  // namespace runlake::ops

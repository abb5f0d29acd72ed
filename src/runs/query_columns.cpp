// SPDX-License-Identifier: Apache-2.0
#include "runs/query_columns.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "runs/query_filter.hpp"

namespace runlake::runs {
namespace {

struct Known {
    std::string_view name;
    std::string_view title;
    ColumnSource source;
};

constexpr ColumnSource k_runs = ColumnSource::runs;
constexpr ColumnSource k_details = ColumnSource::details;
// The sixteen of `runs` first, in their order.
constexpr std::array k_known = std::to_array<Known>({
    {"run_id", "Run ID", k_runs},
    {"tenant_id", "Tenant", k_runs},
    {"stage", "Stage", k_runs},
    {"status", "Status", k_runs},
    {"error", "Error", k_runs},
    {"input_fingerprint", "Input", k_runs},
    {"code_ref", "Code", k_runs},
    {"config_hash", "Config", k_runs},
    {"started_at", "Started At", k_runs},
    {"finished_at", "Finished At", k_runs},
    {"duration_seconds", "Duration", k_runs},
    {"rows_in", "Rows In", k_runs},
    {"rows_out", "Rows Out", k_runs},
    {"llm_calls", "LLM Calls", k_runs},
    {"tokens", "Tokens", k_runs},
    {"trace_id", "Trace ID", k_runs},
    {"parent_run_id", "Parent", k_details},
    {"span_id", "Span ID", k_details},
    {"argv", "Command", k_details},
    {"working_dir", "Folder", k_details},
    {"config_path", "Config File", k_details},
    {"machine", "Machine", k_details},
    {"host", "Host", k_details},
    {"exit_status", "Exit", k_details},
    {"signal", "Signal", k_details},
    {"error_bytes", "Error Bytes", k_details},
    {"error_file", "Error File", k_details},
    {"stderr_tail", "Stderr", k_details},
    {"degraded_reason", "Degraded By", k_details},
    {"environment", "Environment", k_details},
    {"cached_from", "Cached From", k_details},
    {"presumption", "Presumption", k_details},
    {"lost_records", "Lost Records", k_details},
    {"shown", "Shown", ColumnSource::shown},
});
constexpr std::size_t k_run_column_count = 16;

struct ShortForm {
    std::string_view from;
    std::string_view to;
};
constexpr std::array k_short_forms = std::to_array<ShortForm>({
    {"id", "run_id"},
    {"tenant", "tenant_id"},
    {"state", "status"},
    {"started", "started_at"},
    {"finished", "finished_at"},
    {"duration", "duration_seconds"},
    {"parent", "parent_run_id"},
});

constexpr std::string_view k_param = "param.";
constexpr std::string_view k_metric = "metric.";
constexpr std::string_view k_tag = "tag.";

ColumnSpec spec_of(const Known& known) { return {std::string(known.name), std::string(known.title), known.source, ""}; }

std::string_view long_form(std::string_view name) {
    const auto* found = std::ranges::find(k_short_forms, name, &ShortForm::from);
    return found == k_short_forms.end() ? name : found->to;
}

}  // namespace

core::Result<ColumnSpec> parse_column(std::string_view name) {
    for (const auto& [prefix, source] : {std::pair{k_param, ColumnSource::param}, {k_metric, ColumnSource::metric}, {k_tag, ColumnSource::tag}}) {
        if (!name.starts_with(prefix)) { continue; }
        const std::string_view key = name.substr(prefix.size());
        if (key.empty() || core::valid_utf8(key) != key) {
            return core::Error(core::Errc::usage, core::cat("column \"", core::valid_utf8(name), "\": a name must follow \"", prefix, "\""));
        }
        return ColumnSpec{std::string(name), std::string(name), source, std::string(key)};
    }
    const std::string_view wanted = long_form(name);
    const auto* found = std::ranges::find(k_known, wanted, &Known::name);
    if (found != k_known.end()) { return spec_of(*found); }
    std::vector<std::string> words;
    for (const Known& known : k_known) { words.emplace_back(known.name); }
    for (const ShortForm& form : k_short_forms) { words.emplace_back(form.from); }
    const auto near = core::nearest(core::lower_ascii(name), words);
    return core::Error(core::Errc::usage, core::cat("unknown column \"", core::valid_utf8(name), "\"", near ? core::cat(", did you mean ", *near, "?") : "",
                                                    " (parameters, metrics and tags are param.NAME, metric.NAME, tag.NAME)"));
}

core::Result<std::vector<ColumnSpec>> parse_columns(std::string_view list) {
    std::vector<ColumnSpec> columns;
    for (const std::string_view piece : core::split(list, ',')) {
        RL_ASSIGN(ColumnSpec column, parse_column(core::trim(piece)));
        const bool twice = std::ranges::any_of(columns, [&](const ColumnSpec& other) { return other.name == column.name; });
        if (twice) { return core::Error(core::Errc::usage, core::cat("column \"", column.name, "\" is named twice")); }
        columns.push_back(std::move(column));
    }
    return columns;
}

core::Result<SortKey> parse_sort(std::string_view text) {
    SortKey key;
    std::string_view name = text;
    if (text.ends_with(":desc")) {
        key.descending = true;
        name.remove_suffix(5);
    } else if (text.ends_with(":asc")) {
        name.remove_suffix(4);
    }
    RL_ASSIGN(key.column, parse_column(name));
    if (key.column.source == ColumnSource::shown) { return core::Error(core::Errc::usage, "runs can't be sorted by \"shown\": sort by status"); }
    return key;
}

std::vector<ColumnSpec> all_run_columns() {
    std::vector<ColumnSpec> columns;
    for (const Known& known : std::span(k_known).first(k_run_column_count)) { columns.push_back(spec_of(known)); }
    return columns;
}

std::vector<ColumnSpec> table_columns() {
    std::vector<ColumnSpec> columns;
    for (const std::string_view name : {"run_id", "stage", "status", "started_at", "rows_in", "rows_out", "duration_seconds"}) {
        columns.push_back(spec_of(*std::ranges::find(k_known, name, &Known::name)));
    }
    return columns;
}

QueryText column_sql(const ColumnSpec& column, Form form) {
    QueryText value;
    switch (column.source) {
        case ColumnSource::runs:
        case ColumnSource::details: value.add("r.").add(column.name); break;
        case ColumnSource::shown: value.add("r.status"); break;
        case ColumnSource::metric: value = final_metric(column.key); break;
        case ColumnSource::param:
            value.add("(SELECT min(p.value").add(form == Form::typed ? "" : "->>'$'").add(") FROM run_params p WHERE p.run_id = r.run_id AND p.name = ");
            value.bind(column.key).add(")");
            break;
        case ColumnSource::tag:
            value.add("(SELECT min(t.value) FROM run_tags t WHERE t.run_id = r.run_id AND t.name = ").bind(column.key).add(")");
            break;
    }
    if (form != Form::text) { return value; }
    return QueryText().add("CAST(").add(value).add(" AS VARCHAR)");
}

}  // namespace runlake::runs

// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/runs_shared.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include "core/text.hpp"
#include "ops/ledger_rows.hpp"

namespace runlake::cli {
namespace {

using core::cat;

constexpr std::int64_t k_second = 1'000'000;

std::string value_text(const runs::ColumnSpec& column, const runs::Cell& cell, const TimeFormat& time) {
    if (runs::is_null(cell)) { return "-"; }
    if (const auto* id = std::get_if<core::RunId>(&cell)) { return id->brief(); }
    if (const auto* at = std::get_if<core::Timestamp>(&cell)) { return time.brief(*at); }
    if (const auto* number = std::get_if<double>(&cell)) {
        return column.name == "duration_seconds" || column.key == "duration_seconds" ? duration_text(*number) : core::format_float(*number);
    }
    const auto* text = std::get_if<std::string>(&cell);
    if (text != nullptr && column.source == runs::ColumnSource::param) {
        const auto value = core::parse_json(*text, "parameter");
        if (value.ok() && value.value().is_string()) { return *value.value().as_string(); }
    }
    return runs::cell_text(cell);
}

// A checkout in which nothing was recorded yet may hold a ledger.
core::Result<record::Store> store_to_read(Invocation& inv, bool all_machines) {
    auto store = inv.store(record::OpenStore::existing);
    if (store.ok() || store.error().code() != core::Errc::not_found || !all_machines) { return store; }
    auto planned = inv.store(record::OpenStore::planned);
    return planned.ok() && ops::has_ledger(planned.value()) ? std::move(planned) : std::move(store);
}

// Words and times that say who a run is keep their width.
bool may_shrink(const runs::ColumnSpec& column) {
    constexpr std::array k_firm = std::to_array<std::string_view>(
        {"run_id", "status", "shown", "started_at", "finished_at", "duration_seconds", "rows_in", "rows_out", "exit_status", "signal"});
    return std::ranges::find(k_firm, column.name) == k_firm.end();
}

}  // namespace

core::Result<std::optional<std::string>> tenant_of(Invocation& inv) {
    if (auto given = inv.value("--tenant")) {
        if (given->empty()) { return core::Error(core::Errc::usage, "--tenant: the name is empty"); }
        return given;
    }
    RL_ASSIGN(const record::Settings settings, inv.settings());
    return settings.text_if("tenant");
}

core::Result<ops::RunsScope> scope_of(Invocation& inv, bool all_machines) {
    RL_ASSIGN(record::Store store, store_to_read(inv, all_machines));
    RL_ASSIGN(std::optional<std::string> tenant, tenant_of(inv));
    return ops::RunsScope{std::move(store), std::move(tenant)};
}

core::Result<std::optional<ops::RunsScope>> scope_or_answer(Invocation& inv, core::Json empty, bool all_machines) {
    RL_ASSIGN(std::optional<std::string> tenant, tenant_of(inv));
    auto store = store_to_read(inv, all_machines);
    if (store.ok()) { return std::optional(ops::RunsScope{std::move(store).take(), std::move(tenant)}); }
    if (store.error().code() != core::Errc::not_found) { return std::move(store).take_error(); }
    if (inv.json()) {
        inv.answer(std::move(empty));
    } else {
        inv.out(cat("No runs are recorded here yet: ", store.error().message(), ".\nRecord one with: runlake run -- CMD\n"));
    }
    return std::optional<ops::RunsScope>();
}

ops::FilterWords filter_words(const Invocation& inv) {
    return {.stages = inv.values("--stage"),
            .states = inv.values("--state"),
            .tags = inv.values("--tag"),
            .params = inv.values("--param"),
            .metrics = inv.values("--metric"),
            .since = inv.value("--since"),
            .until = inv.value("--until")};
}

void say_notes(Invocation& inv, const ops::Notes& notes) {
    for (const std::string& note : notes) { inv.say(note); }
}

core::Result<TimeFormat> TimeFormat::of(const Invocation& inv) {
    if (inv.flag("--utc") && inv.flag("--local")) { return core::Error(core::Errc::usage, "--utc and --local exclude each other"); }
    if (inv.flag("--utc")) { return TimeFormat(false); }
    if (inv.flag("--local")) { return TimeFormat(true); }
    RL_ASSIGN(const record::Settings settings, inv.settings());
    return TimeFormat(settings.text("display.time") == "local");
}

std::string TimeFormat::brief(core::Timestamp at) const { return full(at).substr(0, 19); }

std::string TimeFormat::full(core::Timestamp at) const {
    long offset = 0;
    if (local_) {
        const auto seconds = static_cast<std::time_t>(at.micros / k_second - (at.micros % k_second < 0 ? 1 : 0));
        std::tm parts{};
        if (::localtime_r(&seconds, &parts) != nullptr) { offset = parts.tm_gmtoff; }
    }
    std::string text = core::format_iso({at.micros + offset * k_second}).substr(0, 19);
    if (text.size() > 10) { text[10] = ' '; }
    const long minutes = (offset < 0 ? -offset : offset) / 60;
    const std::array<long, 2> parts{minutes / 60, minutes % 60};
    text += offset < 0 ? '-' : '+';
    for (std::size_t i = 0; i < parts.size(); ++i) { text += cat(i == 0 ? "" : ":", parts[i] < 10 ? "0" : "", parts[i]); }
    return text;
}

std::string counted(std::uint64_t count, std::string_view one) { return core::cat(count, ' ', one, count == 1 ? "" : "s"); }

std::string duration_text(double seconds) { return core::format_fixed(seconds, 2) + "s"; }

std::vector<runs::ColumnSpec> brief_columns(const runs::RunTable& table) {
    std::vector<runs::ColumnSpec> columns;
    for (const std::string_view name : {"run_id", "stage", "status", "started_at", "rows_in", "rows_out", "duration_seconds", "machine"}) {
        const auto found = std::ranges::find(table.columns, name, &runs::ColumnSpec::name);
        if (found != table.columns.end()) { columns.push_back(*found); }
    }
    return columns;
}

std::string runs_table(const runs::RunTable& table, const std::vector<runs::ColumnSpec>& columns, const TimeFormat& time, const render::Look& look) {
    std::vector<render::Column> heads;
    std::vector<std::size_t> places;
    for (const runs::ColumnSpec& column : columns) {
        heads.push_back({.title = column.title, .may_shrink = may_shrink(column)});
        const auto found = std::ranges::find(table.columns, column.name, &runs::ColumnSpec::name);
        places.push_back(static_cast<std::size_t>(found - table.columns.begin()));
    }
    std::vector<render::Row> rows;
    rows.reserve(table.rows.size());
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        render::Row line;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            std::string text = value_text(columns[i], table.rows[row][places[i]], time);
            render::Tone tone = render::Tone::plain;
            if (columns[i].name == "status" || columns[i].name == "shown") {
                text = runs::shown_state(table.ids[row], text, table.seen);
                tone = render::state_tone(text);
            }
            line.push_back({std::move(text), tone});
        }
        rows.push_back(std::move(line));
    }
    return render::table(heads, rows, look);
}

}  // namespace runlake::cli

// SPDX-License-Identifier: Apache-2.0
// Extractor "mcts_trace": one row of counts for each event stream of a search, read as a stream.
#include <algorithm>
#include <array>
#include <map>
#include <unordered_set>

#include "core/python_json.hpp"
#include "core/text.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"

namespace runlake::lake {
namespace {

using core::Json;

constexpr auto k_columns = std::to_array<Column>({
    k_run_key_column,
    {"theorem", ColumnType::text, "", true},
    {"rel_path", ColumnType::text, "below the run's folder", true},
    {"variant", ColumnType::text, ""},
    {"source_sha256", ColumnType::text, "of the file's bytes"},
    {"line_count", ColumnType::integer, "blank and bad lines too"},
    {"bad_json_lines", ColumnType::integer, "lines that are no JSON object, or too long"},
    {"event_count", ColumnType::integer, ""},
    {"iteration_event_count", ColumnType::integer, ""},
    {"tactic_attempt_event_count", ColumnType::integer, ""},
    {"max_iteration", ColumnType::integer, ""},
    {"unique_mvar_count", ColumnType::integer, "nodes that iterations looked at"},
    {"candidate_total", ColumnType::integer, "candidates of all iterations"},
    {"candidate_max", ColumnType::integer, "most candidates of one iteration"},
    {"event_counts_json", ColumnType::json, "events by name, \"_unknown\" for those without one that is known"},
});
constexpr Table k_stats = {"mcts_trace_stats", "What the event stream of a search holds, counted.", k_columns, KeyCheck::certain};
constexpr std::array<const Table*, 1> k_tables = {&k_stats};
constexpr auto k_events = std::to_array<std::string_view>({"abort", "iteration", "tactic_attempt"});

struct Counts {
    std::int64_t lines = 0;
    std::int64_t bad = 0;       // too long ones among them
    std::int64_t too_long = 0;
    std::int64_t candidates = 0;
    std::int64_t most_candidates = 0;
    std::optional<std::int64_t> max_iteration;
    std::map<std::string, std::int64_t, std::less<>> events;
    std::unordered_set<std::string> mvars;

    std::int64_t of(std::string_view event) const {
        const auto found = events.find(event);
        return found == events.end() ? 0 : found->second;
    }
    void add(const Json& record) {
        const auto name = text_cell(record.find("event"));
        const bool known = name && std::find(k_events.begin(), k_events.end(), *name) != k_events.end();
        ++events[known ? *name : "_unknown"];
        if (const auto iteration = integer_cell(record.find("iteration")); iteration && iteration > max_iteration) { max_iteration = iteration; }
        if (!known) { return; }
        if (auto mvar = text_cell(member(record.find("node"), "mvar_id"))) { mvars.insert(std::move(*mvar)); }
        if (*name != "iteration") { return; }
        const auto tactics = count_cell(record.find("tactics")).value_or(0);
        candidates += tactics;
        most_candidates = std::max(most_candidates, tactics);
    }
};

core::Status extract(const SourceFile& file, FileInput& input, Extraction& out) {
    Counts counts;
    RL_TRY(input.lines([&](const FileInput::Line& line) -> core::Status {
        ++counts.lines;
        if (line.too_long) {
            ++counts.bad;
            ++counts.too_long;
            if (!out.warning_line) { out.warning_line = line.number; }
            return core::ok();
        }
        if (core::trim(line.text).empty()) { return core::ok(); }
        auto record = core::parse_python_json(line.text, "line");
        if (record.ok() && record.value().is_object()) {
            counts.add(record.value());
        } else {
            ++counts.bad;
            if (!out.warning_line) { out.warning_line = line.number; }
        }
        return core::ok();
    }));
    const auto warn = [&](std::int64_t lines, std::string_view of_one, std::string_view of_several) {
        if (lines > 0) { out.warnings.push_back(lines == 1 ? core::cat("1 line ", of_one) : core::cat(lines, " lines ", of_several)); }
    };
    warn(counts.bad - counts.too_long, "is no JSON object", "are no JSON object");
    warn(counts.too_long, "is longer than a line may be", "are longer than a line may be");
    Json events = Json::object();
    std::int64_t total = 0;
    for (const auto& [name, count] : counts.events) {
        events.set(name, count);
        total += count;
    }
    out.rows.row(k_stats, file.run_key, file.theorem, file.rel_path, file.variant, input.sha256(), counts.lines, counts.bad, total, counts.of("iteration"), counts.of("tactic_attempt"),
                 counts.max_iteration, static_cast<std::int64_t>(counts.mvars.size()), counts.candidates, counts.most_candidates, core::to_json(events));
    return core::ok();
}

}  // namespace

extern const Extractor k_mcts_trace_extractor = {.name = "mcts_trace", .stage = "read_mcts_trace", .done_word = "trace_summarized", .error_word = "trace_error",
                                                 .tables = k_tables, .reading = Reading::each,
                                                 .takes = [](const SourceFile& file) { return !file.is_run_file() && file.kind == ArtifactKind::mcts_trace; },
                                                 .extract = extract, .skipped_word = "trace_skipped_unchanged"};

}  // namespace runlake::lake

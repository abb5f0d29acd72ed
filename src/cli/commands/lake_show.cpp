// SPDX-License-Identifier: Apache-2.0
// `runlake lake show`
#include "ops/lake_show.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/render/panel.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_arguments = {Argument{.name = "RUN", .help = "its key, uid or id, the beginning of one, its name, or a path in its folder"}};
constexpr std::size_t k_shown = 20;   // of files and problems: --json has all

std::string text_of(const core::Json& value) { return value.is_string() ? *value.as_string() : core::to_json(value); }

std::string label_of(std::string_view name) {
    std::string label(name);
    for (char& c : label) {
        if (c == '_') { c = ' '; }
    }
    label.front() = static_cast<char>(label.front() - 'a' + 'A');
    return label + ": ";
}

void append_values(const core::Json& values, std::string_view title, std::vector<render::PanelLine>& lines) {
    const auto* members = values.as_object();
    if (members == nullptr || members->empty()) { return; }
    lines.push_back({});
    lines.push_back({std::string(title), "", render::Tone::strong});
    for (const auto& [name, value] : *members) { lines.push_back({core::cat("  ", name, ": "), value.is_null() ? "-" : text_of(value)}); }
}

std::vector<render::PanelLine> lines_of(const ops::LakeShowResponse& response) {
    std::vector<render::PanelLine> lines;
    for (const auto& [name, value] : *response.run.as_object()) {
        if (value.is_null()) { continue; }
        const bool is_gone = name == "dir" && !response.is_there;
        lines.push_back({label_of(name), is_gone ? core::cat(text_of(value), " (not there now)") : text_of(value), is_gone ? render::Tone::warn : render::Tone::plain});
    }
    append_values(response.params, "Parameters", lines);
    append_values(response.metrics, "Metrics", lines);
    lines.push_back({});
    std::int64_t bytes = 0;
    for (const auto& file : response.files) { bytes += file.bytes; }
    lines.push_back({"Files: ", core::cat(core::group_thousands(static_cast<std::int64_t>(response.files.size())), " (", core::group_thousands(bytes), " bytes)")});
    for (std::size_t i = 0; i < response.files.size() && i < k_shown; ++i) { lines.push_back({"  ", core::cat(response.files[i].rel_path, "  ", core::group_thousands(response.files[i].bytes))}); }
    if (response.files.size() > k_shown) { lines.push_back({"  ", core::cat("and ", response.files.size() - k_shown, " more (--json has all)")}); }
    lines.push_back({});
    lines.push_back({"Rows by table", "", render::Tone::strong});
    for (const auto& table : response.tables) { lines.push_back({core::cat("  ", table.table, ": "), core::group_thousands(table.rows)}); }
    lines.push_back({});
    lines.push_back({"Problems: ", response.problems.empty() ? "none" : std::to_string(response.problems.size()), response.problems.empty() ? render::Tone::good : render::Tone::bad});
    for (std::size_t i = 0; i < response.problems.size() && i < k_shown; ++i) {
        const auto& problem = response.problems[i];
        const auto where = problem.line ? core::cat(problem.rel_path, ":", *problem.line) : problem.rel_path;
        lines.push_back({"  ", core::cat(problem.severity, " ", problem.stage, where.empty() ? "" : " ", where, ": ", problem.error)});
    }
    if (response.run.string_at("source") == "proof-search") {
        lines.push_back({});
        lines.push_back({"In dashboards: ", response.dashboard.empty() ? "nothing speaks against it" : "", response.dashboard.empty() ? render::Tone::good : render::Tone::plain});
        for (const auto& reason : response.dashboard) {
            lines.push_back({"  ", core::cat(reason.stops ? "refused: " : "may be left out: ", reason.text), reason.stops ? render::Tone::bad : render::Tone::warn});
        }
    }
    return lines;
}

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const auto store, inv.store(record::OpenStore::planned));
    RL_ASSIGN(const auto response, ops::lake_show({.store = store, .run = inv.value("RUN").value_or("")}));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    const auto title = response.run.string_at("name").value_or(response.run.string_at("run_id").value_or(response.run.string_at("run_key").value_or("")));
    inv.out(render::panel(core::cat("Lake Run: ", title), lines_of(response), {.color = inv.color(), .width = inv.width()}));
    return 0;
}

}  // namespace

extern const Command k_lake_show = {.name = "lake show", .summary = "Show what the lake knows of one run, and why a dashboard would not take it", .arguments = k_arguments, .run = run};

}  // namespace runlake::cli

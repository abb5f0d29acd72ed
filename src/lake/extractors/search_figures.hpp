// SPDX-License-Identifier: Apache-2.0
// The figures of one search: how its trajectory went, and its detours. A variant's own file has them, and postprocess computes them under the same names.
#pragma once

#include <array>
#include <string_view>
#include <tuple>

#include "lake/extractors/cells.hpp"
#include "lake/extractors/columns.hpp"

namespace runlake::lake {

inline constexpr auto k_search_figure_columns = std::to_array<Column>({
    {"trajectory_total_iterations", ColumnType::integer, ""},
    {"trajectory_backtrack_count", ColumnType::integer, ""},
    {"trajectory_max_depth_reached", ColumnType::integer, ""},
    {"trajectory_depth_at_solution", ColumnType::integer, ""},
    {"trajectory_unique_goals_visited", ColumnType::integer, ""},
    {"trajectory_tactic_diversity", ColumnType::integer, ""},
    {"detour_total_iterations", ColumnType::integer, ""},
    {"detour_total_attempts", ColumnType::integer, ""},
    {"detour_success_count", ColumnType::integer, ""},
    {"detour_failure_count", ColumnType::integer, ""},
    {"detour_blocked_count", ColumnType::integer, ""},
    {"detour_failure_ratio", ColumnType::real, ""},
    {"detour_max_depth", ColumnType::integer, ""},
    {"detour_depth_at_solution", ColumnType::integer, ""},
    {"detour_terminal_iteration", ColumnType::integer, ""},
});

// The cells of these columns, out of the members "trajectory" and "detour".
inline auto search_figures(const core::Json& search) {
    const auto* trajectory = search.find("trajectory");
    const auto* detour = search.find("detour");
    const auto whole = [](const core::Json* object, std::string_view key) { return integer_cell(member(object, key)); };
    return std::tuple(whole(trajectory, "total_iterations"), whole(trajectory, "backtrack_count"), whole(trajectory, "max_depth_reached"), whole(trajectory, "depth_at_solution"),
                      whole(trajectory, "unique_goals_visited"), whole(trajectory, "tactic_diversity"), whole(detour, "total_iterations"), whole(detour, "total_attempts"),
                      whole(detour, "success_count"), whole(detour, "failure_count"), whole(detour, "blocked_count"), real_cell(member(detour, "failure_ratio")),
                      whole(detour, "max_depth"), whole(detour, "depth_at_solution"), whole(detour, "terminal_iteration"));
}

}  // namespace runlake::lake

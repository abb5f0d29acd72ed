// SPDX-License-Identifier: Apache-2.0
// What the commands over runs have in common: their options, times as people read them, and rows for tables.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/render/table.hpp"
#include "core/clock.hpp"
#include "ops/runs_reading.hpp"

namespace runlake::cli {

inline constexpr Option k_tenant_option{.names = "--tenant", .value = "NAME", .help = "only runs of this tenant (setting: tenant)"};
inline constexpr Option k_all_machines_option{.names = "--all-machines", .value = "", .help = "also the jobs of other machines that the ledger holds"};
inline constexpr Option k_utc_option{.names = "--utc", .value = "", .help = "show times in UTC"};
inline constexpr Option k_local_option{.names = "--local", .value = "", .help = "show times in the local time zone (setting: display.time)"};

inline constexpr Option k_stage_option{.names = "--stage", .value = "NAME", .help = "only runs of this stage; * ? and [a-c] match", .repeats = true};
inline constexpr Option k_state_option{.names = "--state", .value = "STATE", .help = "only runs in this state, as tables show it", .repeats = true};
inline constexpr Option k_tag_option{.names = "--tag", .value = "K=V", .help = "only runs with this tag; also K!=V", .repeats = true};
inline constexpr Option k_param_option{
    .names = "--param", .value = "COND", .help = "only runs with such a parameter: model=big, lr>0.1 (= != < <= > >=)", .repeats = true};
inline constexpr Option k_metric_option{.names = "--metric", .value = "COND", .help = "only runs with such a final metric: rmse<0.3", .repeats = true};
inline constexpr Option k_since_option{.names = "--since", .value = "WHEN", .help = "only runs started then or later: 2h, 30d (ago), or a date or time"};
inline constexpr Option k_until_option{.names = "--until", .value = "WHEN", .help = "only runs started before"};
inline constexpr Option k_columns_option{
    .names = "--columns", .value = "A,B,C", .help = "the columns, in this order; also param.NAME, metric.NAME, tag.NAME"};

inline constexpr Argument k_run_argument{.name = "ID", .help = "the run's id, or the beginning of it"};

// --tenant, else the setting; nothing for all runs.
core::Result<std::optional<std::string>> tenant_of(Invocation& inv);
// Store and tenant. Errc::not_found when there is no store; with `all_machines` a ledger is enough.
core::Result<ops::RunsScope> scope_of(Invocation& inv, bool all_machines = false);
// As scope_of(), but nothing when there is no store, after saying so as the answer: `empty` with --json, a line otherwise.
core::Result<std::optional<ops::RunsScope>> scope_or_answer(Invocation& inv, core::Json empty, bool all_machines = false);
ops::FilterWords filter_words(const Invocation& inv);
void say_notes(Invocation& inv, const ops::Notes& notes);

// How times are shown: --utc and --local, else the setting.
class TimeFormat {
  public:
    static core::Result<TimeFormat> of(const Invocation& inv);
    std::string brief(core::Timestamp at) const;  // "2025-01-09 14:23:15"
    std::string full(core::Timestamp at) const;   // "2025-01-09 14:23:15+00:00"

  private:
    explicit TimeFormat(bool local) : local_(local) {}
    bool local_;
};

std::string counted(std::uint64_t count, std::string_view one);  // "1 run", "2 runs"
std::string duration_text(double seconds);  // "12.45s"

// The rows as a table: states as they are seen, ids by their first 8 characters, "-" for what is missing.
std::string runs_table(const runs::RunTable& table, const std::vector<runs::ColumnSpec>& columns, const TimeFormat& time, const render::Look& look);
// The columns of the seed's table and the machine, out of those that are there.
std::vector<runs::ColumnSpec> brief_columns(const runs::RunTable& table);

}  // namespace runlake::cli

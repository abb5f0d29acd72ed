// SPDX-License-Identifier: Apache-2.0
// A run's parts as rows of the tables, and back.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "runs/merge.hpp"
#include "sql/appender.hpp"
#include "sql/database.hpp"

namespace runlake::runs {

// The number of an id's first 8 hex digits. It takes a quarter of an id's room, so that a search of all of them for a prefix reads so much less.
std::int64_t id_prefix(const core::RunId& id);

// Appends runs to the tables of one catalog. Each table's appender is opened when its first row comes.
class RowWriter {
  public:
    // The connection must outlive it. `prefix` goes before the names of tables ("" or "new_").
    RowWriter(sql::Connection& connection, std::string catalog, std::string prefix = "")
        : connection_(&connection), catalog_(std::move(catalog)), prefix_(std::move(prefix)) {}

    // Every row that stands for the run as a whole (runs, run_details, run_params, run_tags, run_inputs, fold_state). Its start must be known.
    core::Status write_run(const core::RunId& id, const RunParts& run);
    // Its rows in the tables that only grow (run_metrics, run_notes, run_errors).
    core::Status write_said(const core::RunId& id, const RunParts& run);
    core::Status write_pending(const core::RunId& id, std::string_view payload);
    core::Status flush();  // hands on all rows so that SQL sees them

  private:
    core::Result<sql::Appender*> table(std::optional<sql::Appender>& appender, std::string_view name);
    core::Status write_main(const core::RunId& id, const RunParts& run);
    core::Status write_details(const core::RunId& id, const RunParts& run);
    core::Status write_named(const core::RunId& id, const RunParts& run);
    core::Status write_texts(std::optional<sql::Appender>& appender, std::string_view name, const core::RunId& id, core::Timestamp started_at,
                             const std::set<TextPart>& texts);

    sql::Connection* connection_;
    std::string catalog_;
    std::string prefix_;
    std::optional<sql::Appender> runs_;
    std::optional<sql::Appender> details_;
    std::optional<sql::Appender> params_;
    std::optional<sql::Appender> tags_;
    std::optional<sql::Appender> metrics_;
    std::optional<sql::Appender> inputs_;
    std::optional<sql::Appender> notes_;
    std::optional<sql::Appender> errors_;
    std::optional<sql::Appender> state_;
    std::optional<sql::Appender> pending_;
};

// Reads back the runs that `condition` (SQL on run_id) selects, without what write_said() wrote, and gives each to `each`.
core::Status read_runs(sql::Connection& connection, std::string_view catalog, std::string_view condition,
                       const std::function<core::Status(const core::RunId&, RunParts&&)>& each);

}  // namespace runlake::runs

// SPDX-License-Identifier: Apache-2.0
// A lake opened for making datasets: single-threaded, read only, its tables seen through views that leave out what is no fact and that have an order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "lake/table.hpp"
#include "sql/database.hpp"

namespace runlake::lake {

// By what runs are called in the views.
enum class RunNames : std::uint8_t {
    key,  // run_key, with the other columns of place that are no absolute paths: for datasets that stay here
    uid,  // run_key holds the run_uid; no other column of place; only selected runs, each content once: for what leaves the machine
};

// A table as the views show it.
struct SeenTable {
    std::string name;
    std::string_view source = {};      // that fills it; none for what is about all runs
    std::vector<std::string> columns;  // in order
    std::vector<std::string> order;    // columns that leave no two rows in doubt; all where the table has no key
    bool is_settled = false;           // no view, but a table that was filled in a stated order
    bool has(std::string_view column) const;
};

class ExportSession {
  public:
    // Errors as open_lake().
    static core::Result<ExportSession> open(const std::string& database);

    sql::Connection& connection() { return connection_; }
    // A table of the lake as it stands on disk, quoted, for our own questions before show().
    std::string stored(std::string_view table) const;
    // Makes the table identified(): the rows of all_runs, with the run_uid, told_name (without what says where a run lies), dir, rel_dir and root_id of each. Before show(), which shows
    // all_runs only then: it looks at all runs there are.
    core::Status identify();
    static std::string_view identified();

    // Makes selected_runs(run_key, position) of these keys, which are in runs or all_runs, in their order.
    core::Status select(const std::vector<std::string>& run_keys);
    // Makes job_context(ref_id): one row, or none for "".
    core::Status set_context(const std::string& ref_id);
    // Makes the views, each called as its table or surface, so that SQL sees them instead. After select(). With RunNames::uid, of runs of equal content one stays, in selected_runs too, and of references that of the context.
    core::Status show(RunNames names);
    // Puts in place of a view a copy that was filled in its order, from where it is found afterwards; nothing where it is one. What a query leaves to the order of rows then follows from
    // the rows alone: DuckDB plans by estimates, and those of a stored table come from what was deleted there, too.
    core::Status settle(const std::string& table);
    // From here on no file but those below `folder` can be read or written, and no setting changed. What DuckDB spills goes below it too.
    core::Status confine(const std::string& folder);

    const std::vector<SeenTable>& tables() const { return tables_; }
    // One that was made beside the lake's, as a temporary table that is filled in order.
    void add(SeenTable table) {
        table.is_settled = true;
        tables_.push_back(std::move(table));
    }
    const SeenTable* find(std::string_view table) const;
    // How many runs there are of sources but proof searches. Errors as sql::Connection::query.
    core::Result<std::int64_t> count_of_others();
    std::int64_t selected_count() const { return selected_; }
    // Paths of this machine that no dataset may hold: the roots of the lake's logs and each run's folder is below one of them.
    const std::vector<std::string>& forbidden() const { return forbidden_; }

  private:
    core::Status tell_runs();
    core::Status show_table(const Table& table, RunNames names);
    core::Status show_all_runs(RunNames names);
    core::Status show_surfaces(RunNames names);
    explicit ExportSession(sql::Connection connection) : connection_(std::move(connection)) {}
    sql::Connection connection_;
    std::string catalog_;  // quoted
    std::vector<SeenTable> tables_;
    std::vector<std::string> forbidden_;
    std::int64_t selected_ = 0;
    bool is_identified_ = false;
};

}  // namespace runlake::lake

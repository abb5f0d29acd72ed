// SPDX-License-Identifier: Apache-2.0
// Everything that is recorded of one run: what `runs show` prints and `runs diff` compares.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "record/store.hpp"
#include "runs/query_filter.hpp"
#include "runs/query_text.hpp"
#include "sql/database.hpp"

namespace runlake::runs {

// Another run that this one names or is named by. State and stage are missing when it is not recorded here.
struct RunLink {
    core::RunId id;
    std::optional<std::string> stage;
    std::optional<std::string> status;
    std::optional<core::Timestamp> started_at;
};

struct MetricSummary {
    std::string name;
    std::optional<double> final;             // the last one said; missing when it was not finite
    std::int64_t points = 0;
    std::optional<std::int64_t> last_step;   // the greatest, for a series
};

struct InputLine {
    std::string path;
    std::optional<std::string> fingerprint;
    std::optional<std::int64_t> bytes;
};

struct SaidLine {  // a note or an error that did not end the run
    core::Timestamp at;
    std::string text;
};

struct LogFile {
    std::string name;          // "stdout.log"
    std::string path;          // relative to the store
    std::uint64_t bytes = 0;
};

struct RunDocument {
    core::RunId id;
    // The columns of `runs`, then those of run_details, by name, in their order.
    std::vector<std::pair<std::string, Cell>> fields;
    std::string shown;                                         // the status as far as it can be seen now
    std::vector<std::pair<std::string, core::Json>> params;    // by name, as the others
    std::vector<std::pair<std::string, std::string>> tags;
    std::vector<MetricSummary> metrics;
    std::vector<InputLine> inputs;
    std::vector<SaidLine> notes;
    std::vector<SaidLine> errors;
    std::optional<RunLink> parent;
    std::vector<RunLink> children;                             // by start
    std::optional<std::string> full_error;                     // the whole text, from its file
    std::vector<LogFile> logs;
    SeenRuns seen;

    const Cell& field(std::string_view name) const;            // NULL when there is none of that name
    std::string text(std::string_view name) const { return cell_text(field(name)); }
    std::optional<std::int64_t> integer(std::string_view name) const;
    std::optional<double> number(std::string_view name) const;
    std::optional<core::Timestamp> time(std::string_view name) const;
};

// Errc::not_found when there is no such run. Files are read from `store`; one that is missing is left out.
core::Result<RunDocument> read_document(sql::Connection& connection, const record::Store& store, const core::RunId& id,
                                        const SeenRuns* confirmed = nullptr);

core::Json document_json(const RunDocument& document);

}  // namespace runlake::runs

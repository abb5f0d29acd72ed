// SPDX-License-Identifier: Apache-2.0
// Extractors "signac_statepoint" and "signac_document": the two files of a job in a signac workspace, which is also where aexp and Runlake keep their jobs.
#include <array>

#include "core/job_id.hpp"
#include "core/text.hpp"
#include "jobs/document.hpp"
#include "jobs/status.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"
#include "lake/extractors/flat.hpp"

namespace runlake::lake {
namespace {

using core::Errc;
using core::Error;

constexpr auto k_job_columns = std::to_array<Column>({
    k_run_key_column,
    {"job_id", ColumnType::text, "of its state point, by signac's rule"},
    {"statepoint", ColumnType::json, "all of it"},
    k_rel_path_column,
});
constexpr auto k_flat_columns = std::to_array<Column>({
    k_run_key_column,
    k_flat_name,
    k_flat_value,
    k_flat_number,
    k_rel_path_column,
});
constexpr auto k_document_columns = std::to_array<Column>({
    k_run_key_column,
    {"status", ColumnType::text, "as aexp and Runlake write it"},
    {"state", ColumnType::text, "the same in the words of all_runs"},
    {"created_at", ColumnType::time, ""},
    {"started_at", ColumnType::time, ""},
    {"ended_at", ColumnType::time, ""},
    {"wallclock_s", ColumnType::real, ""},
    {"experiment_id", ColumnType::text, ""},
    {"run_id", ColumnType::text, "Runlake's, of the latest execution"},
    {"document", ColumnType::json, "all of it; it may hold paths", false, ColumnUse::place},
    k_rel_path_column,
});
constexpr Table k_jobs = {"signac_jobs", "Jobs of signac workspaces.", k_job_columns};
constexpr Table k_statepoints = {"signac_statepoints", "State points, a value a row.", k_flat_columns, KeyCheck::certain};
constexpr Table k_documents = {"signac_documents", "Documents of jobs, with what aexp and Runlake say in them.", k_document_columns};
constexpr Table k_document_values = {"signac_document_values", "Documents of jobs, a value a row.", k_flat_columns, KeyCheck::certain};
constexpr std::array<const Table*, 2> k_statepoint_tables = {&k_jobs, &k_statepoints};
constexpr std::array<const Table*, 2> k_document_tables = {&k_documents, &k_document_values};

void flat_rows(const Table& table, const SourceFile& file, const core::Json& document, Extraction& out) {
    each_leaf(document, out, [&](const std::string& name, const core::Json& leaf) {
        if (!name.empty()) { out.rows.row(table, file.run_key, name, core::to_json(leaf), number_of(leaf), file.rel_path); }
    });
}

core::Status extract_statepoint(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto state_point, read_object(input));
    auto made = core::JobId::of(state_point);
    if (!made.ok()) { return made.error().code() == Errc::usage ? Error(Errc::corrupt, "a state point holds no NaN and no infinity, for it has no id then") : std::move(made).take_error(); }
    const auto id = std::move(made).take();
    if (id.str() != file.unit_name) { out.warnings.push_back(core::cat("the folder is not named by the id of its state point, ", id.str())); }
    out.rows.row(k_jobs, file.run_key, id.str(), core::to_json(state_point), file.rel_path);
    flat_rows(k_statepoints, file, state_point, out);
    return core::ok();
}

core::Status extract_document(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto document, read_object(input));
    const auto said = text_cell(document.find(jobs::key::status));
    const auto status = said ? jobs::parse_status(*said) : std::nullopt;
    std::optional<std::string> state = said;
    if (status) { state = *status == jobs::JobStatus::complete ? "completed" : jobs::status_name(*status); }
    const auto link = jobs::link_of(document);
    const auto own = jobs::own_of(document);
    out.rows.row(k_documents, file.run_key, said, state, jobs::time_at(document, jobs::key::created_at), jobs::time_at(document, jobs::key::started_at),
                 jobs::time_at(document, jobs::key::ended_at), real_cell(document.find(jobs::key::wallclock_s)), link ? std::optional(link->experiment_id) : std::nullopt,
                 own.run ? std::optional(own.run->str()) : std::nullopt, core::to_json(document), file.rel_path);
    flat_rows(k_document_values, file, document, out);
    return core::ok();
}

}  // namespace

extern const Extractor k_signac_statepoint_extractor = {.name = "signac_statepoint", .stage = "read_statepoint", .done_word = "", .error_word = "", .tables = k_statepoint_tables,
                                                        .reading = Reading::each, .takes = [](const SourceFile& file) { return file.rel_path == "signac_statepoint.json"; },
                                                        .extract = extract_statepoint};
extern const Extractor k_signac_document_extractor = {.name = "signac_document", .stage = "read_job_document", .done_word = "", .error_word = "", .tables = k_document_tables,
                                                      .reading = Reading::each, .takes = [](const SourceFile& file) { return file.rel_path == "signac_job_document.json"; },
                                                      .extract = extract_document};

}  // namespace runlake::lake

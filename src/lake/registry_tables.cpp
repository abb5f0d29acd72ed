// SPDX-License-Identifier: Apache-2.0
#include "lake/registry_tables.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "lake/extractors/extractor.hpp"
#include "lake/source.hpp"

namespace runlake::lake {
namespace {

constexpr auto k_meta_columns = std::to_array<Column>({
    {"schema_version", ColumnType::integer, ""},
    {"created_at", ColumnType::time, "", false, ColumnUse::changing},
    {"declared", ColumnType::text, "digest of the tables as they are declared: a lake of others is made again", false, ColumnUse::changing},
});
constexpr auto k_root_columns = std::to_array<Column>({
    {"root_id", ColumnType::text, "", true, ColumnUse::place},
    {"root_path", ColumnType::text, "absolute, links resolved", false, ColumnUse::place},
    {"created_at", ColumnType::time, "when it was first reconciled", false, ColumnUse::changing},
});
constexpr auto k_unit_columns = std::to_array<Column>({
    {"unit_key", ColumnType::text, "run_key of a run; of a store of many runs its own", true, ColumnUse::place},
    {"source", ColumnType::text, "the tool that wrote it", false, ColumnUse::source},
    {"root_id", ColumnType::text, "of the shallowest known root that holds it", false, ColumnUse::place},
    {"rel_dir", ColumnType::text, "below that root", false, ColumnUse::place},
    {"dir", ColumnType::text, "absolute, links resolved", false, ColumnUse::place},
    {"stamps_digest", ColumnType::text, "of the names and stamps of its files: equal means unchanged", false, ColumnUse::changing},
    {"is_settled", ColumnType::boolean, "false: a file could change unseen, or could not be read; it is looked at again", false, ColumnUse::changing},
    {"reconciled_at", ColumnType::time, "", false, ColumnUse::changing},
});
constexpr auto k_unit_file_columns = std::to_array<Column>({
    {"unit_key", ColumnType::text, "", true, ColumnUse::place},
    {"rel_path", ColumnType::text, "below the unit's folder", true, ColumnUse::source},
    {"sha256", ColumnType::text, "of its bytes", false, ColumnUse::source},
    {"bytes", ColumnType::integer, "", false, ColumnUse::source},
    {"mtime_ns", ColumnType::integer, "", false, ColumnUse::changing},
    {"ctime_ns", ColumnType::integer, "", false, ColumnUse::changing},
    {"inode", ColumnType::integer, "", false, ColumnUse::changing},
});
constexpr auto k_run_columns = std::to_array<Column>({
    {"run_key", ColumnType::text, "of run_dir: docs/formats/lake-ids.md", true, ColumnUse::place},
    {"root_id", ColumnType::text, "of the shallowest known root that holds it", false, ColumnUse::place},
    {"rel_run_dir", ColumnType::text, "below that root", false, ColumnUse::place},
    {"run_dir", ColumnType::text, "absolute, links resolved", false, ColumnUse::place},
    {"run_id", ColumnType::text, ""},
    {"provider", ColumnType::text, "of the folder provider=<name>, else as configured"},
    {"backend", ColumnType::text, ""},
    {"mode", ColumnType::text, ""},
    {"corpus", ColumnType::text, ""},
    {"created_at", ColumnType::text, "as the run says it"},
    {"goal_sig_scheme", ColumnType::text, "the summary's, else the configuration's"},
    {"trace_mcts", ColumnType::boolean, ""},
    {"problem_space", ColumnType::json, ""},
    {"config_whitelist_hash", ColumnType::text, "equal for runs of one method"},
    {"config_full_hash", ColumnType::text, "with the selection of theorems"},
    {"run_config", ColumnType::json, "it holds paths", false, ColumnUse::place},
    {"run_status", ColumnType::json, "it may hold paths", false, ColumnUse::place},
    {"indexed_at", ColumnType::time, "", false, ColumnUse::changing},
    {"run_key_seed", ColumnType::text, "by the earlier formula", false, ColumnUse::place},
    {"run_uid", ColumnType::text, "by content: equal on every machine"},
    {"search_uid", ColumnType::text, "by what its search left, without what was computed afterwards: names its scores", false, ColumnUse::source},
});
constexpr auto k_file_columns = std::to_array<Column>({
    k_run_key_column,
    {"file_name", ColumnType::text, "", true},
    {"sha256", ColumnType::text, "of its bytes"},
    {"bytes", ColumnType::integer, ""},
    {"mtime_epoch", ColumnType::integer, "", false, ColumnUse::changing},
});
constexpr auto k_error_columns = std::to_array<Column>({
    {"run_key", ColumnType::text, "the run", false, ColumnUse::place},
    {"stage", ColumnType::text, ""},
    {"error", ColumnType::text, "", false, ColumnUse::place},
    {"recorded_at", ColumnType::time, "", false, ColumnUse::changing},
    {"rel_path", ColumnType::text, "the file, below the run's folder", false, ColumnUse::source},
    {"line", ColumnType::integer, "where it is known", false, ColumnUse::source},
    {"severity", ColumnType::text, "error: the file gave no rows; warning: it did", false, ColumnUse::source},
});
constexpr auto k_graph_error_columns = std::to_array<Column>({
    {"run_key", ColumnType::text, "the run", false, ColumnUse::place},
    {"theorem", ColumnType::text, ""},
    {"variant", ColumnType::text, ""},
    {"rel_path", ColumnType::text, ""},
    {"stage", ColumnType::text, ""},
    {"error", ColumnType::text, ""},
    {"recorded_at", ColumnType::time, "", false, ColumnUse::changing},
});
constexpr auto k_artifact_columns = std::to_array<Column>({
    k_run_key_column,
    {"theorem", ColumnType::text, "", true},
    {"rel_path", ColumnType::text, "below the run's folder", true},
    {"variant", ColumnType::text, ""},
    {"artifact_kind", ColumnType::text, ""},
    {"sha256", ColumnType::text, "of its bytes"},
    {"bytes", ColumnType::integer, ""},
    {"mtime_epoch", ColumnType::integer, "", false, ColumnUse::changing},
    {"parse_status", ColumnType::text, "what was done with it last", false, ColumnUse::changing},
    {"indexed_at", ColumnType::time, "", false, ColumnUse::changing},
});
constexpr auto k_state_columns = std::to_array<Column>({
    k_run_key_column,
    {"rel_path", ColumnType::text, "below the run's folder", true},
    {"extractor", ColumnType::text, "", true},
    {"sha256", ColumnType::text, "of the bytes that were read"},
    {"parse_ok", ColumnType::boolean, ""},
    {"extracted_at", ColumnType::time, "", false, ColumnUse::changing},
});
constexpr auto k_reference_columns = std::to_array<Column>({
    {"ref_id", ColumnType::text, "docs/formats/lake-reference.md", true},
    {"kind", ColumnType::text, "goal_outcomes"},
    {"created_at", ColumnType::time, "", false, ColumnUse::changing},
    {"meta", ColumnType::json, "as it was given"},
    {"artifact_path", ColumnType::text, "below the lake's folder"},
    {"alpha", ColumnType::real, "smooths its estimates"},
    {"members", ColumnType::integer, "runs, each content once"},
    {"goals", ColumnType::integer, "signatures with an outcome"},
    {"attempts", ColumnType::integer, ""},
    {"successes", ColumnType::integer, ""},
    {"selection", ColumnType::json, "by which its members were found; it may hold paths", false, ColumnUse::place},
});
constexpr auto k_member_columns = std::to_array<Column>({
    {"ref_id", ColumnType::text, "", true},
    {"run_key", ColumnType::text, "of a run of this lake with the member's content, else with its goal cache; null where there is none", true, ColumnUse::place},
    {"run_uid", ColumnType::text, "the member", true},
    {"goal_cache_sha256", ColumnType::text, "of the file that its outcomes were in; null where it had none"},
});
constexpr auto k_reference_file_columns = std::to_array<Column>({
    {"ref_id", ColumnType::text, "", true},
    {"file", ColumnType::text, "below the reference's folder", true},
    {"stamp", ColumnType::text, "by which a change is seen", false, ColumnUse::changing},
});
constexpr auto k_score_columns = std::to_array<Column>({
    k_run_key_column,
    {"theorem", ColumnType::text, "", true},
    {"variant", ColumnType::text, "", true},
    {"ref_id", ColumnType::text, "", true},
    {"valid", ColumnType::boolean, ""},
    {"primary_null_model", ColumnType::text, ""},
    {"tau_agent", ColumnType::integer, ""},
    {"tau_blind", ColumnType::real, ""},
    {"K", ColumnType::real, ""},
    {"score_json", ColumnType::json, ""},
    {"search_uid", ColumnType::text, "what was scored", false, ColumnUse::source},
});
constexpr auto k_job_columns = std::to_array<Column>({
    {"job_run_id", ColumnType::text, "", true},
    {"job_name", ColumnType::text, ""},
    {"created_at", ColumnType::time, "", false, ColumnUse::changing},
    {"status", ColumnType::text, ""},
    {"out_dir", ColumnType::text, "", false, ColumnUse::place},
    {"logs_root", ColumnType::text, "", false, ColumnUse::place},
    {"selection", ColumnType::json, ""},
    {"reference", ColumnType::json, ""},
    {"datasets", ColumnType::json, ""},
    {"inputs", ColumnType::json, ""},
    {"error", ColumnType::text, ""},
});
constexpr auto k_surface_columns = std::to_array<Column>({
    {"name", ColumnType::text, "of the table", true},
    {"file", ColumnType::text, "in the folder of surfaces"},
    {"sha256", ColumnType::text, "of its bytes"},
    {"columns", ColumnType::json, "name and type of each, after run_key, root_id, rel_path and row"},
    {"error", ColumnType::text, "why there is no table", false, ColumnUse::place},
    {"line", ColumnType::integer, "of the error, where it is known"},
});
constexpr auto k_surface_file_columns = std::to_array<Column>({
    {"surface", ColumnType::text, "", true},
    {"root_id", ColumnType::text, "", true, ColumnUse::place},
    {"rel_path", ColumnType::text, "below that root", true},
    {"stamp", ColumnType::text, "by which a change is seen", false, ColumnUse::changing},
    {"rows", ColumnType::integer, ""},
    {"columns", ColumnType::json, "that it gave"},
    {"error", ColumnType::text, "why it gave none", false, ColumnUse::place},
});

std::string_view use_words(ColumnUse use) {
    switch (use) {
        case ColumnUse::fact: return "";
        case ColumnUse::place: return "place";
        case ColumnUse::changing: return "changing";
        case ColumnUse::source: return "source";
    }
    return "";
}

void append_table(std::string& page, const Table& table) {
    page += core::cat("### ", table.name, "\n\n", table.help, "\n\n| column | type | | about |\n|---|---|---|---|\n");
    for (const auto& column : table.columns) {
        page += core::cat("| `", column.name, "` | ", type_name(column.type), " | ", column.is_key ? "key" : "");
        if (column.use != ColumnUse::fact) { page += core::cat(column.is_key ? ", " : "", use_words(column.use)); }
        page += core::cat(" | ", column.help, " |\n");
    }
    page += '\n';
}

}  // namespace

const Table k_schema_meta = {"schema_meta", "Of which version the tables are.", k_meta_columns, KeyCheck::none};
const Table k_log_roots = {"log_roots", "Folders that were reconciled.", k_root_columns};
const Table k_lake_units = {"lake_units", "Every folder that was read as one: a run, or a store of runs.", k_unit_columns};
const Table k_lake_files = {"lake_files", "Files of units as they were when they were read.", k_unit_file_columns};
const Table k_runs = {"runs", "Every folder with a run_config.json.", k_run_columns};
const Table k_run_files = {"run_files", "Files of a run's own folder.", k_file_columns};
const Table k_extract_errors = {"extract_errors", "What could not be read, and what was read with a warning.", k_error_columns, KeyCheck::none};
const Table k_graph_extract_errors = {"graph_extract_errors", "Graphs that could not be read.", k_graph_error_columns, KeyCheck::none};
const Table k_theorem_artifacts = {"theorem_artifacts", "Every JSON file in folders of theorems.", k_artifact_columns};
const Table k_artifact_extract_state = {"artifact_extract_state", "Which bytes of a file an extractor has read.", k_state_columns};
const Table k_lake_references = {"lake_references", "References against which runs are scored, indexed from their files.", k_reference_columns};
const Table k_lake_reference_members = {"lake_reference_members", "The runs that a reference is made of.", k_member_columns};
const Table k_reference_scores = {"k_reference_score", "Search efficiency against a reference.", k_score_columns};
const Table k_lake_reference_files = {"lake_reference_files", "Files of references and their scores as they were indexed.", k_reference_file_columns};
const Table k_lake_job_runs = {"lake_job_runs", "Jobs that were run, failed ones too, indexed from their files.", k_job_columns};
const Table k_lake_surfaces = {"lake_surfaces", "The project's own surfaces.", k_surface_columns};
const Table k_lake_surface_files = {"lake_surface_files", "Files that surfaces have read.", k_surface_file_columns};

std::span<const Table* const> registry_tables() {
    static constexpr std::array<const Table*, 17> k_all = {&k_schema_meta,       &k_log_roots,          &k_lake_units,     &k_lake_files,        &k_runs,           &k_run_files,
                                                           &k_extract_errors,    &k_graph_extract_errors, &k_theorem_artifacts, &k_artifact_extract_state,
                                                           &k_lake_references,   &k_lake_reference_members, &k_reference_scores, &k_lake_reference_files, &k_lake_job_runs,
                                                           &k_lake_surfaces,     &k_lake_surface_files};
    return k_all;
}

std::vector<const Table*> all_tables() {
    std::vector<const Table*> tables(registry_tables().begin(), registry_tables().end());
    // Some are the registry's own, and some stand with several sources.
    const auto add = [&](std::span<const Table* const> more) {
        for (const auto* table : more) {
            if (std::find(tables.begin(), tables.end(), table) == tables.end()) { tables.push_back(table); }
        }
    };
    for (const auto* source : all_sources()) {
        add(source->unit_tables);
        for (const auto* extractor : source->extractors) { add(extractor->tables); }
    }
    return tables;
}

std::string tables_page() {
    std::string page = core::cat("# Tables of the lake\n\nMade from the declarations beside the extractors (`runlake __lake_tables docs/reference`). Schema version ", k_schema_version,
                                 ".\n\n`key` columns tell rows apart. Columns marked `place` depend on where a run lies, `changing` ones on when or how it was read: neither is in a dataset or "
                                 "release, where `run_uid` stands for the run. `source` says which file a row comes from. All others follow from the bytes of the run alone.\n\n"
                                 "There are no constraints and indexes in the database: rows are checked before they are appended.\n\n## Registry, errors, references, jobs\n\n");
    for (const auto* table : registry_tables()) { append_table(page, *table); }
    std::vector<const Table*> told(registry_tables().begin(), registry_tables().end());
    const auto tell = [&](std::span<const Table* const> tables) {
        for (const auto* table : tables) {
            if (std::find(told.begin(), told.end(), table) != told.end()) { continue; }
            told.push_back(table);
            append_table(page, *table);
        }
    };
    for (const auto* source : all_sources()) {
        page += core::cat("## Source `", source->name, "`\n\n", source->help, "\n\n");
        tell(source->unit_tables);
        for (const auto* extractor : source->extractors) {
            page += core::cat("Extractor `", extractor->name, "`; stage of its errors: `", extractor->stage, "`.\n\n");
            tell(extractor->tables);
        }
    }
    while (page.ends_with("\n\n")) { page.pop_back(); }
    return page;
}

}  // namespace runlake::lake

// SPDX-License-Identifier: Apache-2.0
// The one table of sources: one that is not in it does not exist.
#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "lake/identity.hpp"
#include "lake/source.hpp"
#include "os/files.hpp"

// X(name of the Source), one a line, in the order in which they are asked: those that take only what nobody took stand last.
#define RUNLAKE_SOURCES(X)   \
    X(k_proof_search_source) \
    X(k_runlake_source)      \
    X(k_rundir_source)       \
    X(k_ledger_source)       \
    X(k_signac_source)       \
    X(k_mlflow_source)       \
    X(k_dvc_source)          \
    X(k_hydra_source)        \
    X(k_verdict_source)      \
    X(k_metrics_source)

namespace runlake::lake {

#define RUNLAKE_DECLARE_SOURCE(name) extern const Source name;
RUNLAKE_SOURCES(RUNLAKE_DECLARE_SOURCE)
#undef RUNLAKE_DECLARE_SOURCE

std::span<const Source* const> all_sources() {
#define RUNLAKE_LIST_SOURCE(name) &name,
    static constexpr auto k_all = std::to_array<const Source*>({RUNLAKE_SOURCES(RUNLAKE_LIST_SOURCE)});
#undef RUNLAKE_LIST_SOURCE
    return k_all;
}

const Source* find_source(std::string_view name) {
    const auto found = std::ranges::find(all_sources(), name, &Source::name);
    return found == all_sources().end() ? nullptr : *found;
}

std::string_view FolderNames::name() const {
    const auto slash = path.rfind('/');
    return std::string_view(path).substr(slash == std::string::npos ? 0 : slash + 1);
}

bool FolderNames::has_folder(std::string_view wanted) const { return std::binary_search(folders.begin(), folders.end(), wanted); }

bool FolderNames::has_file(std::string_view wanted) const { return std::binary_search(files.begin(), files.end(), wanted); }

// Proof-search runs keep the key by which others name them already.
std::string unit_key(const Source& source, const std::string& dir) { return source.name == all_sources().front()->name ? run_key(dir) : stable_id({source.name, dir}); }

namespace {

// The end of an argument that begins at `at`: the comma or parenthesis that closes it.
std::size_t end_of_argument(std::string_view sql, std::size_t at) {
    int depth = 0;
    for (; at < sql.size(); ++at) {
        if (depth == 0 && (sql[at] == ',' || sql[at] == ')')) { return at; }
        depth += sql[at] == '(' ? 1 : sql[at] == ')' ? -1 : 0;
    }
    return sql.size();
}

// Each call of "@name(" in the statement as `write` says it of its arguments. In full rather than as a macro of the database: a view that uses one can't be asked where the lake is attached under
// another name.
template <std::size_t Arguments, class Write>
std::string written_out(std::string_view sql, std::string_view call, const Write& write) {
    std::string out;
    for (std::size_t from = 0;;) {
        const auto at = sql.find(call, from);
        if (at == std::string_view::npos) { return out.append(sql.substr(from)); }
        out += sql.substr(from, at - from);
        std::array<std::string_view, Arguments> arguments;
        from = at + call.size();
        for (auto& argument : arguments) {
            const auto end = end_of_argument(sql, from);
            argument = core::trim(sql.substr(from, end - from));
            from = end + 1;
        }
        out += write(arguments);
    }
}

// A time that says its zone as UTC (DuckDB's own cast forgets the zone), one that says none as it stands.
std::string with_times(std::string_view sql) {
    return written_out<1>(sql, "@time(", [](const auto& of) {
        return core::cat("CASE WHEN regexp_matches(", of[0], ", ':[0-9.]+ ?[+-][0-9]{2}(:?[0-9]{2})?$') THEN make_timestamp(epoch_us(TRY_CAST(", of[0], " AS TIMESTAMPTZ))) ELSE TRY_CAST(", of[0],
                         " AS TIMESTAMP) END");
    });
}

// The aggregate of names and of their values' texts that is an object.
std::string with_objects(std::string_view sql) {
    return written_out<2>(sql, "@object(", [](const auto& of) {
        return core::cat("'{' || string_agg(to_json(", of[0], ")::VARCHAR || ':' || ", of[1], ", ',' ORDER BY ", of[0], ") || '}'");
    });
}

}  // namespace

std::string all_runs_sql() {
    std::string parts;
    for (const auto* source : all_sources()) {
        if (source->all_runs.empty()) { continue; }
        parts += core::cat(parts.empty() ? "" : "\nUNION ALL BY NAME\n", source->all_runs);
    }
    // What several parts need: the last value of each metric in files of metrics, by name and as an object.
    constexpr std::string_view k_shared = R"(WITH file_metrics_last AS (
  SELECT DISTINCT ON (run_key, name) run_key, name, "value" FROM file_metrics ORDER BY run_key, name, rel_path, position DESC
), file_metrics_of_runs AS (
  SELECT run_key, @object(name, "value"::VARCHAR) AS metrics FROM file_metrics_last GROUP BY run_key
))";
    return core::cat("CREATE OR REPLACE VIEW all_runs AS ", with_objects(k_shared), "\nSELECT source, run_key, run_id, name, state, started_at, finished_at, params, metrics, unit_key FROM (\n",
                     with_times(with_objects(parts)), "\n)");
}

}  // namespace runlake::lake

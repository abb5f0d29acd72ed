// SPDX-License-Identifier: Apache-2.0
// Extractors "ledger_entry", "ledger_pack" and "ledger_extra": what machines tell each other of jobs and runs through git.
#include <array>

#include "core/ids.hpp"
#include "core/job_id.hpp"
#include "core/text.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"
#include "lake/identity.hpp"
#include "ledger/entry.hpp"
#include "ledger/extra.hpp"
#include "ledger/pack.hpp"
#include "ledger/run_entry.hpp"

namespace runlake::lake {
namespace {

using core::Errc;
using core::Error;
using core::Json;

constexpr Column k_ledger_key = {"ledger_key", ColumnType::text, "the folder of the ledger", true, ColumnUse::place};
constexpr auto k_entry_columns = std::to_array<Column>({
    k_ledger_key,
    {"id", ColumnType::text, "of the job or run", true},
    {"run_key", ColumnType::text, "made of id"},
    {"kind", ColumnType::text, "job or run"},
    {"state", ColumnType::text, "in the words of all_runs"},
    {"machine", ColumnType::text, "the label of the machine that registered it"},
    {"stage", ColumnType::text, "of a run"},
    {"tenant", ColumnType::text, "of a run"},
    {"experiment_id", ColumnType::text, "of a job"},
    {"started_at", ColumnType::time, ""},
    {"ended_at", ColumnType::time, ""},
    {"promoted_at", ColumnType::time, ""},
    {"wallclock_s", ColumnType::real, ""},
    {"code", ColumnType::text, "commit of a job, code reference of a run"},
    {"params", ColumnType::json, "the state point of a job, the parameters of a run"},
    k_rel_path_column,
});
constexpr auto k_extra_columns = std::to_array<Column>({
    {"ledger_key", ColumnType::text, "the folder it was found in", true, ColumnUse::place},
    {"id", ColumnType::text, "of the job or run", true},
    {"run_id", ColumnType::text, "of a job: the recorded run that made it"},
    {"exit_status", ColumnType::integer, ""},
    {"signal", ColumnType::integer, ""},
    {"environment", ColumnType::text, "digest"},
    {"dirty", ColumnType::boolean, "whether the code differed from its commit"},
    {"last_verdict", ColumnType::text, "of a replay"},
    {"metrics", ColumnType::json, "the last value of each, by name"},
    k_rel_path_column,
});
constexpr Table k_entries = {"ledger_entries", "Jobs and runs that machines promoted to the ledger.", k_entry_columns};
constexpr Table k_extras = {"ledger_extras", "What stands beside entries of the ledger.", k_extra_columns};
constexpr std::array<const Table*, 2> k_tables = {&k_entries, &k_extras};

std::string stem_of(const SourceFile& file) { return file.plain_name.substr(0, file.plain_name.rfind('.')); }

core::Status entry_row(const SourceFile& file, std::string_view id, std::string_view text, Extraction& out) {
    if (const auto job = core::JobId::parse(id); job.ok()) {
        RL_ASSIGN(const auto entry, ledger::parse_job_entry(text, job.value()));
        out.rows.row(k_entries, file.run_key, id, stable_id({"ledger", id}), "job", ledger::run_state_of(entry.end), entry.machine, std::nullopt, std::nullopt,
                     entry.link ? std::optional(entry.link->experiment_id) : std::nullopt, entry.started_at, entry.ended_at, entry.promoted_at, entry.wallclock_s, entry.code_commit,
                     core::to_json(entry.statepoint), file.rel_path);
        return core::ok();
    }
    RL_ASSIGN(const auto run, core::RunId::parse(id));
    RL_ASSIGN(const auto entry, ledger::parse_run_entry(text, run));
    const auto state = entry.degraded ? std::string_view("degraded") : ledger::run_state_of(entry.end);
    out.rows.row(k_entries, file.run_key, id, stable_id({"ledger", id}), "run", state, entry.machine, entry.stage, entry.tenant, std::nullopt, entry.started_at, entry.ended_at,
                 entry.promoted_at, entry.wallclock_s, entry.code_ref, core::to_json(entry.params), file.rel_path);
    return core::ok();
}

core::Status extra_row(const SourceFile& file, std::string_view id, std::string_view text, Extraction& out) {
    RL_ASSIGN(const auto extra, ledger::parse_extra(text, id));
    Json metrics = Json::object();
    for (const auto& [name, fact] : extra.metrics) { metrics.set(name, fact.value); }
    out.rows.row(k_extras, file.run_key, id, extra.run_id, extra.exit_status, extra.signal, extra.environment, extra.dirty, extra.last_verdict, core::to_json(metrics), file.rel_path);
    return core::ok();
}

core::Status extract_entry(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto text, input.document());
    return entry_row(file, stem_of(file), text, out);
}

core::Status extract_extra(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto text, input.document());
    return extra_row(file, stem_of(file), text, out);
}

core::Status extract_pack(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto text, input.document());
    if (input.sha256() != file.plain_name.substr(0, file.plain_name.find('.'))) { return Error(Errc::corrupt, "its name is not the digest of its bytes"); }
    RL_ASSIGN(const auto packed, ledger::read_pack(text));
    for (const auto& one : packed) {
        auto status = entry_row(file, one.id, one.entry, out);
        if (status.ok() && !one.extra.empty()) { status = extra_row(file, one.id, one.extra, out); }
        if (!status.ok()) { out.warnings.push_back(core::cat("entry ", one.id, " is left out: ", status.error().message())); }
    }
    return core::ok();
}

bool is_id(std::string_view stem) { return core::JobId::parse(stem).ok() || core::RunId::parse(stem).ok(); }
bool takes_entry(const SourceFile& file) { return file.unit_name == "ledger" && file.rel_path.ends_with(".json") && is_id(file.rel_path.substr(0, file.rel_path.size() - 5)); }
bool takes_extra(const SourceFile& file) { return file.unit_name == "ledger-extra" && file.rel_path.ends_with(".json") && is_id(file.rel_path.substr(0, file.rel_path.size() - 5)); }
bool takes_pack(const SourceFile& file) { return file.rel_path.starts_with("packs/") && file.rel_path.ends_with(ledger::k_pack_ending); }

}  // namespace

extern const Extractor k_ledger_entry_extractor = {.name = "ledger_entry", .stage = "read_ledger_entry", .done_word = "", .error_word = "", .tables = k_tables,
                                                   .reading = Reading::each, .takes = takes_entry, .extract = extract_entry};
extern const Extractor k_ledger_pack_extractor = {.name = "ledger_pack", .stage = "read_ledger_pack", .done_word = "", .error_word = "", .tables = k_tables,
                                                  .reading = Reading::each, .takes = takes_pack, .extract = extract_pack};
extern const Extractor k_ledger_extra_extractor = {.name = "ledger_extra", .stage = "read_ledger_extra", .done_word = "", .error_word = "", .tables = k_tables,
                                                   .reading = Reading::each, .takes = takes_extra, .extract = extract_extra};

}  // namespace runlake::lake

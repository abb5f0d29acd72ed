// SPDX-License-Identifier: Apache-2.0
// `runlake replay schema`
#include "ops/replay_schema.hpp"

#include <array>

#include "cli/command.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

using core::cat;

constexpr std::array k_options = std::to_array<Option>({
    {.names = "--table", .value = "NAME", .help = "Add the columns to this table; default: a table runlake_provenance beside yours"},
    {.names = "--write", .value = "RUN", .help = "Write what is known of this recorded run into runlake_provenance", .repeats = true},
    {.names = "--connection", .value = "TEXT", .help = "Where to write: a URL or service=NAME; a password belongs into PGPASSFILE"},
});

core::Result<int> run(Invocation& inv) {
    const std::vector<std::string> runs = inv.values("--write");
    const auto connection = inv.value("--connection");
    if (runs.empty() != !connection) { return core::Error(core::Errc::usage, "replay schema: --write and --connection go together"); }
    if (!runs.empty() && inv.value("--table")) { return core::Error(core::Errc::usage, "replay schema: --table is for printing; runs are written into runlake_provenance"); }
    if (runs.empty()) {
        RL_ASSIGN(const std::string sql, ops::replay_schema(inv.value("--table").value_or("")));
        if (inv.json()) {
            inv.answer(core::Json::object().set("sql", sql));
            return 0;
        }
        inv.out(sql);
        return 0;
    }
    ops::ReplayWriteProvenanceRequest request;
    RL_ASSIGN(request.store, inv.store(record::OpenStore::existing));
    request.connection = *connection;
    request.runs = runs;
    RL_ASSIGN(const std::size_t written, ops::replay_write_provenance(request));
    if (inv.json()) {
        inv.answer(core::Json::object().set("written", static_cast<std::int64_t>(written)));
        return 0;
    }
    inv.out(cat("wrote the provenance of ", written, written == 1 ? " run\n" : " runs\n"));
    return 0;
}

}  // namespace

extern const Command k_replay_schema = {
    .name = "replay schema", .summary = "Print the SQL that lets PostgreSQL hold the provenance of canonical values, or write it", .options = k_options, .arguments = {}, .run = run};

}  // namespace runlake::cli

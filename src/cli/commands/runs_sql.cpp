// SPDX-License-Identifier: Apache-2.0
// `runlake runs sql`
#include "ops/runs_sql.hpp"

#include <array>
#include <utility>

#include "cli/commands/runs_shared.hpp"
#include "cli/commands/sql_shared.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {k_csv_option, k_tenant_option};
constexpr std::array k_arguments = {k_sql_argument};

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const auto scope, scope_of(inv));
    return print_sql(inv, [&](ops::SqlQuestion question) {
        return ops::runs_sql({.scope = scope, .question = std::move(question), .note = [&](const std::string& note) { inv.say(note); }});
    });
}

}  // namespace

extern const Command k_runs_sql = {
    .name = "runs sql", .summary = "Ask the tables of runs in SQL, read-only", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli

// SPDX-License-Identifier: Apache-2.0
// `runlake lake sql`
#include "ops/lake_sql.hpp"

#include <array>
#include <utility>

#include "cli/commands/sql_shared.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {k_csv_option};
constexpr std::array k_arguments = {k_sql_argument};

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const auto store, inv.store(record::OpenStore::planned));
    return print_sql(inv, [&](ops::SqlQuestion question) { return ops::lake_sql({.store = store, .question = std::move(question)}); });
}

}  // namespace

extern const Command k_lake_sql = {
    .name = "lake sql", .summary = "Ask the tables of the lake in SQL, read-only", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli

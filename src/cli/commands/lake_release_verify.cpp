// SPDX-License-Identifier: Apache-2.0
// `runlake lake release verify`
#include "ops/lake_release_verify.hpp"

#include <array>

#include "cli/command.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_arguments = std::to_array<Argument>({{.name = "DIR", .help = "A release's folder, or a site's: then the release that it shows"}});

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const auto response, ops::lake_release_verify({.dir = inv.value("DIR").value_or("")}));
    const auto& check = response.check;
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return check.problems.empty() ? 0 : 1;
    }
    for (const auto& problem : check.problems) { inv.out(core::cat(problem.file, ": ", problem.problem, "\n")); }
    if (check.problems.empty()) { inv.out(core::cat(response.dir, ": release ", check.release_id, " is whole: ", check.files, " files, ", check.datasets, " tables\n")); }
    return check.problems.empty() ? 0 : 1;
}

}  // namespace

extern const Command k_lake_release_verify = {.name = "lake release verify", .summary = "Check that a release is what its manifest says, without a lake", .arguments = k_arguments, .run = run};

}  // namespace runlake::cli

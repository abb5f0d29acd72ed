// SPDX-License-Identifier: Apache-2.0
// `runlake lake reference build`
#include <array>
#include <cmath>
#include <utility>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"
#include "ops/lake_reference.hpp"
#include "os/system.hpp"

namespace runlake::cli {
namespace {

using core::cat;
using core::Errc;
using core::Error;

constexpr std::array k_options = std::to_array<Option>({
    {.names = "--selection", .value = "JSON", .help = "Which runs it is made of: an object as in a job's configuration, or a file with one; never empty"},
    {.names = "--alpha", .value = "X", .help = "Smooths its estimates; above 0, default: 1"},
    {.names = "--meta", .value = "JSON", .help = "What is to be said of it: an object, or a file with one; part of its id"},
});

core::Result<double> alpha_of(const Invocation& inv) {
    const auto word = inv.value("--alpha");
    if (!word) { return 1.0; }
    const auto alpha = core::parse_float(*word);
    if (!alpha || !std::isfinite(*alpha) || *alpha <= 0) { return Error(Errc::usage, cat("--alpha ", core::valid_utf8(*word), ": it must be a number above 0")); }
    return *alpha;
}

core::Result<int> run(Invocation& inv) {
    const auto selection = inv.value("--selection");
    if (!selection) {
        return Error(Errc::usage, "of which runs? --selection '{\"provider\": \"heuristic\", \"require_completed\": true}', or a file: a reference is made of runs that are said outright");
    }
    RL_ASSIGN(const double alpha, alpha_of(inv));
    RL_ASSIGN(auto store, inv.store(record::OpenStore::planned));
    const ops::LakeReferenceBuildRequest request{
        .store = std::move(store), .selection = *selection, .alpha = alpha, .meta = inv.value("--meta"), .now = os::system_clock().now()};
    const auto response = ops::lake_reference_build(request);
    if (!response.ok()) { return response.error(); }
    const auto& built = response.value();
    for (const auto& note : built.notes) { inv.say(cat("runlake lake reference build: ", note)); }
    if (inv.json()) {
        inv.answer(ops::to_json(built));
        return 0;
    }
    inv.out(cat("Reference ", built.ref_id, built.was_there ? " (as before: nothing was changed)\n" : "\n", "  ", counted(static_cast<std::uint64_t>(built.members), "member"), ", ",
                core::group_thousands(built.goals), built.goals == 1 ? " goal" : " goals", ", alpha ", core::to_json(core::Json(built.alpha)), '\n'));
    if (built.selected_runs > built.members) { inv.out(cat("  ", core::group_thousands(built.selected_runs), " runs were selected; of equal ones each counts once\n")); }
    if (built.without_outcomes > 0) { inv.out(cat("  ", counted(static_cast<std::uint64_t>(built.without_outcomes), "member"), " without outcomes: no goal cache that could be read\n")); }
    inv.out(cat("  ", built.artifact, '\n'));
    return 0;
}

}  // namespace

extern const Command k_lake_reference_build = {.name = "lake reference build", .summary = "Build a reference out of the outcomes of explicitly selected runs", .options = k_options, .run = run};

}  // namespace runlake::cli

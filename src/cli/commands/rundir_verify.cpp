// SPDX-License-Identifier: Apache-2.0
// `runlake rundir verify`
#include <array>

#include "cli/command.hpp"
#include "cli/commands/rundir_shared.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"
#include "ops/rundir_shared.hpp"
#include "ops/rundir_show.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {Option{.names = "--full", .value = "", .help = "read every byte, also of files that seem unchanged"}};
constexpr std::array k_arguments = {k_rundir_argument};

std::string problems_text(const rundir::InstanceStatus& instance) {
    std::string text = core::cat(instance.which.str(), ": ", render::harmless_line(instance.problem), '\n');
    for (const rundir::Difference& difference : instance.differences) { text += core::cat("  ", ops::difference_name(difference.kind), ' ', render::harmless_line(difference.path), '\n'); }
    return text;
}

core::Result<int> run(Invocation& inv) {
    const bool full = inv.flag("--full");
    RL_ASSIGN(const ops::RundirShowResponse response,
              ops::rundir_show({.path = inv.value("DIR").value_or(""), .check = full ? rundir::Check::content : rundir::Check::files, .store_dir = store_dir_of(inv)}));
    const int status = response.verified() ? 0 : 1;
    if (inv.json()) {
        core::Json answer = ops::to_json(response);
        answer.set("verified", response.verified()).set("full", full);
        inv.answer(std::move(answer));
        return status;
    }
    std::size_t results = 0;
    for (const rundir::InstanceStatus& instance : response.status.instances) {
        results += instance.done ? 1 : 0;
        if (instance.state == rundir::State::corrupt) { inv.out(problems_text(instance)); }
    }
    if (status == 0) {
        inv.out(core::cat("verified: ", counted(results, "result"), ", ", counted(response.files, "file"), ", ", bytes_text(response.bytes), full ? ", every byte read" : "", '\n'));
    }
    return status;
}

}  // namespace

extern const Command k_rundir_verify = {
    .name = "rundir verify", .summary = "Check that the files of a run directory are as its records say", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli

// SPDX-License-Identifier: Apache-2.0
// `runlake lake doctor`
#include "ops/lake_doctor.hpp"

#include <array>

#include "cli/commands/findings.hpp"
#include "os/stop_signal.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {Option{.names = "--logs-dir", .value = "DIR", .help = "where runs are expected (default: where lake reconcile looked and looks)", .repeats = true}};

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const os::StopSignal stop, os::StopSignal::install());
    RL_ASSIGN(const auto store, inv.store(record::OpenStore::planned));
    RL_ASSIGN(const auto response, ops::lake_doctor({.store = store, .logs_dirs = inv.values("--logs-dir"), .stop = &stop}));
    return print_findings(inv, response, store.dir);
}

}  // namespace

extern const Command k_lake_doctor = {
    .name = "lake doctor", .summary = "Find why runs are missing, exports stale or dashboards refused, and say what to do next", .options = k_options, .run = run};

}  // namespace runlake::cli

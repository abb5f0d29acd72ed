// SPDX-License-Identifier: Apache-2.0
// `runlake doctor`
#include "ops/doctor.hpp"

#include "cli/commands/findings.hpp"

namespace runlake::cli {
namespace {

core::Result<int> run(Invocation& inv) {
    const auto settings = inv.settings();
    auto store = inv.store(record::OpenStore::existing);
    const bool is_settings_problem = !settings.ok() && (store.ok() || store.error().code() == core::Errc::not_found);
    const auto dir = store.ok() ? core::Json(store.value().dir) : core::Json();
    const auto response = ops::doctor({.store = std::move(store), .settings_problem = is_settings_problem ? std::optional(settings.error()) : std::nullopt});
    return print_findings(inv, response, dir);
}

}  // namespace

extern const Command k_doctor = {.name = "doctor", .summary = "Check the store and what it stands on, and say what to do next", .run = run};

}  // namespace runlake::cli

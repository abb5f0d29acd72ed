// SPDX-License-Identifier: Apache-2.0
// `runlake rundir pin`
#include "ops/rundir_pin.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/rundir_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {Option{.names = "--remove", .value = "", .help = "take the pin away"}};
constexpr std::array k_arguments = {k_rundir_argument, Argument{.name = "REASON", .help = "why it must stay", .required = false}};

core::Result<int> run(Invocation& inv) {
    const ops::RundirPinRequest request{.path = inv.value("DIR").value_or(""), .reason = inv.value("REASON").value_or(""), .remove = inv.flag("--remove"), .store = inv.value("--store")};
    if (request.remove && !request.reason.empty()) { return core::Error(core::Errc::usage, "--remove takes the pin away: it needs no REASON"); }
    if (!request.remove && core::trim(request.reason).empty()) { return core::Error(core::Errc::usage, "a REASON is needed: who finds the pin later has to know what for"); }
    RL_ASSIGN(const ops::RundirPinResponse response, ops::rundir_pin(request));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    const std::string name = render::harmless_line(response.path);
    if (response.now) {
        inv.out(core::cat("pinned ", name, ": ", render::harmless_line(*response.now), '\n'));
    } else {
        inv.out(response.before ? core::cat("no longer pinned: ", name, " (it was: ", render::harmless_line(*response.before), ")\n") : core::cat("was not pinned: ", name, '\n'));
    }
    return 0;
}

}  // namespace

extern const Command k_rundir_pin = {
    .name = "rundir pin", .summary = "Keep a run directory from being removed", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli

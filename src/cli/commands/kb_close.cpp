// SPDX-License-Identifier: Apache-2.0
// `runlake kb close`
#include <array>

#include "cli/command.hpp"
#include "core/text.hpp"
#include "ops/kb_notes.hpp"
#include "os/system.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = std::to_array<Option>({
    {.names = "--as", .value = "STATUS", .help = "How it ended: CLOSED or PROMOTED, CONFIRMED or REJECTED, COMPLETED or FAILED"},
    {.names = "--conclusion", .value = "TEXT", .help = "Markdown for its section Conclusion (of an experiment: Outcome Summary)"},
});
constexpr std::array k_arguments = std::to_array<Argument>({{.name = "ID", .help = "A thread, hypothesis or experiment"}});

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const auto closed,
              ops::kb_close({.store = inv.value("--store"), .note = {.id = *inv.value("ID"), .status = inv.value("--as"), .conclusion = inv.value("--conclusion")}}, os::system_clock()));
    if (inv.json()) {
        inv.answer(ops::to_json(closed));
        return 0;
    }
    inv.out(core::cat(closed.id, " is ", closed.status, "\n  ", closed.path, '\n'));
    return 0;
}

}  // namespace

extern const Command k_kb_close = {.name = "kb close", .summary = "Say how a thread, hypothesis or experiment ended", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli

// SPDX-License-Identifier: Apache-2.0
// `runlake runs backup`
#include "ops/runs_backup.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"
#include "os/system.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_arguments = {Argument{.name = "TARGET", .help = "where to: a tar file when it ends in .tar, else a folder; it must not exist"}};

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const auto store, inv.store(record::OpenStore::existing));
    RL_ASSIGN(const auto response, ops::runs_backup({store, inv.value("TARGET").value_or(""), os::system_clock().now()}));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    say_notes(inv, response.notes);
    inv.out(core::cat(response.target, ": ", counted(response.files, "file"), ", ", core::group_thousands(static_cast<std::int64_t>(response.bytes)), " bytes, ",
                      counted(response.segments, "segment"), " of the journal\n"));
    return 0;
}

}  // namespace

extern const Command k_runs_backup = {.name = "runs backup", .summary = "Copy all records, while recording goes on", .arguments = k_arguments, .run = run};

}  // namespace runlake::cli

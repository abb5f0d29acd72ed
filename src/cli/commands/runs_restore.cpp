// SPDX-License-Identifier: Apache-2.0
// `runlake runs restore`
#include "ops/runs_restore.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"
#include "os/system.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {Option{.names = "--force", .value = "", .help = "set aside the records that are there"}};
constexpr std::array k_arguments = {Argument{.name = "FROM", .help = "a backup: a tar file or a folder"}};

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const auto store, inv.store(record::OpenStore::create));
    RL_ASSIGN(const auto response, ops::runs_restore({store, inv.value("FROM").value_or(""), inv.flag("--force"), os::system_clock().now()}));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    if (response.kept_as) { inv.say(core::cat("what was there is kept in ", *response.kept_as)); }
    inv.out(core::cat(response.store, ": restored ", counted(response.files, "file"), ", ", core::group_thousands(static_cast<std::int64_t>(response.bytes)), " bytes\n"));
    return 0;
}

}  // namespace

extern const Command k_runs_restore = {
    .name = "runs restore", .summary = "Put a backup in the place of a store's records", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli

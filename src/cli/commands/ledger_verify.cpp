// SPDX-License-Identifier: Apache-2.0
// `runlake ledger verify`
#include "ops/ledger_verify.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::cli {
namespace {

std::string entries_text(std::size_t count) { return count == 1 ? "1 entry" : core::cat(count, " entries"); }

constexpr std::array k_options = {Option{.names = "--fix", .value = "", .help = "write the entry that stands into files that hold both sides of a merge"}};

core::Result<int> run(Invocation& inv) {
    ops::LedgerVerifyRequest request;
    request.fix = inv.flag("--fix");
    RL_ASSIGN(request.store, inv.store(record::OpenStore::planned));
    RL_ASSIGN(const ops::LedgerVerifyResponse response, ops::ledger_verify(request));
    const int status = response.open() == 0 ? 0 : 1;
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return status;
    }
    for (const ops::LedgerFinding& one : response.findings) {
        const std::string shown = os::relative_inside(one.path, request.store.root).value_or(one.path);
        inv.out(core::cat(one.fixed ? "FIXED " : "ERROR ", one.code, " [", render::harmless_line(shown), "]: ", render::harmless_line(one.message), '\n'));
    }
    const std::string of = core::cat(entries_text(response.entries), response.packs == 0 ? "" : core::cat(", ", counted(response.packs, "pack")));
    inv.out(status == 0 ? core::cat("OK ", of, '\n') : core::cat("FAILED ", counted(response.open(), "problem"), ", ", of, '\n'));
    return status;
}

}  // namespace

extern const Command k_ledger_verify = {.name = "ledger verify", .summary = "Check every entry of the ledger", .options = k_options, .run = run};

}  // namespace runlake::cli

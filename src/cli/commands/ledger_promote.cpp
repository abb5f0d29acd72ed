// SPDX-License-Identifier: Apache-2.0
// `runlake ledger promote`
#include "ops/ledger_promote.hpp"

#include <array>

#include "cli/command.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    Option{.names = "--run", .value = "RUN", .help = "a recorded run instead of a job: its id, or the beginning of it"},
    Option{.names = "--machine-label", .value = "LABEL", .help = "what the machine that it ran on is called (default: this machine's label)"},
    Option{.names = "--allow-paths", .value = "", .help = "although the state point holds an absolute path or a secret, which all can read then"},
};
constexpr std::array k_arguments = {Argument{.name = "ID", .help = "a job: its id, or the beginning of it", .required = false}};

core::Result<int> run(Invocation& inv) {
    ops::LedgerPromoteRequest request;
    request.job = inv.value("ID");
    request.run = inv.value("--run");
    request.options.machine_label = inv.value("--machine-label");
    request.options.allow_paths = inv.flag("--allow-paths");
    RL_ASSIGN(request.store, inv.store(record::OpenStore::planned));
    RL_ASSIGN(const ops::Promoted promoted, ops::ledger_promote(request));
    if (inv.json()) {
        inv.answer(ops::to_json(promoted));
        return 0;
    }
    if (promoted.kept_other) {
        inv.out(core::cat(promoted.id, ": the entry of another machine stands, and stays (", promoted.path, "); --machine-label overwrites it\n"));
    } else {
        inv.out(core::cat(promoted.written ? "promoted " : "unchanged: ", promoted.id, promoted.written ? " -> " : " ", promoted.path, '\n'));
    }
    return 0;
}

}  // namespace

extern const Command k_ledger_promote = {
    .name = "ledger promote", .summary = "Tell other machines of a job that has ended, or of a run", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli

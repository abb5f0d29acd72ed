// SPDX-License-Identifier: Apache-2.0
// `runlake kb new`
#include <array>

#include "cli/command.hpp"
#include "core/text.hpp"
#include "ops/kb_notes.hpp"
#include "os/system.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = std::to_array<Option>({
    {.names = "--title", .value = "TEXT", .help = "Its title; the file is named by it"},
    {.names = "--id", .value = "ID", .help = "Its id (default: the smallest that is free)"},
    {.names = "--hypothesis", .value = "H###", .help = "The hypothesis of an experiment or finding"},
    {.names = "--experiment", .value = "E###", .help = "The experiment of a finding"},
    {.names = "--thread", .value = "T###", .help = "The thread that a hypothesis came out of"},
    {.names = "--impact", .value = "WORD", .help = "CRITICAL, HIGH, MEDIUM (default) or LOW, of a finding"},
    {.names = "--link", .value = "NAME", .help = "Link to this note as well", .repeats = true},
});
constexpr std::array k_arguments = std::to_array<Argument>({{.name = "KIND", .help = "What to make", .choices = "hypothesis|experiment|finding|thread"}});

core::Result<int> run(Invocation& inv) {
    ops::KbNewRequest request{.store = inv.value("--store"), .kind = *inv.value("KIND")};
    request.note.title = inv.value("--title").value_or("");
    request.note.id = inv.value("--id");
    request.note.hypothesis = inv.value("--hypothesis");
    request.note.experiment = inv.value("--experiment");
    request.note.thread = inv.value("--thread");
    request.note.impact = inv.value("--impact").value_or("MEDIUM");
    request.note.links = inv.values("--link");
    RL_ASSIGN(const auto created, ops::kb_new(request, os::system_clock()));
    if (inv.json()) {
        inv.answer(ops::to_json(created));
        return 0;
    }
    inv.out(core::cat("created ", request.kind, ' ', created.id, "\n  ", created.path, '\n'));
    for (const std::string& parent : created.linked_from) { inv.out(core::cat("  linked from ", parent, '\n')); }
    return 0;
}

}  // namespace

extern const Command k_kb_new = {
    .name = "kb new", .summary = "Make a hypothesis, experiment, finding or thread from its template", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli

// SPDX-License-Identifier: Apache-2.0
// `runlake kb list`
#include <array>

#include "cli/command.hpp"
#include "cli/render/table.hpp"
#include "core/text.hpp"
#include "ops/kb_notes.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = std::to_array<Option>({
    {.names = "--status", .value = "WORD", .help = "Only notes with this status"},
    {.names = "--tag", .value = "TAG", .help = "Only notes with this tag"},
});
constexpr std::array k_arguments = std::to_array<Argument>({{.name = "KIND", .help = "Only notes of this kind", .required = false, .choices = "hypothesis|experiment|finding|thread"}});

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const auto notes, ops::kb_list({.store = inv.value("--store"), .kind = inv.value("KIND"), .status = inv.value("--status"), .tag = inv.value("--tag")}));
    if (inv.json()) {
        inv.answer(ops::to_json(notes));
        return 0;
    }
    std::vector<render::Row> rows;
    for (const ops::KbRow& note : notes) {
        rows.push_back({{note.id, render::Tone::strong}, {note.damaged ? "unreadable" : note.status.value_or("-"), note.damaged ? render::Tone::bad : render::Tone::plain}, {note.title.empty() ? "-" : note.title}, {note.path}});
    }
    inv.out(render::table({{.title = "Id"}, {.title = "Status"}, {.title = "Title", .may_shrink = true}, {.title = "Path", .may_shrink = true}}, rows, {.color = inv.color(), .width = inv.width()}));
    return 0;
}

}  // namespace

extern const Command k_kb_list = {.name = "kb list", .summary = "List the notes of the knowledge base", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli

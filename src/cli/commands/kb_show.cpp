// SPDX-License-Identifier: Apache-2.0
// `runlake kb show`
#include <array>

#include "cli/command.hpp"
#include "cli/render/style.hpp"
#include "core/text.hpp"
#include "ops/kb_notes.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_arguments = std::to_array<Argument>({{.name = "ID", .help = "An id (E001), a special name (ACTIVE) or an alias"}});

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const auto response, ops::kb_show({.store = inv.value("--store"), .id = *inv.value("ID")}));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    const kb::Note& note = response.note;
    std::string text = core::cat(render::painted(core::cat(note.id, "  ", render::harmless_line(note.title)), render::Tone::strong, inv.color()), '\n');
    const auto line = [&](std::string_view name, std::string_view value) { text += core::cat("  ", name, std::string(name.size() < 14 ? 14 - name.size() : 1, ' '), render::harmless_line(value), '\n'); };
    line("path", note.path);
    for (const auto& [name, field] : note.meta) {
        if (name != "id") { line(name, field.text); }
    }
    line("citations", std::to_string(note.citations.found.size()));
    line("linked from", response.linked_from.empty() ? "-" : core::join(response.linked_from, " "));
    inv.out(core::cat(text, '\n', render::harmless_text(response.text)));
    return 0;
}

}  // namespace

extern const Command k_kb_show = {.name = "kb show", .summary = "Show a note, and what links to it", .arguments = k_arguments, .run = run};

}  // namespace runlake::cli

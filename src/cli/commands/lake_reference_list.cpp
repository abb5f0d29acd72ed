// SPDX-License-Identifier: Apache-2.0
// `runlake lake reference list`
#include "cli/command.hpp"
#include "cli/render/table.hpp"
#include "core/text.hpp"
#include "ops/lake_reference.hpp"

namespace runlake::cli {
namespace {

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const auto store, inv.store(record::OpenStore::planned));
    RL_ASSIGN(const auto response, ops::lake_reference_list({.store = store}));
    for (const auto& note : response.notes) { inv.say(core::cat("runlake lake reference list: ", note)); }
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    if (response.references.empty()) {
        inv.out("No references. `runlake lake reference build --selection JSON` builds one.\n");
        return 0;
    }
    std::vector<render::Row> rows;
    for (const auto& one : response.references) {
        rows.push_back({{one.ref_id, render::Tone::strong},
                        {core::to_json(core::Json(one.alpha))},
                        {core::cat(core::group_thousands(one.members), " (", core::group_thousands(one.members_here), " here)")},
                        {core::group_thousands(one.goals)},
                        {core::group_thousands(one.scored_runs)},
                        {core::cat(core::group_thousands(one.scores), " (", core::group_thousands(one.valid), " valid)")},
                        {one.selection.is_null() ? "-" : core::to_json(one.selection)},
                        {one.meta.is_null() ? "-" : core::to_json(one.meta)}});
    }
    inv.out(render::table({{.title = "Reference"},
                           {.title = "Alpha", .align = render::Align::right},
                           {.title = "Members"},
                           {.title = "Goals", .align = render::Align::right},
                           {.title = "Runs Scored", .align = render::Align::right},
                           {.title = "Scores"},
                           {.title = "Selection", .may_shrink = true},
                           {.title = "Meta", .may_shrink = true}},
                          rows, {.color = inv.color(), .width = inv.width()}));
    return 0;
}

}  // namespace

extern const Command k_lake_reference_list = {.name = "lake reference list", .summary = "List the references that the lake has, and what was scored against each", .run = run};

}  // namespace runlake::cli

// SPDX-License-Identifier: Apache-2.0
// `runlake lake paths`
#include "ops/lake_paths.hpp"

#include "cli/command.hpp"
#include "cli/render/table.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const auto store, inv.store(record::OpenStore::planned));
    RL_ASSIGN(const auto response, ops::lake_paths({.store = store}));
    for (const auto& note : response.notes) { inv.say(core::cat("runlake lake paths: ", note)); }
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    std::vector<render::Row> rows;
    for (const auto& path : response.paths) {
        rows.push_back({{path.name}, {path.path, render::Tone::strong}, {path.exists ? *path.exists ? "yes" : "no" : "-"}, {path.why}});
    }
    inv.out(render::table({{.title = "What"}, {.title = "Path"}, {.title = "There"}, {.title = "Why", .may_shrink = true}}, rows,
                          {.color = inv.color(), .width = inv.width()}));
    if (response.remote) { inv.out(core::cat("Remote: ", ops::remote_text(*response.remote), " (", response.remote->why, ")\n")); }
    return 0;
}

}  // namespace

extern const Command k_lake_paths = {.name = "lake paths", .summary = "Show where the lake and the logs are, and why", .run = run};

}  // namespace runlake::cli

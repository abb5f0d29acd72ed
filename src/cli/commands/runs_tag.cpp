// SPDX-License-Identifier: Apache-2.0
// `runlake runs tag`
#include "ops/runs_tag.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {k_tenant_option};
constexpr std::array k_arguments = {
    k_run_argument,
    Argument{.name = "TAG", .help = "name=value sets a tag, name- removes it", .repeats = true},
};

core::Result<int> run(Invocation& inv) {
    ops::RunsTagRequest request;
    request.id = inv.value("ID").value_or("");
    request.words = inv.values("TAG");
    RL_ASSIGN(const record::Settings settings, inv.settings());
    request.durability = settings.durability();
    RL_TRY(ops::check(request));
    RL_ASSIGN(request.scope, scope_of(inv));
    RL_ASSIGN(const ops::RunsTagResponse response, ops::runs_tag(request));
    say_notes(inv, response.notes);
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    for (const auto& [name, value] : response.tags) {
        inv.out(core::cat(response.id.brief(), ": ", value ? "set " : "removed ", render::harmless_line(name), value ? "=" : "",
                          value ? render::harmless_line(*value) : "", "\n"));
    }
    return 0;
}

}  // namespace

extern const Command k_runs_tag = {
    .name = "runs tag", .summary = "Set or remove tags of a run", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli

// SPDX-License-Identifier: Apache-2.0
// `runlake lake job presets`
#include <array>

#include "cli/command.hpp"
#include "cli/render/table.hpp"
#include "core/text.hpp"
#include "ops/lake_job.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_arguments = std::to_array<Argument>({{.name = "NAME", .help = "Print the configuration of this one instead", .required = false}});

core::Result<int> run(Invocation& inv) {
    if (const auto name = inv.value("NAME")) {
        RL_ASSIGN(const auto config, ops::lake_preset_config(*name));
        if (inv.json()) {
            RL_ASSIGN(const auto value, core::parse_json(config, *name));
            inv.answer(core::Json::object().set("name", *name).set("config", value));
        } else {
            inv.out(config);
        }
        return 0;
    }
    const auto presets = ops::lake_presets();
    if (inv.json()) {
        inv.answer(ops::to_json(presets));
        return 0;
    }
    std::vector<render::Row> rows;
    for (const auto& preset : presets) { rows.push_back({{preset.name, render::Tone::strong}, {preset.about, render::Tone::plain}, {core::join(preset.datasets, ", ")}}); }
    inv.out(render::table({{.title = "Preset"}, {.title = "About", .may_shrink = true}, {.title = "Datasets", .may_shrink = true}}, rows, {.color = inv.color(), .width = inv.width()}));
    return 0;
}

}  // namespace

extern const Command k_lake_job_presets = {.name = "lake job presets", .summary = "List the jobs that come with the program, or print one's configuration", .arguments = k_arguments, .run = run};

}  // namespace runlake::cli

// SPDX-License-Identifier: Apache-2.0
// `runlake config list`
#include "ops/config_list.hpp"

#include "cli/command.hpp"
#include "cli/render/table.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const auto settings, inv.settings());
    const auto entries = ops::config_list(settings);
    if (inv.json()) {
        auto list = core::Json::array();
        for (const auto& entry : entries) {
            auto record = core::Json::object();
            record.set("key", entry.key).set("value", entry.value).set("origin", entry.origin).set("where", entry.where);
            list.push(record.set("environment", entry.variable).set("help", entry.help));
        }
        auto record = core::Json::object();
        inv.answer(record.set("settings", std::move(list)));
        return 0;
    }
    std::vector<render::Row> rows;
    for (const auto& entry : entries) {
        const bool is_set = entry.origin != record::origin_name(record::Origin::fallback);
        rows.push_back({{entry.key},
                        {entry.value.empty() ? "-" : entry.value, is_set ? render::Tone::strong : render::Tone::plain},
                        {entry.where.empty() ? entry.origin : core::cat(entry.origin, ": ", entry.where)}});
    }
    inv.out(render::table({{.title = "Setting"}, {.title = "Value", .may_shrink = true}, {.title = "From", .may_shrink = true}}, rows,
                          {.color = inv.color(), .width = inv.width()}));
    return 0;
}

}  // namespace

extern const Command k_config_list = {.name = "config list", .summary = "Show every setting, its value and where the value comes from", .run = run};

}  // namespace runlake::cli

// SPDX-License-Identifier: Apache-2.0
// `runlake doctor`
#include "ops/doctor.hpp"

#include <algorithm>

#include "cli/command.hpp"
#include "cli/render/style.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

render::Tone tone_of(ops::Level level) {
    if (level == ops::Level::problem) { return render::Tone::bad; }
    return level == ops::Level::note ? render::Tone::warn : render::Tone::good;
}

std::string padded(std::string_view text, std::size_t width) { return core::cat(text, std::string(width - std::min(width, text.size()), ' ')); }

core::Result<int> run(Invocation& inv) {
    const auto settings = inv.settings();
    auto store = inv.store(record::OpenStore::existing);
    const bool is_settings_problem = !settings.ok() && (store.ok() || store.error().code() == core::Errc::not_found);
    const auto dir = store.ok() ? core::Json(store.value().dir) : core::Json();
    const auto response = ops::doctor({.store = std::move(store), .settings_problem = is_settings_problem ? std::optional(settings.error()) : std::nullopt});
    if (inv.json()) {
        auto list = core::Json::array();
        for (const auto& finding : response.findings) {
            auto record = core::Json::object();
            record.set("area", finding.area).set("level", ops::level_name(finding.level)).set("text", finding.text).set("next", finding.next);
            list.push(record.set("facts", finding.facts));
        }
        auto record = core::Json::object();
        inv.answer(record.set("well", response.is_well()).set("store", dir).set("findings", std::move(list)));
        return response.is_well() ? 0 : 1;
    }
    for (const auto& finding : response.findings) {
        const auto level = padded(ops::level_name(finding.level), 7);
        inv.out(core::cat(render::painted(level, tone_of(finding.level), inv.color()), "  ", padded(finding.area, 8), "  ", render::harmless_line(finding.text), "\n"));
        if (!finding.next.empty()) { inv.out(core::cat(std::string(19, ' '), "next: ", render::harmless_line(finding.next), "\n")); }
    }
    return response.is_well() ? 0 : 1;
}

}  // namespace

extern const Command k_doctor = {.name = "doctor", .summary = "Check the store and what it stands on, and say what to do next", .run = run};

}  // namespace runlake::cli

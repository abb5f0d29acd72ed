// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/findings.hpp"

#include <algorithm>
#include <utility>

#include "cli/render/style.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

render::Tone tone_of(ops::Level level) {
    if (level == ops::Level::problem) { return render::Tone::bad; }
    return level == ops::Level::note ? render::Tone::warn : render::Tone::good;
}

std::string padded(std::string_view text, std::size_t width) { return core::cat(text, std::string(width - std::min(width, text.size()), ' ')); }

}  // namespace

int print_findings(Invocation& inv, const ops::DoctorResponse& response, core::Json store_dir) {
    std::size_t width = 8;
    for (const auto& finding : response.findings) { width = std::max(width, finding.area.size()); }
    if (inv.json()) {
        auto list = core::Json::array();
        for (const auto& finding : response.findings) {
            auto record = core::Json::object();
            record.set("area", finding.area).set("level", ops::level_name(finding.level)).set("text", finding.text).set("next", finding.next);
            list.push(record.set("facts", finding.facts));
        }
        auto record = core::Json::object();
        inv.answer(record.set("well", response.is_well()).set("store", std::move(store_dir)).set("findings", std::move(list)));
        return response.is_well() ? 0 : 1;
    }
    for (const auto& finding : response.findings) {
        const auto level = padded(ops::level_name(finding.level), 7);
        inv.out(core::cat(render::painted(level, tone_of(finding.level), inv.color()), "  ", padded(finding.area, width), "  ", render::harmless_line(finding.text), "\n"));
        if (!finding.next.empty()) { inv.out(core::cat(std::string(width + 11, ' '), "next: ", render::harmless_line(finding.next), "\n")); }
    }
    return response.is_well() ? 0 : 1;
}

}  // namespace runlake::cli

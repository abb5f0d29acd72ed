// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/job_shared.hpp"

#include "core/text.hpp"

namespace runlake::cli {

render::Tone job_tone(std::string_view status) {
    if (status == "created" || status == "queued") { return render::Tone::faint; }
    return render::state_tone(status == "complete" ? "completed" : status);
}

void say_left_out(Invocation& inv, const std::vector<jobs::LeftOut>& left_out) {
    constexpr std::size_t k_shown = 5;
    for (std::size_t i = 0; i < left_out.size() && i < k_shown; ++i) { inv.say(core::cat("runlake: left out: ", render::harmless_line(left_out[i].why.message()))); }
    if (left_out.size() > k_shown) { inv.say(core::cat("runlake: and ", left_out.size() - k_shown, " more jobs that can't be read")); }
}

std::string value_text(const core::Json* value) {
    if (value == nullptr || value->is_null()) { return "-"; }
    return render::harmless_line(value->is_string() ? *value->as_string() : core::to_json(*value));
}

}  // namespace runlake::cli

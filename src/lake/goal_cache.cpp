// SPDX-License-Identifier: Apache-2.0
#include "lake/goal_cache.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace runlake::lake {

metrics::OutcomeTable outcome_table(const core::Json& goal_cache) {
    metrics::OutcomeTable out;
    const auto* entries = goal_cache.find("entries");
    if (entries == nullptr || !entries->is_object()) { return out; }
    for (const auto& [sig, entry] : *entries->as_object()) {
        metrics::Outcomes of_sig;
        const auto* occurrences = entry.find("occurrences");
        if (occurrences == nullptr || !occurrences->is_object()) { continue; }
        for (const auto& [mvar, occurrence] : *occurrences->as_object()) {
            const auto* outcomes = occurrence.find("outcomes");
            if (outcomes == nullptr || !outcomes->is_object()) { continue; }
            for (const auto& [key, list] : *outcomes->as_object()) {
                const auto family = core::parse_integer(key);
                const auto* items = list.as_array();
                if (!family || *family < 0 || *family >= static_cast<std::int64_t>(of_sig.attempts.size()) || items == nullptr) { continue; }
                const auto at = static_cast<std::size_t>(*family);
                of_sig.attempts[at] += static_cast<std::int64_t>(items->size());
                of_sig.successes[at] += std::ranges::count_if(*items, [](const core::Json& item) { return item.as_bool() != nullptr && *item.as_bool(); });
            }
        }
        out.whole.add(of_sig);
        out.by_goal.emplace(sig, of_sig);
    }
    return out;
}

}  // namespace runlake::lake

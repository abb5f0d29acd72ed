// SPDX-License-Identifier: Apache-2.0
#include "ops/config_list.hpp"

#include "core/redact.hpp"

namespace runlake::ops {

std::vector<ConfigEntry> config_list(const record::Settings& settings) {
    std::vector<ConfigEntry> entries;
    for (const auto& setting : record::settings_table()) {
        const auto& value = settings.at(setting.key);
        const auto shown = value.text.empty() ? core::Json(std::string()) : core::redact_value(setting.key, value.text);
        entries.push_back({.key = std::string(setting.key),
                           .value = shown.as_string() != nullptr ? *shown.as_string() : std::string(),
                           .origin = std::string(record::origin_name(value.origin)),
                           .where = value.where,
                           .variable = std::string(setting.environment),
                           .help = std::string(setting.help)});
    }
    return entries;
}

}  // namespace runlake::ops

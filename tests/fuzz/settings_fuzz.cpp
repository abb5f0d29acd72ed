// SPDX-License-Identifier: Apache-2.0
// Any bytes as config.yaml: read or refused with words, and recording goes on either way.
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "record/settings.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/temp_dir.hpp"

namespace record = runlake::record;

RUNLAKE_FUZZ {
    static const runlake::testing::TempDir folder;
    static const bool apart = ::setenv("XDG_CONFIG_HOME", folder.path().c_str(), 1) == 0;
    DEMAND(apart);
    record::Store store;
    store.dir = folder.path();
    std::ofstream(store.config_file(), std::ios::binary | std::ios::trunc) << text;
    const auto strict = record::Settings::load(store);
    std::optional<runlake::core::Error> problem;
    const auto tolerant = record::Settings::load_tolerant(store, problem);
    DEMAND(strict.ok() == !problem.has_value());
    if (!strict.ok()) { DEMAND(!strict.error().message().empty()); }
    auto again = tolerant;
    for (const auto& setting : record::settings_table()) {
        const auto& value = tolerant.at(setting.key);
        if (!value.text.empty()) { DEMAND(again.set_flag(setting.key, value.text).ok()); }
    }
}

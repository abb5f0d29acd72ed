// SPDX-License-Identifier: Apache-2.0
// Any text: redacting twice is redacting once, and the result grows by at most a mark a hit.
#include <string>
#include <vector>

#include "core/redact.hpp"
#include "core/text.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace core = runlake::core;

RUNLAKE_FUZZ {
    const std::string once = core::redact_text(text);
    DEMAND(core::redact_text(once) == once);
    std::size_t marks = 0;
    for (std::size_t at = once.find(core::k_redacted); at != std::string::npos; at = once.find(core::k_redacted, at + 1)) { ++marks; }
    DEMAND(once.size() <= text.size() + marks * core::k_redacted.size());
    std::vector<std::string> argv;
    for (const std::string_view word : core::split(text, ' ')) { argv.emplace_back(word); }
    const std::vector<std::string> hidden = core::redact_argv(argv);
    DEMAND(hidden.size() == argv.size());
    DEMAND(core::redact_argv(hidden) == hidden);
}

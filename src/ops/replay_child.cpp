// SPDX-License-Identifier: Apache-2.0
#include "ops/replay_child.hpp"

#include "replay/child_stage.hpp"

namespace runlake::ops {

int replay_child(const std::vector<std::string>& words) {
    const auto parsed = replay::parse_words(words);
    return parsed.ok() ? replay::be_child(parsed.value()) : core::exit_status(parsed.error().code());
}

}  // namespace runlake::ops

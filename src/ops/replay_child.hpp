// SPDX-License-Identifier: Apache-2.0
// What the program does when a replay has started it as a child: it becomes the program that is replayed.
#pragma once

#include <string>
#include <vector>

namespace runlake::ops {

// Returns only when that was not possible; the exit status.
int replay_child(const std::vector<std::string>& words);

}  // namespace runlake::ops

// SPDX-License-Identifier: Apache-2.0
// The digests of what a job left in its folder, as far as that is little: promotion waits for no large file.
#pragma once

#include <string>
#include <vector>

#include "ledger/extra.hpp"

namespace runlake::ops {

// The regular files below a job's folder, by path, less the job's own two and what trackers keep. Nothing at all when they are more than 64 files or 16 MiB, or when one
// can't be read: a list that is not whole would tell less than none.
std::vector<ledger::ArtifactFact> artifacts_of_folder(const std::string& folder);

}  // namespace runlake::ops

// SPDX-License-Identifier: Apache-2.0
// Programs that load no library: no module can ask in them what a knob is worth, but their file tells which knobs nobody in them can read.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"

namespace runlake::replay {

// The names of runtime knobs, as a report's "observed" has them, that nothing in this program reads: it is statically linked, and neither the variable's name nor that of the
// library which reads it is anywhere in its file. Empty for every other program.
std::vector<std::string> knobs_never_read(const std::string& path);

}  // namespace runlake::replay

// SPDX-License-Identifier: Apache-2.0
// Comparing replays needs the rules of IEEE 754: with -ffast-math this must not compile.
#include "replay/probes.hpp"

int main() { return runlake::replay::is_finite(1.0) ? 0 : 1; }

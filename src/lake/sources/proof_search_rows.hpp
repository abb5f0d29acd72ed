// SPDX-License-Identifier: Apache-2.0
// Rows about a proof-search run as a whole: its place in the registry, its files, the artifacts of its theorems.
#pragma once

#include <span>

#include "lake/source.hpp"

namespace runlake::lake {

core::Status describe_proof_search(const Unit& unit, const UnitFiles& files, std::span<const FileFact> facts, Extraction& out);

}  // namespace runlake::lake

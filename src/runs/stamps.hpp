// SPDX-License-Identifier: Apache-2.0
// When each thing that a run's rows hold was said, packed into a few bytes: what a later record needs to be merged with rows read back.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "runs/merge.hpp"

namespace runlake::runs {

// The stamps of a run whose start is known. Equal runs give equal bytes. Layout (integers are LEB128, signed ones zigzag):
//   version 1; flags: 1 an end is known, 2 it is presumed, 4 degraded was said, 8 the end itself said completed; number of the start; number of the end, if one is known;
//   two bits for each of nine facts (1 said by the start, 2 by the end, 3 by the stamp that follows below) as one integer; those stamps;
//   count of inputs the start lists; then three lists, each with its count, of what was not said by the start:
//   tags: name, 1 or 2 (removed), stamp;   params: name, stamp;   inputs: path, 1 fingerprint | 2 bytes, their stamps.
// A stamp is: microseconds after the start, number. A text is: length, bytes.
std::string pack_stamps(const RunParts& run);

// Puts the stamps back into a run that was read from its rows: values are there, stamps are not, and `listed_inputs` holds every input in its order. Errc::corrupt when the bytes do
// not fit the rows.
core::Status unpack_stamps(std::string_view packed, RunParts& run);

}  // namespace runlake::runs

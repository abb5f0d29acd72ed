// SPDX-License-Identifier: Apache-2.0
// Temporary files in a store, and folders of jobs that were being made, whose writers were killed before they could rename or remove them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct Leftovers {
    std::vector<std::string> paths;   // by folder, then name
    std::uint64_t bytes = 0;
};

// Whether a file is called as those are that publishing a file or asking for the file server's time make beside it: ".NAME.<16 hex>.tmp", ".NAME.<8 hex>.probe".
bool is_temporary_name(std::string_view name);

// Those in the store, beside a database that lies elsewhere, and the folders in the run store's workspace in which jobs were being made, that were last written more than a day before `now`. A living writer writes or renames within moments: what rested for
// a day has none, on whichever machine it was. Links are not followed.
Leftovers find_leftovers(const record::Store& store, core::Timestamp now);

// Removes them; one that is gone meanwhile is fine.
core::Status remove_leftovers(const Leftovers& leftovers);

}  // namespace runlake::ops

// SPDX-License-Identifier: Apache-2.0
// What is wrong with the references of a lake: files that are damaged or half there, members and scores that the lake's runs don't match any more. Reads only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "sql/database.hpp"

namespace runlake::lake {

struct ReferenceCheck {
    std::string ref_id;
    bool has_artifact = true;      // false: a folder without one, which a killed program or half a copy leaves, or one that has gone; of members and scores nothing is said then
    std::string damage;            // why the artifact can't be used; "" for a whole one
    bool is_in_lake = false;
    std::int64_t members = 0;      // as the lake has them
    std::int64_t missing = 0;      // of them, that no run of the lake is
    std::int64_t changed = 0;      // of them, whose runs have their outcomes and other content: metrics were computed since
    std::vector<std::string> damaged_scores;  // files, with the reason
    std::int64_t unread_scores = 0;           // whole, of runs of the lake, and not in it yet
    std::int64_t other_scores = 0;            // of searches that no run of the lake is: changed since, or not here
};
// By ref_id.
core::Result<std::vector<ReferenceCheck>> check_references(sql::Connection& connection, const std::string& references_dir);

}  // namespace runlake::lake

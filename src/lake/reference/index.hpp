// SPDX-License-Identifier: Apache-2.0
// The tables of references made to say what their files say: what has changed since they were indexed last is read, and runs are told anew by what the lake holds now.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "sql/database.hpp"

namespace runlake::lake {

struct ReferenceProblem {
    std::string rel_path;  // below the references' folder
    std::string problem;
};
struct ReferencesIndexed {
    std::uint64_t references = 0;           // in the lake now
    std::uint64_t files_read = 0;
    std::uint64_t rows = 0;                 // of scores, written
    bool has_changed = false;
    std::vector<ReferenceProblem> problems; // by rel_path: a file that can't be read gives no rows
};
// In one transaction. The connection is that of a held lake. No folder: no reference.
core::Result<ReferencesIndexed> index_references(sql::Connection& connection, const std::string& references_dir);

}  // namespace runlake::lake

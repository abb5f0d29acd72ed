// SPDX-License-Identifier: Apache-2.0
// A lake in memory, filled with whatever the sources find below a folder: for tests of sources, without the loop that reconciles.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lake/source.hpp"
#include "sql/database.hpp"

namespace runlake::lake::testing {

struct SmallLake {
    sql::Connection connection;
    Units units;
    std::vector<std::pair<std::string, FileProblem>> problems;  // with the name of the source

    // Every row as "a|b|c", NULL as "-", sorted as the statement says.
    std::vector<std::string> rows(const std::string& select);
    std::string one(const std::string& select);  // the only row
};

// Everything below `roots` and beside `beside`, read afresh.
SmallLake fill_lake(const std::vector<std::string>& roots, const std::vector<std::string>& beside = {});

}  // namespace runlake::lake::testing

// SPDX-License-Identifier: Apache-2.0
// What the lake knows of one run of any source: found by any of its names, with its files, rows and errors, and what speaks against a dashboard.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "sql/database.hpp"

namespace runlake::lake {

struct RunFacts {
    core::Json run = core::Json::object();     // facts by name, in the order in which they are shown; null is unknown
    core::Json params = core::Json::object();
    core::Json metrics = core::Json::object();
    bool is_there = false;                     // its folder is on disk now
    struct File {
        std::string rel_path;
        std::int64_t bytes = 0;
        std::string sha256;                    // "" where it could not be read
    };
    std::vector<File> files;                   // by path
    struct Rows {
        std::string table;
        std::int64_t rows = 0;
    };
    std::vector<Rows> tables;                  // those with rows of it
    struct Problem {
        std::string stage;
        std::string severity;                  // "error", "warning"
        std::string rel_path;                  // "" where it is about no single file
        std::optional<std::int64_t> line;
        std::string error;
    };
    std::vector<Problem> problems;
    struct Reason {
        std::string name;                      // shortfall_name(), "gone", "same_run_id"
        bool stops = false;                    // a dashboard with it is refused; else selections may leave it out
        std::string text;
    };
    std::vector<Reason> dashboard;             // empty: nothing speaks against it
};
// `word` is a run key of either formula, a run_uid, a run id, a name, the beginning of one of the first four, a path in the run's folder, or a folder above runs. Errc::not_found: the lake has no such run (a folder with a run that
// is not in it yet is told so). Errc::conflict: several runs are meant, which are listed.
core::Result<RunFacts> facts_of_run(sql::Connection& connection, const std::string& word);

}  // namespace runlake::lake

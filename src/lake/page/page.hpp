// SPDX-License-Identifier: Apache-2.0
// The page of a release: what is put beside its datasets so that people can look at them, from a folder without a server as from one. docs/guide/release-page.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::lake {

// One dataset of the release, as the page is to show it.
struct PageTable {
    std::string name;         // "theorem_wild"
    std::string help;         // what its rows are, a sentence; may be empty
    std::string jsonl_path;   // absolute: its rows as JSON lines, read while the page is written; "" leaves them out
    std::string file;         // below the release's folder, with '/': what a browser reads from a server, Parquet or JSON lines
    std::int64_t rows = 0;
};

// How much is written into the page itself, for those who open it without a server.
struct PageLimits {
    std::uint64_t total_bytes = std::uint64_t{24} << 20U;   // of the data file, about
    std::uint64_t table_bytes = std::uint64_t{8} << 20U;    // of one table
    std::int64_t graphs_a_run = 4;                          // whose nodes and edges are kept
    std::int64_t nodes_a_graph = 400;                       // larger graphs are left out
};

struct PageRequest {
    std::string dir;           // the release's folder, staged, with its datasets
    std::string title;         // "" is the member "job" of the facts, else "Release <id>"
    std::string release_id;
    core::Json facts;          // an object, shown as it is: name of the job, selection, counts. No times, no absolute paths: what is in here is in the page
    std::vector<PageTable> tables;
    PageLimits limits = {};
};

// Writes index.html, page/* (programs, style, the data, the Parquet reader) below request.dir and gives their paths below it, sorted. The bytes follow from the request, the rows and this
// version of the program alone. Errc::not_found: the program's page files (share/runlake/web) are not installed. Errc::corrupt: a line of a dataset is no JSON object. Point release_write.
core::Result<std::vector<std::string>> write_page(const PageRequest& request);

// Where the page's files of this build or installation are: share/runlake/web beside bin/.
std::string page_files_dir();

}  // namespace runlake::lake

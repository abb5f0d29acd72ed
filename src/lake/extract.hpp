// SPDX-License-Identifier: Apache-2.0
// One file of a run read by one extractor: which form is read, what goes wrong, and the rows when nothing does. No database.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lake/extractors/extractor.hpp"
#include "lake/run_files.hpp"

namespace runlake::lake {

// One form of a file that is there plain, packed, or both.
struct Form {
    SourceFile file;
    std::string path;  // absolute
    os::Stamp stamp;   // of what a link points to
    bool is_packed = false;
};

// A file to be read: its packed form first.
struct Offer {
    std::vector<Form> forms;  // one or two
    const SourceFile& file() const { return forms.front().file; }
};

// What a run offers to extractors, each file once, by rel_path.
std::vector<Offer> offers_of(const std::string& run_key, RunFiles&& files);

// For extract_errors. A warning stands beside rows, an error stands instead of them.
struct FileProblem {
    std::string rel_path;
    std::string message;
    std::optional<std::uint64_t> line;
    bool is_warning = false;
};

struct Extracted {
    FileRows rows;                      // keys checked; empty unless `ok`
    bool ok = false;
    std::string told;
    std::string rel_path;               // of the form that was read
    std::string sha256;                 // of its bytes; "" where nothing could be read
    std::vector<FileProblem> problems;
};

// Never fails as a whole: a bad file is a problem of that file. A packed form that can't be read is a warning where the plain one can. Thread-safe.
Extracted extract_offer(const Extractor& extractor, const Offer& offer, const InputLimits& limits = {});

}  // namespace runlake::lake

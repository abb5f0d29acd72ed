// SPDX-License-Identifier: Apache-2.0
// The files of a replay: their digests, and a copy of those that may have to be compared.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "replay/outcome.hpp"

namespace runlake::replay {

// A file or folder: its name in the outcome, and where it is.
struct PlacedFile {
    std::string name;
    std::string path;      // absolute; may be a glob
    std::string root;      // what names in its digest are relative to
};
// Their digests, by name. What can't be read has none.
std::vector<FileDigest> digest_files(const std::vector<PlacedFile>& files, const std::string& store_dir);

// Brings a file or folder to `to` (whose parent is made): moved where it may be, else cloned or copied. Links in folders are left out.
core::Status keep_file(const std::string& from, const std::string& to, bool may_move);

// A path as one name of a file: "out/model.bin" -> "out%2Fmodel.bin".
std::string safe_name(std::string_view path);

}  // namespace runlake::replay

// SPDX-License-Identifier: Apache-2.0
// The files of a replay: their digests, and a copy of those that may have to be compared.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "replay/outcome.hpp"

namespace runlake::replay {

// Digests of files and folders below `directory`, by path. What can't be read has none.
std::vector<FileDigest> digest_files(const std::string& directory, const std::vector<std::string>& paths, const std::string& store_dir);

// Brings a file or folder to `to` (whose parent is made): moved where it may be, else cloned or copied. Links in folders are left out.
core::Status keep_file(const std::string& from, const std::string& to, bool may_move);

// A path as one name of a file: "out/model.bin" -> "out%2Fmodel.bin".
std::string safe_name(std::string_view path);

}  // namespace runlake::replay

// SPDX-License-Identifier: Apache-2.0
// What HEAD's commit holds in one folder, by git's ids of the contents: whether a file is committed as it stands can be told without looking at the index.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "git/repository.hpp"

namespace runlake::git {

// The files in `folder` (relative to the work tree, not below it) as HEAD has them: name -> the content's id, 40 hex digits. Empty when HEAD has no commit or no such folder.
// Errc::unsupported without libgit2, and for repositories that use other ids.
core::Result<std::map<std::string, std::string, std::less<>>> committed_files(const Location& where, std::string_view folder);

// git's id of a file's bytes, as they are (no filter is applied).
core::Result<std::string> content_id(std::string_view bytes);

}  // namespace runlake::git

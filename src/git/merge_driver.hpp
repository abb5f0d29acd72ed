// SPDX-License-Identifier: Apache-2.0
// Tells a repository's own configuration which program merges files of a kind. Written as git itself writes it: under config.lock, whole.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "git/repository.hpp"

namespace runlake::git {

struct MergeDriver {
    std::string name;          // as .gitattributes say it: merge=<name>; letters, digits and '-'
    std::string description;
    std::string command;       // for the shell, with %O, %A, %B
};

// Whether the text of a configuration file has this driver, to the letter.
bool has_merge_driver(std::string_view config, const MergeDriver& driver);
// The text with the driver in it; a former one of that name is taken out, all else stays as it is.
std::string with_merge_driver(std::string_view config, const MergeDriver& driver);

// False: it was there already. Errc::busy: git holds the configuration.
core::Result<bool> set_merge_driver(const Location& where, const MergeDriver& driver);
core::Result<bool> is_merge_driver_set(const Location& where, const MergeDriver& driver);

}  // namespace runlake::git

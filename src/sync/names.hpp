// SPDX-License-Identifier: Apache-2.0
// Names of files on both sides: which are safe, which are ours, how they are written where only text fits.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace runlake::sync {

// The folder of each root in which manifests, locks and partial copies are. Never sent, never shown.
inline constexpr std::string_view k_own_folder = ".runlake-sync";

// A relative path of names: no empty part, no "." or "..", no NUL. All that another side says is asked this first.
bool is_safe_path(std::string_view path);
// In the own folder, in whatever case it is spelled.
bool is_own(std::string_view path);

// '%', control characters and what is no UTF-8 as %XX; the rest as it is. unescape: nothing for a '%' without two hex digits.
std::string escape_name(std::string_view name);
std::optional<std::string> unescape_name(std::string_view text);

// Whether a line of text can carry the name: valid UTF-8 without control characters.
bool is_plain_name(std::string_view name);

// Tells names that a file system which ignores case would take for one.
class CaseClashes {
  public:
    // The spelling that was there before of this path or a folder of it, when it is another; nothing when there is none.
    std::optional<std::string> add(std::string_view path);

  private:
    std::map<std::string, std::string> spelled_;
};

}  // namespace runlake::sync

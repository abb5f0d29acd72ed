// SPDX-License-Identifier: Apache-2.0
// Words for a POSIX shell.
#pragma once

#include <string>
#include <string_view>

namespace runlake::core {

// One word, as Python's shlex.quote writes it: as it is where nothing in it means anything to a shell, else between single quotes.
std::string shell_word(std::string_view text);
// One word, between single quotes whatever is in it.
std::string shell_quoted(std::string_view text);

}  // namespace runlake::core

// SPDX-License-Identifier: Apache-2.0
// What the files of the redactor share.
#pragma once

#include <cstddef>
#include <string_view>

namespace runlake::core {

// How much a name says about its value.
enum class Secrecy {
    none,
    weak,    // also a word of everyday language ("auth: failed", "session: closed"): free text needs more than a colon
    strong,
};
Secrecy secrecy_of(std::string_view name);

// A header whose value goes to the end of its line: Authorization, Proxy-Authorization, Cookie, Set-Cookie.
bool is_header_name(std::string_view name);

// Length of the well-known token that starts at `at`, 0 for none. Calls with ascending `at` on one object take linear time together.
class TokenFinder {
  public:
    explicit TokenFinder(std::string_view text) : text_(text) {}
    std::size_t length_at(std::size_t at);

  private:
    std::size_t run_end(std::size_t at);  // of letters, digits, '_' and '-'

    std::string_view text_;
    std::size_t known_start_ = 0;
    std::size_t known_end_ = 0;
};

}  // namespace runlake::core

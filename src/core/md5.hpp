// SPDX-License-Identifier: Apache-2.0
// Incremental MD5, for files that other tools name by it. Never for keys of our own.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace runlake::core {

// MD5 (RFC 1321). One object, one thread.
class Md5 {
  public:
    Md5();
    Md5& update(std::string_view bytes);
    std::string finish();  // 32 lower-case hex digits; the object must not be used afterwards

  private:
    alignas(8) std::array<std::byte, 128> state_;  // OpenSSL's MD5_CTX, kept out of this header
};

}  // namespace runlake::core

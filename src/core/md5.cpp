// SPDX-License-Identifier: Apache-2.0
// MD5 by OpenSSL's block functions; why not by EVP is said in digest.cpp.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/md5.hpp"

#include <openssl/md5.h>

#include <cstdint>
#include <new>

#include "core/digest.hpp"

namespace runlake::core {
namespace {

MD5_CTX* context(std::array<std::byte, 128>& state) { return std::launder(reinterpret_cast<MD5_CTX*>(state.data())); }

}  // namespace

Md5::Md5() {
    static_assert(sizeof(MD5_CTX) <= sizeof(state_) && alignof(MD5_CTX) <= 8);
    MD5_Init(new (state_.data()) MD5_CTX);
}

Md5& Md5::update(std::string_view bytes) {
    MD5_Update(context(state_), bytes.data(), bytes.size());
    return *this;
}

std::string Md5::finish() {
    std::array<std::uint8_t, MD5_DIGEST_LENGTH> out{};
    MD5_Final(out.data(), context(state_));
    return to_hex(out);
}

}  // namespace runlake::core

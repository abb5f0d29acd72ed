// SPDX-License-Identifier: Apache-2.0
// Digests by OpenSSL's block functions (they use the CPU's SHA instructions) and zlib's CRC-32.
//
// OpenSSL 3 marks SHA256_* and MD5 as deprecated in favour of EVP. EVP fetches its algorithm through the provider system, which
// costs about a hundred times what hashing a short text does and needs the library's configuration; the recording path
// cannot pay that. The functions below are the same code without it, so the warning is switched off here alone.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/digest.hpp"

#include <openssl/md5.h>
#include <openssl/sha.h>
#include <zlib.h>

#include <new>

namespace runlake::core {
namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') { return c - '0'; }
    if (c >= 'a' && c <= 'f') { return c - 'a' + 10; }
    return -1;
}

SHA256_CTX* context(std::array<std::byte, 128>& state) {
    return std::launder(reinterpret_cast<SHA256_CTX*>(state.data()));
}

// The length prefix of FieldHash: unsigned 64 bits, least significant byte first.
void update_length(Sha256& hash, std::size_t length) {
    std::array<char, 8> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<char>(static_cast<std::uint64_t>(length) >> (8 * i) & 0xFFU);
    }
    hash.update({bytes.data(), bytes.size()});
}

void update_prefixed(Sha256& hash, std::string_view bytes) {
    update_length(hash, bytes.size());
    hash.update(bytes);
}

}  // namespace

std::string to_hex(std::span<const std::uint8_t> bytes) {
    constexpr std::string_view k_digits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        out += k_digits[byte >> 4U];
        out += k_digits[byte & 15U];
    }
    return out;
}

Result<Digest> Digest::parse(std::string_view hex) {
    std::array<std::uint8_t, 32> bytes{};
    if (hex.size() != 2 * bytes.size()) {
        return Error(Errc::usage, "reading a digest: expected 64 hex digits, got " + std::to_string(hex.size()) + " characters");
    }
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const int high = hex_value(hex[2 * i]);
        const int low = hex_value(hex[2 * i + 1]);
        if (high < 0 || low < 0) {
            return Error(Errc::usage, "reading a digest: it may have only the digits 0-9 and a-f");
        }
        bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return Digest(bytes);
}

Sha256::Sha256() {
    static_assert(sizeof(SHA256_CTX) <= sizeof(state_) && alignof(SHA256_CTX) <= 8);
    SHA256_Init(new (state_.data()) SHA256_CTX);
}

Sha256& Sha256::update(std::string_view bytes) {
    SHA256_Update(context(state_), bytes.data(), bytes.size());
    return *this;
}

Digest Sha256::finish() {
    std::array<std::uint8_t, 32> bytes{};
    SHA256_Final(bytes.data(), context(state_));
    return Digest(bytes);
}

Digest sha256(std::string_view bytes) { return Sha256().update(bytes).finish(); }

std::string md5_hex(std::string_view bytes) {
    std::array<std::uint8_t, MD5_DIGEST_LENGTH> out{};
    MD5_CTX md5;
    MD5_Init(&md5);
    MD5_Update(&md5, bytes.data(), bytes.size());
    MD5_Final(out.data(), &md5);
    return to_hex(out);
}

std::uint32_t crc32(std::string_view bytes) {
    if (bytes.empty()) { return 0; }  // zlib answers the initial value for a null pointer, whatever the length
    return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

FieldHash::FieldHash(std::string_view recipe) {
    hash_.update("R");
    update_prefixed(hash_, recipe);
}

FieldHash& FieldHash::field(std::string_view name, std::string_view value) {
    hash_.update("S");
    update_prefixed(hash_, name);
    update_prefixed(hash_, value);
    return *this;
}

FieldHash& FieldHash::field(std::string_view name, const std::optional<std::string>& value) {
    return value ? field(name, std::string_view(*value)) : absent(name);
}

FieldHash& FieldHash::absent(std::string_view name) {
    hash_.update("A");
    update_prefixed(hash_, name);
    return *this;
}

Digest FieldHash::finish() { return hash_.finish(); }

}  // namespace runlake::core

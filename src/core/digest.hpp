// SPDX-License-Identifier: Apache-2.0
// SHA-256, MD5 and CRC-32, and the one encoding from which every key and fingerprint is hashed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace runlake::core {

std::string to_hex(std::span<const std::uint8_t> bytes);

// A SHA-256 value. Only parse(), Sha256 and sha256() make one.
class Digest {
  public:
    // 64 lower-case hex digits; anything else is Errc::usage.
    static Result<Digest> parse(std::string_view hex);
    explicit Digest(const std::array<std::uint8_t, 32>& bytes) : bytes_(bytes) {}

    std::string hex() const { return to_hex(bytes_); }
    const std::array<std::uint8_t, 32>& bytes() const { return bytes_; }
    auto operator<=>(const Digest&) const = default;

  private:
    std::array<std::uint8_t, 32> bytes_;
};

// Incremental SHA-256 (FIPS 180-4). One object, one thread.
class Sha256 {
  public:
    Sha256();
    Sha256& update(std::string_view bytes);
    Digest finish();  // the object must not be used afterwards

  private:
    alignas(8) std::array<std::byte, 128> state_;  // OpenSSL's SHA256_CTX, kept out of this header
};

Digest sha256(std::string_view bytes);

// MD5 (RFC 1321) as 32 lower-case hex digits: for signac's ids alone.
std::string md5_hex(std::string_view bytes);

// CRC-32 as in zlib and gzip (polynomial 0xEDB88320).
std::uint32_t crc32(std::string_view bytes);

// Hashes a sequence of named, typed fields without ambiguity: each field is its name and value, both prefixed
// by their length, and an absent value differs from an empty one. `recipe` names what is hashed and its version,
// for example "input_fingerprint/1": equal digests mean equal fields under an equal recipe.
// Encoding: for the recipe and every field: 'R'|'S'|'A' (recipe, string, absent), then u64 little-endian length and
// the bytes of the name, then for 'S' u64 little-endian length and the bytes of the value.
class FieldHash {
  public:
    explicit FieldHash(std::string_view recipe);
    FieldHash& field(std::string_view name, std::string_view value);
    FieldHash& field(std::string_view name, const std::optional<std::string>& value);
    // Texts of other types convert to both of the above.
    FieldHash& field(std::string_view name, const std::string& value) { return field(name, std::string_view(value)); }
    FieldHash& field(std::string_view name, const char* value) { return field(name, std::string_view(value)); }
    FieldHash& absent(std::string_view name);
    Digest finish();

  private:
    Sha256 hash_;
};

}  // namespace runlake::core

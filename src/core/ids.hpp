// SPDX-License-Identifier: Apache-2.0
// The run's identity: a UUID version 4 in its usual text form.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace runlake::core {

// A value proves its form: only parse() and from_random() make one.
class RunId {
  public:
    // 36 characters, 8-4-4-4-12 hex digits of either case (kept lower case). Version bits are not demanded, so that
    // ids of other recorders can be read. Anything else: Errc::usage.
    static Result<RunId> parse(std::string_view text);
    // Sets version 4 and the RFC 4122 variant on 16 random bytes.
    static RunId from_random(std::array<std::uint8_t, 16> bytes);

    std::string str() const;                 // 36 characters
    std::string brief() const;               // the first 8: what tables show
    const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
    auto operator<=>(const RunId&) const = default;

  private:
    explicit RunId(const std::array<std::uint8_t, 16>& bytes) : bytes_(bytes) {}
    std::array<std::uint8_t, 16> bytes_;
};

// A prefix that a user types to name a run: 1 to 36 characters of hex digits and dashes in the places a UUID has them.
// No wildcard can be in it. Empty or other characters: Errc::usage.
class RunIdPrefix {
  public:
    static Result<RunIdPrefix> parse(std::string_view text);
    const std::string& str() const { return text_; }        // lower case, with dashes where a UUID has them
    bool is_whole() const { return text_.size() == 36; }
    bool matches(const RunId& id) const { return id.str().starts_with(text_); }

  private:
    explicit RunIdPrefix(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

struct RunIdHash {
    std::size_t operator()(const RunId& id) const {
        std::size_t value = 0;
        for (std::size_t i = 0; i < sizeof value; ++i) { value = value << 8U | id.bytes()[i]; }
        return value;
    }
};

}  // namespace runlake::core

// SPDX-License-Identifier: Apache-2.0
// Random values for property tests: the same ones for a seed on every machine. A failing test prints the seed; RUNLAKE_TEST_SEED sets it.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"

namespace runlake::testing {

inline std::uint64_t test_seed() {
    const char* given = std::getenv("RUNLAKE_TEST_SEED");
    return given == nullptr ? 20'250'109 : std::strtoull(given, nullptr, 10);
}

// splitmix64: short, and unlike the distributions of <random> the same everywhere.
class Random {
  public:
    explicit Random(std::uint64_t seed = test_seed()) : state_(seed) {}

    std::uint64_t bits() {
        state_ += 0x9E3779B97F4A7C15ULL;
        std::uint64_t z = state_;
        z = (z ^ z >> 30U) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ z >> 27U) * 0x94D049BB133111EBULL;
        return z ^ z >> 31U;
    }
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(bits() % limit); }
    bool chance(std::size_t one_in) { return below(one_in) == 0; }
    template <class T>
    const T& pick(const std::vector<T>& from) {
        return from[below(from.size())];
    }

    // Any finite double: half by its bits, half a short decimal as people write them.
    double finite_double() {
        for (;;) {
            const double value = std::bit_cast<double>(bits());
            if (chance(2)) {
                const auto digits = static_cast<double>(static_cast<std::int64_t>(below(2'000'000)) - 1'000'000);
                return digits * std::pow(10.0, static_cast<double>(below(40)) - 20.0);
            }
            if (std::isfinite(value)) { return value; }
        }
    }

    // Valid UTF-8 with what writers and readers trip over.
    std::string text(std::size_t max_pieces = 12) {
        static const std::vector<std::string> k_pieces = {
            "a", "B", "7", " ", "_", "-", "/", ".", ":", "\"", "\\", "'", "\n", "\t", std::string(1, '\0'), "\x1F", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
            "\xEF\xBF\xBD", "{", "}", "[", "]", ",", "#", "&", "*", "!", "|", ">", "%", "@", "`", "null", "true", "1e3", "~", "0x1", "<<", "=", "\xE2\x80\xA8"};
        std::string out;
        for (std::size_t n = below(max_pieces + 1); n > 0; --n) { out += pick(k_pieces); }
        return out;
    }

    core::Json json(int depth = 4) {
        switch (below(depth > 0 ? 10 : 7)) {
            case 0: return {};
            case 1: return chance(2);
            case 2: return static_cast<std::int64_t>(bits());
            case 3: return static_cast<std::int64_t>(below(200)) - 100;
            case 4: return finite_double();
            case 5: return text();
            case 6: return chance(3) ? core::Json(core::BigInteger{"-1" + std::to_string(bits() | 1ULL << 63U)}) : core::Json(text(3));
            case 7: {
                core::Json list = core::Json::array();
                for (std::size_t n = below(5); n > 0; --n) { list.push(json(depth - 1)); }
                return list;
            }
            default: {
                core::Json object = core::Json::object();
                for (std::size_t n = below(5); n > 0; --n) { object.set(text(4), json(depth - 1)); }
                return object;
            }
        }
    }

  private:
    std::uint64_t state_;
};

}  // namespace runlake::testing

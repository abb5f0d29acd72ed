// SPDX-License-Identifier: Apache-2.0
// What a fuzzer is written with: the body takes the input as `text`, and DEMAND states what must hold for any of them.
//
//     RUNLAKE_FUZZ { DEMAND(parse(text).ok() || !parse(text).error().message().empty()); }
//
// Built with clang's libFuzzer (RUNLAKE_BUILD_FUZZERS=ON) or with the driver beside this file, which ctest runs for a short while.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#define DEMAND(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);    \
            std::abort();                                                                          \
        }                                                                                          \
    } while (false)

#define RUNLAKE_FUZZ                                                                               \
    static void fuzz_one(std::string_view text);                                                   \
    extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);             \
    extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {            \
        fuzz_one({reinterpret_cast<const char*>(data), size});                                     \
        return 0;                                                                                  \
    }                                                                                              \
    static void fuzz_one(std::string_view text)

// SPDX-License-Identifier: Apache-2.0
#include "ops/version.hpp"

#include "core/text.hpp"
#include "core/version.hpp"

namespace runlake::ops {
namespace {

std::string compiler() {
#if defined(__clang__)
    return core::cat("Clang ", __clang_major__, ".", __clang_minor__, ".", __clang_patchlevel__);
#else
    return core::cat("GCC ", __GNUC__, ".", __GNUC_MINOR__, ".", __GNUC_PATCHLEVEL__);
#endif
}

constexpr std::string_view k_system =
#if defined(__x86_64__)
    "Linux x86_64";
#elif defined(__aarch64__)
    "Linux aarch64";
#else
    "Linux";
#endif

}  // namespace

Version version() {
    return {.version = std::string(core::k_version), .compiler = compiler(), .system = std::string(k_system), .formats = {{"journal", 1}}};
}

}  // namespace runlake::ops

// SPDX-License-Identifier: Apache-2.0
// gzip (RFC 1952) in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace runlake::core {

// One member without name or time: equal bytes give equal bytes (with one version of zlib).
std::string gzip(std::string_view bytes);
// Errc::corrupt: no gzip, damaged, cut off, followed by something else, or more than `max_bytes` when unpacked.
Result<std::string> gunzip(std::string_view bytes, std::uint64_t max_bytes);

}  // namespace runlake::core

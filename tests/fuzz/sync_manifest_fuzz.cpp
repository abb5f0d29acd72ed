// SPDX-License-Identifier: Apache-2.0
// Any bytes as a manifest, bare and with a right last line: what reads is safe, and reads the same once it is written again.
#include <string>

#include "core/digest.hpp"
#include "sync/manifest.hpp"
#include "sync/names.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

void check(std::string_view text) {
    const auto read = runlake::sync::parse_manifest(text, "it");
    if (!read.ok()) {
        DEMAND(!read.error().message().empty());
        return;
    }
    for (const auto& entry : read.value().entries) { DEMAND(runlake::sync::is_safe_path(entry.path)); }
    const auto again = runlake::sync::parse_manifest(runlake::sync::write_manifest(read.value()), "it");
    DEMAND(again.ok() && again.value() == read.value());
}

}  // namespace

RUNLAKE_FUZZ {
    check(text);
    std::string framed(text);
    std::size_t lines = 0;
    for (const char c : framed) { lines += c == '\n' ? 1 : 0; }
    if (lines == 0) { return; }
    const std::uint32_t crc = runlake::core::crc32(framed);
    const std::uint8_t bytes[4] = {static_cast<std::uint8_t>(crc >> 24U), static_cast<std::uint8_t>(crc >> 16U), static_cast<std::uint8_t>(crc >> 8U), static_cast<std::uint8_t>(crc)};
    framed += "end " + std::to_string(lines - 1) + " " + runlake::core::to_hex(bytes) + "\n";
    check(framed);
}

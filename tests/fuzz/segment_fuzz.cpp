// SPDX-License-Identifier: Apache-2.0
// Any bytes as a segment of the journal: records have their checksum, offsets grow, and a line written after them is always read.
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "core/digest.hpp"
#include "os/files.hpp"
#include "record/journal.hpp"
#include "record/journal_lines.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace record = runlake::record;

RUNLAKE_FUZZ {
    const std::string payload = R"({"kind":"x"})";
    const std::string all = std::string(text) + "\n" + record::frame_line(payload);
    const runlake::os::Fd file(::memfd_create("segment", MFD_CLOEXEC));
    DEMAND(file.is_open() && ::write(file.get(), all.data(), all.size()) == static_cast<ssize_t>(all.size()));
    bool torn = true;
    std::uint64_t next = 0;
    std::string last;
    const auto end = record::scan_lines(file.get(), "segment", 0, torn, [&](const record::Line& line) {
        DEMAND(line.offset == next && line.at >= line.offset && line.raw.back() == '\n');
        next = line.offset + line.raw.size();
        if (!line.payload.empty()) {
            DEMAND(line.at + 11 + line.payload.size() + 1 == next);
            DEMAND(record::frame_line(line.payload) == all.substr(line.at, next - line.at));
            last = line.payload;
        }
        return runlake::core::ok();
    });
    DEMAND(end.ok() && end.value() == all.size() && next == all.size() && !torn);
    DEMAND(last == payload);
}

// SPDX-License-Identifier: Apache-2.0
// What tells that a file was changed without reading it: size, times, inode. Rules for when it can be believed.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "core/clock.hpp"
#include "core/result.hpp"

namespace runlake::os {

// Two equal stamps mean: the same unchanged file, provided that the first was settled before the file was read (see settle()).
struct Stamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t mtime_ns = 0;
    std::int64_t ctime_ns = 0;
    std::uint32_t mode = 0;
    bool operator==(const Stamp&) const = default;

    static Stamp of(const struct stat& info);
    std::int64_t newest_ns() const { return mtime_ns > ctime_ns ? mtime_ns : ctime_ns; }
};

// The clock from which the kernel stamps files: behind the wall clock, advancing a few milliseconds at a time. Kernels from 6.13 on stamp a change finer, ahead of this
// clock, when somebody has looked at the last stamp; what is said here holds for both.
std::int64_t stamping_clock_ns();

// A change in the same tick as the last one leaves the stamp as it was. Waits, at most 50 ms, until the stamping clock is past `newest_ns`: every change from then
// on gives another stamp. False when it is not even then: the stamp lies in the future, and equal stamps prove nothing.
bool settle(std::int64_t newest_ns);

// The time by which files that are made in `folder` now are stamped: a file server's clock, where the folder is on one. Learned of a file without a name; where there is no such thing, of
// one that is removed at once. Errc::io when no file can be made there.
core::Result<core::Timestamp> file_clock(const std::string& folder);

}  // namespace runlake::os

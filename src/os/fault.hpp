// SPDX-License-Identifier: Apache-2.0
// The points at which Runlake changes a disk: each has a name, can be listed, and can be made to fail or to kill the process.
//
// RUNLAKE_FAULT=<point>:<action>[:<n>] acts at the n-th passing of the point (default 1), `<n>+` at the n-th and each later one. Actions: `kill` (SIGKILL to
// itself, before the call), `kill_after`, `stop` (SIGSTOP to itself, before the call, so that a test can do something meanwhile), `enospc`, `eio`, `erofs`, `eacces`,
// `einval` (as a file system that has no such call), `short` (half of the bytes are written, then ENOSPC). Several may be given, separated by commas; `*` is every point. A function that makes several calls under one point (publish_file) passes
// it once for each. Words that make no sense end the process with status 2: a test that names a wrong point must not pass.
// RUNLAKE_FAULT_COUNT=<file>: appends the name of each point as it is passed, so that a test knows which ones a command reaches.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace runlake::os {

// Name of a point, "module.what.call" (journal.segment.create). Values are declared in os/fault_points.hpp alone.
struct Point {
    std::string_view name;
};

// What the caller has to do at a point.
struct Injection {
    int error = 0;             // errno to fail with, 0 for none
    bool short_write = false;  // write half, then fail with `error`
    bool kill_after = false;   // call kill_now() once the call has been made
};

// To be asked before the call. Free of cost when no fault is configured. Thread-safe. After fork the child counts on its own.
Injection at_point(Point point);
[[noreturn]] void kill_now();

// Replaces what the environment said, for tests in this process: "" is no fault. False, and nothing changed, when the words make no sense.
bool configure_faults(std::string_view faults);

// Every point there is, in the order of os/fault_points.hpp.
std::span<const Point> all_points();

}  // namespace runlake::os

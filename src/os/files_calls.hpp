// SPDX-License-Identifier: Apache-2.0
// Inside os/files*.cpp only: one system call under its fault point.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

#include "os/fault.hpp"

namespace runlake::os {

// Makes the call (a function that returns a negative number and sets errno when it fails), again after EINTR. The errno, 0 for success; an
// injected error takes the place of the call.
template <class Call>
int call_at(Point point, Call call) {
    const Injection injection = at_point(point);
    if (injection.error != 0) { return injection.error; }
    int result = 0;
    do { result = call(); } while (result < 0 && errno == EINTR);
    const int error = result < 0 ? errno : 0;
    if (injection.kill_after) { kill_now(); }
    return error;
}

int call_link(const std::string& from, const std::string& to, Point point);
int call_rename_exclusive(const std::string& from, const std::string& to, Point point);
std::string lower_first(std::string_view text);

}  // namespace runlake::os

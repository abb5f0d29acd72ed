// SPDX-License-Identifier: Apache-2.0
// Living with a limit of address space (ulimit -v), and ending with a reason where memory runs out in whatever thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/result.hpp"
#include "os/shared_library.hpp"

namespace runlake::os {

// For the program alone, before it has threads. What no thread catches for want of memory ends it with a line on stderr and the status of an input/output error, where it would abort:
// whatever is on disk is as after any kill. Under a limit of address space, threads share what malloc sets aside (64 MB each, else).
void prepare_for_want_of_memory();

// The same for threads of a library that brings a C++ runtime of its own; nothing where the program was not prepared.
void prepare_for_want_of_memory(const SharedLibrary& library);

// Errc::io when a limit of address space leaves fewer bytes than that; `what` is what was attempted.
core::Status has_address_space(std::uint64_t bytes, std::string_view what);

}  // namespace runlake::os

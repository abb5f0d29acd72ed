// SPDX-License-Identifier: Apache-2.0
// Confines a program to folders by Landlock, where the kernel has it, and names what was denied by seccomp's user notification.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace runlake::os {

enum class SandboxSupport : std::uint8_t { none, landlock, landlock_and_names };  // landlock_and_names: denied paths can be told
SandboxSupport sandbox_support();

struct SandboxRules {
    std::vector<std::string> writable;             // folders (all in them) and files; must exist. Devices, /proc (files that are there) and /dev/shm are always writable
    // Reads: everything may be read but what lies below `closed`, save `readable`. With `strict` nothing may be read but `readable` and `writable`. Names in
    // closed folders can be listed; an entry that appears beside the way to a closed folder after prepare() can't be read.
    std::vector<std::string> closed;
    std::vector<std::string> readable;
    bool strict = false;
    std::vector<std::string> listable;             // with `strict`: folders whose names, and those of all folders in them, can be listed
};

struct Denial {
    std::string path;                              // absolute
    bool write = false;
    bool operator==(const Denial&) const = default;
};

// Prepared in the parent, applied in a child between fork and exec; whatever that child starts inherits it. One child each. Programs in it can't gain privileges
// (setuid programs run as whoever starts them).
class Sandbox {
  public:
    // Opens every path of the rules. Errc::unsupported without Landlock; not_found when a path of the rules is missing.
    static core::Result<std::unique_ptr<Sandbox>> prepare(const SandboxRules& rules);
    virtual ~Sandbox() = default;
    virtual int apply() = 0;                       // in the child: async-signal-safe, allocates nothing; 0 or an errno
    // What the programs in it tried and were refused, in the order of time, without doublets, the first 32. A witness, no guard: what is allowed is decided by the
    // kernel alone. Empty, too, when names can't be told.
    virtual std::vector<Denial> denials() const = 0;
    virtual bool tells_names() const = 0;          // known once the program runs
};

}  // namespace runlake::os

// SPDX-License-Identifier: Apache-2.0
// A database as it lies in a folder, held still while it is read. It is never merged with another: it goes as it is, or not at all.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "core/result.hpp"
#include "os/lease.hpp"
#include "os/read_lock.hpp"

namespace runlake::sync {

struct HeldDatabase {
    std::unique_ptr<os::Lease> lease;   // the lake's own
    os::ReadLock lock;                  // what DuckDB respects
};

// The held database; nothing when there is none; or why it can't be had.
using DatabaseHold = std::variant<std::monostate, HeldDatabase, std::string>;
DatabaseHold hold_database(const std::string& path);

}  // namespace runlake::sync

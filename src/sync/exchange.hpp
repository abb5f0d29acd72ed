// SPDX-License-Identifier: Apache-2.0
// One root here and its counterpart: how they differ, and making them the same without ever deleting. Documentation: docs/guide/sync.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "sync/drift.hpp"
#include "sync/side.hpp"

namespace runlake::sync {

enum class Mode : std::uint8_t {
    look,   // changes nothing
    push,   // brings there what is only here, or newer here
    both,   // and back
};

struct Pair {
    std::string name;          // "lake", "logs", "log_archives"
    std::string here;          // absolute
    bool comes_back = true;    // what is only there is wanted here
    std::string database;      // of `here`; "" for none
    PathFilter takes;          // the database as well
};

struct Moved {
    std::size_t files = 0;
    std::uint64_t bytes = 0;
};

enum class DatabaseState : std::uint8_t { none, same, pushed, to_push, skipped };
std::string_view database_state_name(DatabaseState state);

struct PairReport {
    std::string name;
    std::string here;
    std::string there;
    bool is_here = false;
    std::size_t files_here = 0;
    std::size_t files_there = 0;
    std::vector<Difference> drift;            // that persists
    Moved pushed;
    Moved pulled;
    std::vector<PassedOver> passed_over;      // of both sides: links
    std::vector<PassedOver> failures;         // what the system or the other side refused
    DatabaseState database = DatabaseState::none;
    std::string database_why;
    std::vector<std::string> notes;
};

// "<label>-<16 hex>": this machine and this folder. What it writes at the remote is of this name, so that no writer ever changes what another wrote.
std::string writer_name(const std::string& here);

// busy: another one works on this root here, or holds the lock of a remote where everything wants it.
core::Result<PairReport> exchange(const Pair& pair, Side& side, Mode mode);

}  // namespace runlake::sync

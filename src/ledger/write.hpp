// SPDX-License-Identifier: Apache-2.0
// Writing an entry and what stands beside it, where git carries them.
#pragma once

#include <string>

#include "core/json.hpp"
#include "core/result.hpp"
#include "ledger/conflict.hpp"
#include "os/files.hpp"
#include "record/store.hpp"

namespace runlake::ledger {

// The names of machines are for people, so a second promotion by a machine under another name is told from another machine's own execution by when it ended.
enum class Label : std::uint8_t {
    by_default,   // an entry of the same execution keeps the name it has
    asked_for,    // the caller names the machine, and overwrites
};

struct NewEntry {
    TextKind kind = TextKind::job;     // job or run
    std::string id;
    core::Json entry;
    core::Json extra;
    Label label = Label::by_default;
    os::Durability durability = os::Durability::power;
};

struct WrittenEntry {
    std::string path;
    std::string extra_path;
    bool written = false;       // false: both files said the same but for promoted_at, and stay as they are
    bool kept_other = false;    // another machine's entry of the same id stands before this one (merge_texts()), and stays
};

// Each file is published whole. Errc::unsupported: what is there is of a later schema, and stays. Errc::conflict: it has conflict markers (`ledger verify --fix` first).
// A damaged one is replaced.
core::Result<WrittenEntry> write_entry(const record::Store& store, NewEntry entry);

// Where the two files of an id stand.
std::string entry_path(const record::Store& store, TextKind kind, const std::string& id);
std::string extra_path(const record::Store& store, const std::string& id);

}  // namespace runlake::ledger

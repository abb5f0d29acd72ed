// SPDX-License-Identifier: Apache-2.0
// The environment fingerprint: machine, system, tools, libraries, packages and settings as one canonical document, stored once and named by its digest.
// Document: docs/formats/environment.md.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "record/store.hpp"

namespace runlake::fingerprint {

// Where the environment is read from. The defaults are this process's own; tests forge a tree.
struct EnvironmentSource {
    std::string root = "/";                                             // every file is looked up below it
    std::optional<std::map<std::string, std::string>> variables;        // nothing: of this process
    bool run_compilers = true;                                          // ask compilers for their version
    std::optional<std::string> interpreter;                             // the program to be run, when its name starts with "python"
    std::function<bool()> stop;                                         // asked now and then while collecting; true: store_environment() gives up
};

struct Environment {
    std::string digest;      // 64 hex digits
    std::string document;    // what environments/<digest>.json holds; "" when it is known to be there already
};

// Everything, read anew: 50 ms or so. Deterministic: equal sources give equal bytes.
Environment collect_environment(const EnvironmentSource& source);

// The digest for this process, when the store's cache knows the machine and nothing it was read from has changed since: tens of microseconds. Nothing
// otherwise; then call store_environment() while the program runs.
std::optional<std::string> cached_environment(const record::Store& store, const EnvironmentSource& source = {});

// The digest, with its document in the store: from the cache, or collected and kept. Errc::io when the document could not be kept, interrupted by `stop`.
core::Result<std::string> store_environment(const record::Store& store, const EnvironmentSource& source = {});

// As store_environment(), once a process and store: later calls answer from memory. Thread-safe.
core::Result<std::string> process_environment(const record::Store& store);

}  // namespace runlake::fingerprint

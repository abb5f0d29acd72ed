// SPDX-License-Identifier: Apache-2.0
// What is different between two runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "record/store.hpp"
#include "runs/query_document.hpp"

namespace runlake::runs {

// One thing that is not the same. A missing side was not recorded.
struct Difference {
    std::string group;     // "result", "code", "config", "input", "params", "metrics", "tags", "environment"
    std::string name;      // "lr"; "toolchain.gcc"
    core::Json a;
    core::Json b;
    std::string remark;    // "" or why the values can't simply be compared
};

struct RunDiff {
    std::vector<Difference> differences;   // by group in the order above, then by name
    // Shown, but no difference: when, where and for how long they ran, and fingerprints that can't be compared.
    std::vector<Difference> beside;
    bool same() const { return differences.empty(); }
};

// Fingerprints of different recipes are no difference, since nobody can tell. A code_ref that ends in "+dirty.unknown" is the same as nothing, not even as
// itself. Environments are compared member by member when the store has both documents.
RunDiff compare_documents(const record::Store& store, const RunDocument& a, const RunDocument& b);

core::Json diff_json(const RunDiff& diff, const RunDocument& a, const RunDocument& b);

}  // namespace runlake::runs

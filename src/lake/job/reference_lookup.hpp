// SPDX-License-Identifier: Apache-2.0
// A reference that a job attaches: whether there is one of that id, and which of the job's runs it was made of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "lake/export/session.hpp"

namespace runlake::lake {

struct FoundReference {
    std::string ref_id;
    std::string artifact;                 // below the lake's folder; "" where only the table knows it
    std::vector<std::string> members;     // run keys, sorted
};

// Looks in the lake's table and in `references_dir`. Before show(). Errc::not_found: neither knows it.
core::Result<FoundReference> find_reference(ExportSession& session, const std::string& references_dir, const std::string& ref_id);

}  // namespace runlake::lake

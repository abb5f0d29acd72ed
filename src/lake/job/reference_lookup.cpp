// SPDX-License-Identifier: Apache-2.0
#include "lake/job/reference_lookup.hpp"

#include <algorithm>

#include "core/gzip.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::lake {
namespace {

using core::cat;

// Of the artefact's list "members": texts, or objects with a run_key.
std::vector<std::string> members_of(const std::string& path) {
    std::vector<std::string> members;
    const auto packed = os::read_file(path, 256U << 20U);
    if (!packed.ok()) { return members; }
    const auto text = core::gunzip(packed.value(), 1U << 30U);
    if (!text.ok()) { return members; }
    const auto document = core::parse_json(text.value(), path);
    const auto* list = document.ok() ? document.value().find("members") : nullptr;
    if (list == nullptr || !list->is_array()) { return members; }
    for (const auto& member : *list->as_array()) {
        if (const auto* key = member.as_string()) { members.push_back(*key); }
        if (auto key = member.string_at("run_key")) { members.push_back(std::move(*key)); }
    }
    std::ranges::sort(members);
    return members;
}

}  // namespace

core::Result<FoundReference> find_reference(ExportSession& session, const std::string& references_dir, const std::string& ref_id) {
    FoundReference found{.ref_id = ref_id, .artifact = "", .members = {}};
    const std::string below = cat("goal_outcomes/", ref_id, "/reference_goal_outcomes.json.gz");
    const std::string path = os::join_path(references_dir, below);
    if (os::exists(path)) { found.artifact = cat(os::base_name(references_dir), '/', below); }
    RL_ASSIGN(const auto rows, session.connection().integer(cat("SELECT count(*) FROM ", session.stored("lake_references"), " WHERE ref_id = ", sql::quote_literal(ref_id))));
    if (rows == 0 && found.artifact.empty()) {
        return core::Error(core::Errc::not_found, cat("reference.ref_id: there is no reference ", ref_id, " in the lake's table or below ", references_dir));
    }
    RL_ASSIGN(auto members, session.connection().query(cat("SELECT run_key FROM ", session.stored("lake_reference_members"), " WHERE ref_id = ", sql::quote_literal(ref_id), " ORDER BY 1")));
    while (true) {
        RL_ASSIGN(const bool more, members.next());
        if (!more) { break; }
        found.members.emplace_back(members.text(0));
    }
    if (found.members.empty() && !found.artifact.empty()) { found.members = members_of(path); }
    return found;
}

}  // namespace runlake::lake

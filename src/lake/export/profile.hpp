// SPDX-License-Identifier: Apache-2.0
// Which tables an export has, with which columns: `full` is everything a run says, `dashboard` is narrow and has no JSON.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lake/export/dataset.hpp"
#include "lake/export/session.hpp"

namespace runlake::lake {

enum class Profile : std::uint8_t { full, dashboard };
std::string_view profile_name(Profile profile);
core::Result<Profile> parse_profile(std::string_view name);

std::span<const std::string_view> profile_tables(Profile profile);  // 20, or 13
// One query a table, in order, ordered by the columns of the key. With RunNames::uid the column run_key is called run_uid. The session must show that kind.
std::vector<DatasetQuery> profile_queries(const ExportSession& session, Profile profile, RunNames names);
// all_runs, and the tables of sources but proof searches that hold rows, in the order of their declarations. The session has identified runs and shows keys.
core::Result<std::vector<DatasetQuery>> queries_of_others(ExportSession& session);
// Every table of the project's own, by name: all its columns, ordered by all of them.
std::vector<DatasetQuery> queries_of_surfaces(const ExportSession& session);

}  // namespace runlake::lake

// SPDX-License-Identifier: Apache-2.0
// What doctor finds about runs.duckdb: whether it can answer, and why not.
#include <sys/stat.h>

#include "core/text.hpp"
#include "ops/doctor_parts.hpp"
#include "os/files.hpp"
#include "runs/schema.hpp"
#include "runs/session.hpp"

namespace runlake::ops {

using core::cat;

void examine_database(const record::Store& store, Findings& out) {
    const auto path = store.runs_database();
    const auto file = os::stat_path(path);
    auto facts = core::Json::object();
    facts.set("path", path).set("bytes", file ? core::Json(std::int64_t{file->st_size}) : core::Json()).set("schema", runs::k_schema_version);
    const auto session = runs::Session::open(store, runs::Folding::never);
    if (!session.ok()) {
        out.push_back({.area = "database", .level = Level::problem, .text = session.error().message(),
                       .next = session.error().code() == core::Errc::unsupported ? "install DuckDB's library where the message says, or set DUCKDB_ROOT when building" : "see the journal's findings",
                       .facts = std::move(facts)});
        return;
    }
    facts.set("source", runs::source_name(session.value().source()));
    for (const auto& note : session.value().notes()) {
        out.push_back({.area = "database", .level = Level::note, .text = note, .next = "nothing: answers come from the journal meanwhile; `runlake runs fold` brings the database up to date"});
    }
    const auto text = file ? cat(path, ", ", bytes_text(static_cast<std::uint64_t>(file->st_size)), ", schema ", runs::k_schema_version)
                           : cat(path, " is not there yet: it is made from the journal when runs are queried");
    out.push_back({.area = "database", .level = Level::ok, .text = text, .facts = std::move(facts)});
}

}  // namespace runlake::ops

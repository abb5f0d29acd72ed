// SPDX-License-Identifier: Apache-2.0
// What the operations that read runs share: where they look, the filters in the user's words, and reading twice where once may be too early.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "record/store.hpp"
#include "runs/query_list.hpp"
#include "runs/query_seen.hpp"
#include "runs/session.hpp"

namespace runlake::ops {

// Which runs may be looked at, and what was met on the way.
struct RunsScope {
    record::Store store;
    std::optional<std::string> tenant;
};

using Notes = std::vector<std::string>;  // for people, a line each

// The filters as they were written: see runs/query_filter.hpp for what the words may be.
struct FilterWords {
    std::vector<std::string> stages;
    std::vector<std::string> states;
    std::vector<std::string> tags;
    std::vector<std::string> params;
    std::vector<std::string> metrics;
    std::optional<std::string> since;
    std::optional<std::string> until;
};
// Errc::usage for the first word that can't be understood. `now` is what "2h" counts back from.
core::Result<runs::Filter> parse_filter(const FilterWords& words, const std::optional<std::string>& tenant, core::Timestamp now);

// The run that is meant by an id or prefix, for an operation that needs no more of it: the session is closed again. Errors as runs::find_run().
core::Result<core::RunId> find_one(const RunsScope& scope, std::string_view id, Notes& notes);

// Tells whether anything was appended to the journal between two calls.
std::string journal_stamp(const record::Store& store);

// The rows as JSON: a list of objects with the columns as members.
core::Json table_json(const runs::RunTable& table);

// Opens a session and calls read(session, confirmed), which answers something with a member `seen`. A run whose recorder is gone may have been ended by it after the
// session was opened: so when one is met and the journal has grown since, everything is read once more, and only runs whose recorder was gone before
// that are shown as such.
template <class Read>
auto read_runs(const record::Store& store, Notes& notes, const Read& read) -> decltype(read(std::declval<runs::Session&>(), nullptr)) {
    const std::string before = journal_stamp(store);
    std::optional<runs::SeenRuns> confirmed;
    while (true) {
        RL_ASSIGN(runs::Session session, runs::Session::open(store));
        notes.assign(session.notes().begin(), session.notes().end());
        auto answer = read(session, confirmed ? &*confirmed : nullptr);
        if (!answer.ok() || confirmed || answer.value().seen.empty() || journal_stamp(store) == before) { return answer; }
        confirmed = answer.value().seen;
    }
}

}  // namespace runlake::ops

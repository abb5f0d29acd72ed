// SPDX-License-Identifier: Apache-2.0
// `kb new`, `kb list`, `kb show`, `kb close`: the notes of a project's knowledge base.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "kb/write.hpp"

namespace runlake::ops {

struct KbNewRequest {
    std::optional<std::string> store;      // --store
    std::string kind;                      // "hypothesis", "experiment", "finding", "thread"
    kb::NewNote note;                      // its kind is taken from `kind`
};
core::Result<kb::CreatedNote> kb_new(const KbNewRequest& request, const core::Clock& clock);
core::Json to_json(const kb::CreatedNote& created);

struct KbListRequest {
    std::optional<std::string> store;
    std::optional<std::string> kind;
    std::optional<std::string> status;     // any case
    std::optional<std::string> tag;
};
struct KbRow {
    std::string id;
    std::string kind;
    std::optional<std::string> status;
    std::string title;
    std::string path;
    std::vector<std::string> tags;
    bool damaged = false;                  // its front matter can't be read
};
// Of all kinds that have ids, by kind, then id. Errc::not_found: no knowledge base.
core::Result<std::vector<KbRow>> kb_list(const KbListRequest& request);
core::Json to_json(const std::vector<KbRow>& rows);

struct KbShowRequest {
    std::optional<std::string> store;
    std::string id;                        // an id, a special name or an alias
};
struct KbShowResponse {
    kb::Note note;
    std::vector<std::string> linked_from;  // ids of notes that link here
    std::string text;                      // of the file
};
core::Result<KbShowResponse> kb_show(const KbShowRequest& request);
core::Json to_json(const KbShowResponse& response);

struct KbCloseRequest {
    std::optional<std::string> store;
    kb::CloseNote note;
};
core::Result<kb::ClosedNote> kb_close(const KbCloseRequest& request, const core::Clock& clock);
core::Json to_json(const kb::ClosedNote& closed);

}  // namespace runlake::ops

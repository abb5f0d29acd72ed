// SPDX-License-Identifier: Apache-2.0
#include "ops/runs_note.hpp"

#include "core/redact.hpp"
#include "core/text.hpp"
#include "record/recorder.hpp"

namespace runlake::ops {

core::Status check(const RunsNoteRequest& request) {
    RL_TRY(core::RunIdPrefix::parse(request.id));
    if (core::trim(request.text).empty()) { return core::Error(core::Errc::usage, "the note is empty"); }
    if (core::valid_utf8(request.text) != request.text) { return core::Error(core::Errc::usage, "the note is not valid UTF-8"); }
    return core::ok();
}

core::Result<RunsNoteResponse> runs_note(const RunsNoteRequest& request) {
    RL_TRY(check(request));
    Notes notes;
    RL_ASSIGN(const core::RunId id, find_one(request.scope, request.id, notes));

    record::LogRecord record{.header = {.run = id}};
    std::string text = core::redact_text(request.text);
    record.note = text;
    const auto recorder = record::Recorder::open(request.scope.store, {.durability = request.durability, .warn_on_stderr = false});
    auto recorded = recorder->log(std::move(record));
    if (!recorded.ok()) { return std::move(recorded).take_error().context(core::cat("recording a note on run ", id.brief())); }
    return RunsNoteResponse{id, std::move(text), std::move(notes)};
}

core::Json to_json(const RunsNoteResponse& response) {
    return core::Json::object().set("run_id", response.id.str()).set("text", response.text);
}

}  // namespace runlake::ops

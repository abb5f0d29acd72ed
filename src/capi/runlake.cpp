// SPDX-License-Identifier: Apache-2.0
// The C interface of include/runlake/runlake.h over ops::Recording.
#include "runlake/runlake.h"

#include <exception>
#include <memory>
#include <new>
#include <string>

#include "core/json.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "ops/recording.hpp"

using runlake::core::Errc;
using runlake::core::Error;
using runlake::core::Json;
using runlake::core::Result;
using runlake::core::Status;
namespace ops = runlake::ops;
namespace record = runlake::record;

struct runlake_error {
    runlake_status status;
    std::string message;
};
struct runlake_recorder {
    std::shared_ptr<ops::Recording> recording;
};
struct runlake_run {
    std::shared_ptr<ops::Recording> recording;  // shared: a run outlives its recorder's handle
    std::unique_ptr<ops::RecordedRun> run;
};

namespace {

// The values of the enum are the exit statuses (a test walks both).
runlake_status status_of(const Error& error) { return static_cast<runlake_status>(runlake::core::exit_status(error.code())); }

runlake_status refuse(const Error& error, runlake_error** out) {
    if (out != nullptr) { *out = new (std::nothrow) runlake_error{status_of(error), error.message()}; }
    return status_of(error);
}

// Every function's body runs in here: no exception leaves the library.
template <class Body>
runlake_status guard(runlake_error** out, Body&& body) noexcept {
    try {
        const Status status = body();
        return status.ok() ? RUNLAKE_OK : refuse(status.error(), out);
    } catch (const std::exception& problem) {
        try {
            return refuse(Error(Errc::internal, problem.what()), out);
        } catch (...) { return RUNLAKE_INTERNAL; }
    } catch (...) { return RUNLAKE_INTERNAL; }
}

Error missing(std::string_view what) { return Error(Errc::usage, runlake::core::cat(what, " must not be NULL")); }

std::optional<std::string> text(const char* value) { return value == nullptr ? std::nullopt : std::optional<std::string>(value); }

Result<Json> object(const char* value, std::string_view what) {
    if (value == nullptr) { return Json::object(); }
    auto parsed = runlake::core::parse_json(value, what);
    if (!parsed.ok()) { return Error(Errc::usage, parsed.error().message()); }
    if (!parsed.value().is_object()) { return Error(Errc::usage, runlake::core::cat(what, " must be a JSON object")); }
    return parsed;
}

// A member of an option struct that an older caller's struct is too short for reads as its default.
#define RUNLAKE_HAS(options, member) ((options)->struct_size >= offsetof(std::remove_cvref_t<decltype(*(options))>, member) + sizeof((options)->member))

template <class Body>
runlake_status on_run(runlake_run* run, Body&& body) noexcept {
    return guard(nullptr, [&]() -> Status {
        if (run == nullptr) { return missing("run"); }
        return body(*run->run);
    });
}

Result<ops::RecordingRequest> request_of(const runlake_run_options& options) {
    ops::RecordingRequest request;
    if (!RUNLAKE_HAS(&options, stage) || options.stage == nullptr) { return missing("stage"); }
    request.stage = options.stage;
    if (RUNLAKE_HAS(&options, tenant)) { request.tenant = text(options.tenant); }
    if (RUNLAKE_HAS(&options, parent)) { request.parent = text(options.parent); }
    if (RUNLAKE_HAS(&options, traceparent)) { request.traceparent = text(options.traceparent); }
    if (RUNLAKE_HAS(&options, params_json)) { RL_ASSIGN(request.params, object(options.params_json, "params_json")); }
    if (RUNLAKE_HAS(&options, tags_json)) { RL_ASSIGN(request.tags, object(options.tags_json, "tags_json")); }
    if (RUNLAKE_HAS(&options, input_count) && options.input_count > 0) {
        if (options.inputs == nullptr) { return missing("inputs"); }
        for (std::size_t i = 0; i < options.input_count; ++i) {
            if (options.inputs[i] == nullptr) { return missing("an input"); }
            request.inputs.emplace_back(options.inputs[i]);
        }
    }
    if (RUNLAKE_HAS(&options, config)) { request.config = text(options.config); }
    return request;
}

}  // namespace

extern "C" {

const char* runlake_version(void) { return runlake::core::k_version.data(); }

const char* runlake_error_message(const runlake_error* error) { return error == nullptr ? "" : error->message.c_str(); }
runlake_status runlake_error_status(const runlake_error* error) { return error == nullptr ? RUNLAKE_OK : error->status; }
void runlake_error_free(runlake_error* error) { delete error; }

runlake_status runlake_recorder_open(const runlake_recorder_options* options, runlake_recorder** out, runlake_error** error) {
    return guard(error, [&]() -> Status {
        if (out == nullptr) { return missing("out"); }
        ops::RecordingOptions wanted;
        if (options != nullptr) {
            if (RUNLAKE_HAS(options, store)) { wanted.store = text(options->store); }
            if (RUNLAKE_HAS(options, mode)) {
                switch (options->mode) {
                    case RUNLAKE_MODE_DEFAULT: break;
                    case RUNLAKE_MODE_ON: wanted.mode = record::Mode::on; break;
                    case RUNLAKE_MODE_OFF: wanted.mode = record::Mode::off; break;
                    case RUNLAKE_MODE_STRICT: wanted.mode = record::Mode::strict; break;
                    default: return Error(Errc::usage, "mode is none of runlake_mode");
                }
            }
        }
        RL_ASSIGN(auto recording, ops::Recording::open(wanted));
        *out = new runlake_recorder{std::move(recording)};
        return runlake::core::ok();
    });
}

uint64_t runlake_recorder_lost(const runlake_recorder* recorder) { return recorder == nullptr ? 0 : recorder->recording->lost(); }
void runlake_recorder_free(runlake_recorder* recorder) { delete recorder; }

runlake_status runlake_run_start(runlake_recorder* recorder, const runlake_run_options* options, runlake_run** out, runlake_error** error) {
    return guard(error, [&]() -> Status {
        if (recorder == nullptr || options == nullptr || out == nullptr) { return missing("recorder, options and out"); }
        RL_ASSIGN(auto request, request_of(*options));
        RL_ASSIGN(auto run, recorder->recording->start(std::move(request)));
        *out = new runlake_run{recorder->recording, std::move(run)};
        return runlake::core::ok();
    });
}

const char* runlake_run_id(const runlake_run* run) { return run == nullptr ? "" : run->run->id().c_str(); }
const char* runlake_run_traceparent(const runlake_run* run) { return run == nullptr ? "" : run->run->traceparent().c_str(); }

runlake_status runlake_run_log_metric(runlake_run* run, const char* name, double value) {
    return on_run(run, [&](ops::RecordedRun& it) -> Status { return name == nullptr ? missing("name") : it.log_metrics({{name, value}}, std::nullopt); });
}
runlake_status runlake_run_log_metric_at(runlake_run* run, const char* name, int64_t step, double value) {
    return on_run(run, [&](ops::RecordedRun& it) -> Status { return name == nullptr ? missing("name") : it.log_metrics({{name, value}}, step); });
}
runlake_status runlake_run_set_count(runlake_run* run, runlake_count which, int64_t value) {
    return on_run(run, [&](ops::RecordedRun& it) -> Status {
        switch (which) {
            case RUNLAKE_ROWS_IN: return it.set_count(ops::Count::rows_in, value);
            case RUNLAKE_ROWS_OUT: return it.set_count(ops::Count::rows_out, value);
            case RUNLAKE_LLM_CALLS: return it.set_count(ops::Count::llm_calls, value);
            case RUNLAKE_TOKENS: return it.set_count(ops::Count::tokens, value);
        }
        return Error(Errc::usage, "which is none of runlake_count");
    });
}
runlake_status runlake_run_set_tag(runlake_run* run, const char* name, const char* value) {
    return on_run(run, [&](ops::RecordedRun& it) -> Status { return name == nullptr ? missing("name") : it.set_tag(name, text(value)); });
}
runlake_status runlake_run_note(runlake_run* run, const char* note) {
    return on_run(run, [&](ops::RecordedRun& it) -> Status { return note == nullptr ? missing("text") : it.note(note); });
}
runlake_status runlake_run_mark_degraded(runlake_run* run, const char* reason) {
    return on_run(run, [&](ops::RecordedRun& it) { return it.mark_degraded(text(reason)); });
}

runlake_status runlake_run_finish(runlake_run* run, runlake_state state, const char* error_text) {
    return on_run(run, [&](ops::RecordedRun& it) -> Status {
        switch (state) {
            case RUNLAKE_COMPLETED: return it.finish(record::RunState::completed, text(error_text));
            case RUNLAKE_DEGRADED: return it.finish(record::RunState::degraded, text(error_text));
            case RUNLAKE_FAILED: return it.finish(record::RunState::failed, text(error_text));
            case RUNLAKE_STOPPED: return it.finish(record::RunState::stopped, text(error_text));
        }
        return Error(Errc::usage, "state is none of runlake_state");
    });
}
void runlake_run_free(runlake_run* run) { delete run; }

}  // extern "C"

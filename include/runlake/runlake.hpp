// SPDX-License-Identifier: Apache-2.0
// Recording runs from C++: RAII over the C interface, header only, C++17.
//
//     runlake::Recorder recorder;
//     runlake::Run run = recorder.start({.stage = "fit"});
//     run.log("rmse", 0.21);
//     run.finish();
//
// Leaving the scope of a Run by an exception records it as failed; leaving it otherwise without finish() records it as completed. Only wrong
// arguments and strict mode throw (runlake::Failure); tracking itself never does. Thread rules are those of runlake.h.
#pragma once

#include <runlake/runlake.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace runlake {

// A refused call: wrong arguments, or in strict mode a start that is not on disk.
class Failure : public std::runtime_error {
  public:
    Failure(runlake_status status, const std::string& message) : std::runtime_error(message), status_(status) {}
    runlake_status status() const noexcept { return status_; }

  private:
    runlake_status status_;
};

namespace detail {
inline void check(runlake_status status, runlake_error* error) {
    if (status == RUNLAKE_OK) { return; }
    const std::unique_ptr<runlake_error, void (*)(runlake_error*)> owned(error, runlake_error_free);
    throw Failure(status, owned ? runlake_error_message(owned.get()) : "call refused");
}
}  // namespace detail

// What is known of a run when it begins. See runlake_run_options.
struct RunOptions {
    std::string stage;
    std::optional<std::string> tenant = std::nullopt;
    std::optional<std::string> parent = std::nullopt;
    std::optional<std::string> traceparent = std::nullopt;
    std::optional<std::string> params_json = std::nullopt;
    std::optional<std::string> tags_json = std::nullopt;
    std::vector<std::string> inputs = {};
    std::optional<std::string> config = std::nullopt;
};

// A run in progress.
class Run {
  public:
    std::string id() const { return runlake_run_id(run_.get()); }
    std::string traceparent() const { return runlake_run_traceparent(run_.get()); }

    void log(const std::string& name, double value) { detail::check(runlake_run_log_metric(run_.get(), name.c_str(), value), nullptr); }
    void log(const std::string& name, double value, std::int64_t step) {
        detail::check(runlake_run_log_metric_at(run_.get(), name.c_str(), step, value), nullptr);
    }
    void count(runlake_count which, std::int64_t value) { detail::check(runlake_run_set_count(run_.get(), which, value), nullptr); }
    void tag(const std::string& name, const std::string& value) { detail::check(runlake_run_set_tag(run_.get(), name.c_str(), value.c_str()), nullptr); }
    void note(const std::string& text) { detail::check(runlake_run_note(run_.get(), text.c_str()), nullptr); }
    void degraded(const std::string& reason) { detail::check(runlake_run_mark_degraded(run_.get(), reason.c_str()), nullptr); }

    void finish() { end(RUNLAKE_COMPLETED, nullptr); }
    void fail(const std::string& error_text) { end(RUNLAKE_FAILED, error_text.c_str()); }

    Run(Run&& other) noexcept = default;
    Run& operator=(Run&& other) noexcept {
        if (this != &other) {
            leave();
            run_ = std::move(other.run_);
            exceptions_ = other.exceptions_;
        }
        return *this;
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run() { leave(); }

  private:
    friend class Recorder;
    struct Free {
        void operator()(runlake_run* run) const { runlake_run_free(run); }
    };
    explicit Run(runlake_run* run) : run_(run), exceptions_(std::uncaught_exceptions()) {}

    void end(runlake_state state, const char* error_text) {
        if (run_) { runlake_run_finish(run_.get(), state, error_text); }
    }
    // A second finish changes nothing, so that a run that was finished by hand stays as it is.
    void leave() {
        if (!run_) { return; }
        if (std::uncaught_exceptions() > exceptions_) {
            end(RUNLAKE_FAILED, "an exception left the run's scope");
        } else {
            end(RUNLAKE_COMPLETED, nullptr);
        }
        run_.reset();
    }

    std::unique_ptr<runlake_run, Free> run_;
    int exceptions_;
};

// Opens the store once and starts runs in it.
class Recorder {
  public:
    explicit Recorder(runlake_mode mode = RUNLAKE_MODE_DEFAULT, const std::optional<std::string>& store = std::nullopt) {
        runlake_recorder_options options = RUNLAKE_RECORDER_OPTIONS_INIT;
        options.mode = mode;
        options.store = store ? store->c_str() : nullptr;
        runlake_recorder* raw = nullptr;
        runlake_error* error = nullptr;
        const runlake_status status = runlake_recorder_open(&options, &raw, &error);
        detail::check(status, error);
        recorder_.reset(raw);
    }

    Run start(const RunOptions& options) {
        const auto text = [](const std::optional<std::string>& value) { return value ? value->c_str() : nullptr; };
        std::vector<const char*> inputs;
        for (const std::string& input : options.inputs) { inputs.push_back(input.c_str()); }
        runlake_run_options raw = RUNLAKE_RUN_OPTIONS_INIT;
        raw.stage = options.stage.c_str();
        raw.tenant = text(options.tenant);
        raw.parent = text(options.parent);
        raw.traceparent = text(options.traceparent);
        raw.params_json = text(options.params_json);
        raw.tags_json = text(options.tags_json);
        raw.inputs = inputs.empty() ? nullptr : inputs.data();
        raw.input_count = inputs.size();
        raw.config = text(options.config);
        runlake_run* run = nullptr;
        runlake_error* error = nullptr;
        const runlake_status status = runlake_run_start(recorder_.get(), &raw, &run, &error);
        detail::check(status, error);
        return Run(run);
    }

    std::uint64_t lost() const { return runlake_recorder_lost(recorder_.get()); }

  private:
    struct Free {
        void operator()(runlake_recorder* recorder) const { runlake_recorder_free(recorder); }
    };
    std::unique_ptr<runlake_recorder, Free> recorder_;
};

}  // namespace runlake

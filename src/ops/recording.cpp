// SPDX-License-Identifier: Apache-2.0
#include "ops/recording.hpp"

#include <unistd.h>

#include <atomic>
#include <cmath>
#include <mutex>
#include <thread>

#include "core/text.hpp"
#include "fingerprint/capture.hpp"
#include "fingerprint/config.hpp"
#include "os/files.hpp"
#include "os/start_thread.hpp"
#include "record/settings.hpp"
#include "record/store.hpp"

namespace runlake::ops {

using core::Errc;
using core::Error;
using core::Json;
using core::Status;

namespace {

constexpr std::size_t k_most_name_bytes = 250;

// Code and environment of this process: looked at once, in a thread, and from then on part of every end record. A program's code is what it was when the
// program began, so one look serves all of its runs.
class ProcessFacts {
  public:
    ProcessFacts(record::Store store, fingerprint::CodeStart code, std::chrono::milliseconds code_limit)
        : store_(std::move(store)), code_(std::move(code)), code_limit_(code_limit) {}
    ~ProcessFacts() {
        stop_ = true;
        // In a forked child the thread does not exist: there is nothing to wait for.
        if (thread_.joinable()) {
            if (getpid() == owner_) {
                thread_.join();
            } else {
                thread_.detach();
            }
        }
    }
    ProcessFacts(const ProcessFacts&) = delete;
    ProcessFacts& operator=(const ProcessFacts&) = delete;

    void begin() {
        owner_ = getpid();
        auto thread = os::start_thread([this] {
            auto found = std::make_unique<record::Facts>();
            if (auto environment = fingerprint::process_environment(store_); environment.ok()) { found->environment = environment.value(); }
            const fingerprint::CodeOptions options{.limit = code_limit_, .stop = [this] { return stop_.load(); }};
            found->code_ref = fingerprint::look_at_code(code_, store_, options).code_ref;
            // Freed with this object, which the runs that read it hold: readers take no lock, so that a fork at any moment leaves none held.
            found_ = std::move(found);
            known_.store(found_.get());
        });
        if (thread.ok()) { thread_ = std::move(thread).take(); }  // else they stay unknown: recording goes on
    }
    // What is known by now.
    void add_to(record::Facts& facts) const {
        const record::Facts* known = known_.load();
        if (known == nullptr) { return; }
        if (known->code_ref) { facts.code_ref = known->code_ref; }
        if (known->environment) { facts.environment = known->environment; }
    }

  private:
    record::Store store_;
    fingerprint::CodeStart code_;
    std::chrono::milliseconds code_limit_;
    std::unique_ptr<const record::Facts> found_;
    std::atomic<const record::Facts*> known_ = nullptr;
    std::atomic<bool> stop_ = false;
    pid_t owner_ = 0;
    std::thread thread_;
};

Status check_name(std::string_view what, std::string_view name) {
    if (name.empty() || name.size() > k_most_name_bytes || core::valid_utf8(name) != name) {
        return Error(Errc::usage, core::cat("the name of a ", what, " must be 1 to ", k_most_name_bytes, " bytes of UTF-8, not \"",
                                            core::valid_utf8(core::cut_utf8(name, 40)), "\""));
    }
    return core::ok();
}

class RecordedRunImpl final : public RecordedRun {
  public:
    RecordedRunImpl(std::unique_ptr<record::Run> run, std::shared_ptr<ProcessFacts> process, std::unique_ptr<fingerprint::Capture> inputs)
        : run_(std::move(run)), process_(std::move(process)), inputs_(std::move(inputs)), id_(run_->id().str()), traceparent_(run_->traceparent()) {}

    ~RecordedRunImpl() override {
        // A forked child that goes away has not dropped its parent's run: it must not record an end for it.
        if (!finished_ && getpid() != owner_) {
            (void)run_.release();
            (void)inputs_.release();
        }
    }
    RecordedRunImpl(const RecordedRunImpl&) = delete;
    RecordedRunImpl& operator=(const RecordedRunImpl&) = delete;

    const std::string& id() const override { return id_; }
    const std::string& traceparent() const override { return traceparent_; }

    Status log_metrics(std::vector<std::pair<std::string, double>> metrics, std::optional<std::int64_t> step) override {
        for (const auto& [name, value] : metrics) {
            RL_TRY(check_name("metric", name));
            if (!std::isfinite(value)) { return Error(Errc::usage, core::cat("metric \"", name, "\" is not a finite number")); }
        }
        if (metrics.empty()) { return core::ok(); }
        record::LogRecord log = blank();
        log.metrics = std::move(metrics);
        log.step = step;
        return write(std::move(log));
    }

    Status set_count(Count which, std::int64_t value) override {
        if (value < 0) { return Error(Errc::usage, core::cat("a count can't be negative, and this one is ", value)); }
        record::LogRecord log = blank();
        switch (which) {
            case Count::rows_in: log.facts.rows_in = value; break;
            case Count::rows_out: log.facts.rows_out = value; break;
            case Count::llm_calls: log.facts.llm_calls = value; break;
            case Count::tokens: log.facts.tokens = value; break;
        }
        return write(std::move(log));
    }

    Status set_tag(std::string_view name, std::optional<std::string> value) override {
        RL_TRY(check_name("tag", name));
        record::LogRecord log = blank();
        log.tags.set(name, Json(std::move(value)));
        return write(std::move(log));
    }

    Status set_param(std::string_view name, Json value) override {
        RL_TRY(check_name("param", name));
        record::LogRecord log = blank();
        log.params.set(name, std::move(value));
        return write(std::move(log));
    }

    Status note(std::string_view text) override {
        record::LogRecord log = blank();
        log.note = core::valid_utf8(text);
        return write(std::move(log));
    }

    Status mark_degraded(std::optional<std::string> reason) override {
        degraded_ = true;
        record::LogRecord log = blank();
        log.facts.degraded = true;
        log.facts.degraded_reason = std::move(reason);
        return write(std::move(log));
    }

    Status finish(record::RunState state, std::optional<std::string> error_text) override {
        if (finished_.exchange(true)) { return already_finished(); }
        record::Outcome outcome;
        outcome.state = state == record::RunState::completed && degraded_ ? record::RunState::degraded : state;
        outcome.error_text = std::move(error_text);
        outcome.facts.degraded = degraded_;
        process_->add_to(outcome.facts);
        if (inputs_) {
            // Inputs may be large; the program waits for their digest at its run's end rather than go without, but not for ever.
            const fingerprint::Captured captured =
                inputs_->finish({.code = std::chrono::milliseconds(0), .inputs = std::chrono::seconds(30), .environment = std::chrono::milliseconds(0)});
            outcome.facts.input_fingerprint = captured.facts.input_fingerprint;
            if (!captured.inputs.empty()) {
                record::LogRecord log = blank();
                log.inputs = captured.inputs;
                run_->log(std::move(log));
            }
        }
        // What could not be written is counted and was said: it is no error of the program that records.
        (void)run_->finish(std::move(outcome));
        return core::ok();
    }

  private:
    record::LogRecord blank() const { return record::LogRecord{.header = {.run = run_->id(), .at = {}, .n = 0}}; }
    static Error already_finished() { return Error(Errc::conflict, "the run is finished already: nothing was recorded"); }
    Status write(record::LogRecord log) {
        if (finished_) { return already_finished(); }
        run_->log(std::move(log));
        return core::ok();
    }

    std::unique_ptr<record::Run> run_;
    std::shared_ptr<ProcessFacts> process_;
    std::unique_ptr<fingerprint::Capture> inputs_;
    std::string id_;
    std::string traceparent_;
    std::atomic<bool> degraded_ = false;
    std::atomic<bool> finished_ = false;
    pid_t owner_ = getpid();
};

Status check_strings(std::string_view what, const Json& values, bool only_strings) {
    const auto* members = values.as_object();
    if (members == nullptr) { return Error(Errc::usage, core::cat(what, "s must be an object of names and values")); }
    for (const auto& [name, value] : *members) {
        RL_TRY(check_name(what, name));
        if (only_strings && !value.is_string()) { return Error(Errc::usage, core::cat(what, " \"", name, "\" must be a string")); }
    }
    return core::ok();
}

class RecordingImpl final : public Recording {
  public:
    RecordingImpl(record::Store store, record::Mode mode, std::optional<std::string> tenant, std::unique_ptr<record::Recorder> recorder,
                  fingerprint::CodeStart code, std::chrono::milliseconds code_limit, std::string working_dir)
        : store_(std::move(store)), mode_(mode), tenant_(std::move(tenant)), recorder_(std::move(recorder)), code_(std::move(code)),
          working_dir_(std::move(working_dir)), process_(std::make_shared<ProcessFacts>(store_, code_, code_limit)) {}

    std::uint64_t lost() const override { return recorder_->lost(); }

    core::Result<std::unique_ptr<RecordedRun>> start(RecordingRequest request) override {
        if (core::trim(request.stage).empty()) { return Error(Errc::usage, "starting a run: a stage is needed, and it must not be empty"); }
        RL_TRY(check_name("stage", request.stage));
        RL_TRY(check_strings("param", request.params, false));
        RL_TRY(check_strings("tag", request.tags, true));
        record::RunSpec spec;
        if (request.parent) {
            RL_ASSIGN(spec.parent, core::RunId::parse(*request.parent));
        }
        spec.stage = std::move(request.stage);
        spec.tenant = request.tenant ? std::move(request.tenant) : tenant_;
        spec.traceparent = std::move(request.traceparent);
        spec.params = std::move(request.params);
        spec.tags = std::move(request.tags);
        spec.config_path = request.config;
        spec.facts.code_ref = code_.code_ref();
        for (const std::string& input : request.inputs) { spec.inputs.push_back({.path = input, .fingerprint = {}, .bytes = {}}); }
        if (request.config) {
            // A configuration that can't be read leaves the column empty; the run goes on.
            if (auto hash = fingerprint::config_hash(os::join_path(working_dir_, *request.config)); hash.ok()) { spec.facts.config_hash = hash.value(); }
        }
        if (mode_ != record::Mode::off) {
            std::call_once(looked_, [this] { process_->begin(); });
            process_->add_to(spec.facts);
        }
        RL_ASSIGN(std::unique_ptr<record::Run> run, recorder_->start(std::move(spec)));
        std::unique_ptr<fingerprint::Capture> inputs;
        if (!request.inputs.empty() && mode_ != record::Mode::off) {
            fingerprint::CaptureRequest capture{.store = store_};
            capture.inputs = std::move(request.inputs);
            capture.input_options.root = store_.root;
            capture.input_options.working_dir = working_dir_;
            capture.input_options.cache_dir = fingerprint::digests_dir(store_.dir);
            capture.want_environment = false;
            inputs = fingerprint::Capture::begin(std::move(capture));
        }
        return std::unique_ptr<RecordedRun>(std::make_unique<RecordedRunImpl>(std::move(run), process_, std::move(inputs)));
    }

  private:
    record::Store store_;
    record::Mode mode_;
    std::optional<std::string> tenant_;
    std::unique_ptr<record::Recorder> recorder_;
    fingerprint::CodeStart code_;
    std::string working_dir_;
    std::shared_ptr<ProcessFacts> process_;
    std::once_flag looked_;
};

}  // namespace

core::Result<std::shared_ptr<Recording>> Recording::open(const RecordingOptions& options) {
    auto store = record::open_store(options.store, record::OpenStore::create);
    std::optional<Error> problem;
    const std::optional<record::Store> known = store.ok() ? std::optional(store.value()) : std::nullopt;
    const record::Settings settings = record::Settings::load_tolerant(known, problem);
    record::Recorder::Options recorder;
    recorder.mode = options.mode.value_or(settings.mode());
    recorder.durability = settings.durability();
    if (recorder.mode == record::Mode::strict) {
        if (problem) { return *std::move(problem); }
        if (!store.ok()) { return std::move(store).take_error(); }
    }
    const std::string working_dir = os::current_dir().value_or("/");
    fingerprint::CodeStart code = recorder.mode == record::Mode::off ? fingerprint::CodeStart{} : fingerprint::read_code(working_dir);
    auto opened = record::Recorder::open(store, recorder);
    return std::shared_ptr<Recording>(std::make_shared<RecordingImpl>(known.value_or(record::Store{}), recorder.mode, settings.text_if("tenant"),
                                                                      std::move(opened), std::move(code),
                                                                      std::chrono::seconds(settings.integer("code.dirty_limit")), working_dir));
}

}  // namespace runlake::ops

// SPDX-License-Identifier: Apache-2.0
#include "ops/run.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "core/text.hpp"
#include "fingerprint/capture.hpp"
#include "fingerprint/config.hpp"
#include "fingerprint/glob.hpp"
#include "ops/run_stream.hpp"
#include "ops/run_watch.hpp"
#include "os/child.hpp"
#include "os/files.hpp"
#include "os/start_thread.hpp"
#include "os/system.hpp"
#include "record/recorder.hpp"
#include "record/run_outcome.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using record::ProgramEnd;
using record::Verdict;
using std::chrono::milliseconds;

// A program that ends sooner than this is not worth a look at the tree: the look would not be over before it, and would take its processor from it.
constexpr milliseconds k_before_looking{2};
constexpr milliseconds k_patience_for_environment{2000};
constexpr milliseconds k_patience_for_output{5000};
constexpr milliseconds k_interruptible{20};

// Where to record, and how.
struct Place {
    core::Result<record::Store> store;
    record::Settings settings;
    record::Mode mode = record::Mode::on;
};

// Settings that are wrong must not stop the program; in mode `strict` the user wants to be stopped.
core::Result<Place> find_place(const RunRequest& request) {
    const auto as_known = [](const core::Result<record::Store>& store) { return store.ok() ? std::optional(store.value()) : std::nullopt; };
    Place place{record::open_store(request.store, record::OpenStore::existing), {}, record::Mode::on};
    std::optional<Error> problem;
    place.settings = record::Settings::load_tolerant(as_known(place.store), problem);
    place.mode = place.settings.mode();
    if (place.mode == record::Mode::strict && problem) { return *std::move(problem); }
    if (problem) { request.say(cat("runlake: ", problem->message(), "; the default is used")); }
    if (place.mode == record::Mode::off) { return place; }
    // In a project it is expected; anywhere else the user should know where it is.
    const bool expected = place.store.ok() || record::find_project_root(os::current_dir().value_or("/"));
    place.store = record::open_store(request.store, record::OpenStore::create);
    if (place.store.ok() && place.store.value().created_now && !expected) { request.say(cat("runlake: created the store ", place.store.value().dir)); }
    if (request.capture) { RL_TRY(place.settings.set_flag("capture.mode", *request.capture)); }
    return place;
}

// The ways that the program's output takes: past us, or through a copier.
class Streams {
  public:
    // While there is one thread. A copier that can't be started leaves the stream as it is.
    Streams(const RunRequest& request, const Place& place, const std::string& run_id) {
        const std::string mode = place.settings.text("capture.mode");
        const bool keep_stdout = mode == "all" && is_open_for_program(1);
        const bool keep_stderr = (mode == "all" || mode == "stderr") && is_open_for_program(2);
        const bool together = is_same_stream(1, 2);
        const StreamKind kind = stream_kind(2);
        const auto options = [&](int fd, bool keep) {
            CopyOptions copy{.target_fd = fd, .log_path = std::nullopt, .log_limit = 0};
            if (keep && place.store.ok()) {
                copy.log_path = cat(place.store.value().output(run_id), fd == 1 || (together && keep_stdout) ? "/stdout.log" : "/stderr.log");
                copy.log_limit = static_cast<std::uint64_t>(std::max<std::int64_t>(0, place.settings.integer("capture.limit")));
            }
            return copy;
        };
        // A terminal is the program's own unless the user asks to keep what goes there; a file can be read back; other devices are left alone.
        if (keep_stderr || kind == StreamKind::stream) { start(err_, options(2, keep_stderr), request); }
        if (together && err_) {
            out_fd_ = err_fd();  // one pipe for both, so that their order stays
        } else if (keep_stdout) {
            start(out_, options(1, true), request);
            if (out_) { out_fd_ = out_->write_end(); }
        }
        if (!err_) { file_ = FileTail::begin(2); }
    }

    int out_fd() const { return out_fd_; }
    int err_fd() const { return err_ ? err_->write_end() : 2; }
    void program_has_them() {
        if (err_) { err_->close_write_end(); }
        if (out_) { out_->close_write_end(); }
    }

    // The program has ended: waits until its output is through. What went wrong with keeping it is added to `notes`.
    std::string finish(std::vector<std::string>& notes) {
        std::string tail;
        if (out_) { static_cast<void>(finish_one(*out_, notes)); }
        if (err_) { tail = finish_one(*err_, notes); }
        if (file_) { tail = file_->read(); }
        return tail;
    }

  private:
    static void start(std::optional<OutputCopier>& slot, const CopyOptions& options, const RunRequest& request) {
        core::Result<OutputCopier> copier = OutputCopier::start(options);
        if (copier.ok()) {
            slot.emplace(std::move(copier).take());
        } else {
            request.say(cat("runlake: the program's output can't be kept: ", copier.error().message()));
        }
    }
    static std::string finish_one(OutputCopier& copier, std::vector<std::string>& notes) {
        std::optional<OutputCopier::Seen> seen = copier.finish(k_patience_for_output);
        if (!seen) { return ""; }
        if (seen->log_problem) { notes.push_back(cat("captured output is not whole: ", *seen->log_problem)); }
        return std::move(seen->tail);
    }

    std::optional<OutputCopier> out_;
    std::optional<OutputCopier> err_;
    std::optional<FileTail> file_;
    int out_fd_ = 1;
};

// Fingerprints, taken in threads beside the program.
class Looking {
  public:
    Looking(const RunRequest& request, const Place& place, const std::string& working_dir) : say_(request.say) {
        if (!place.store.ok()) { return; }
        code_limit_ = std::chrono::seconds(place.settings.integer("code.dirty_limit"));
        wanted_.emplace(fingerprint::CaptureRequest{.store = place.store.value(),
                                                    .code = fingerprint::read_code(working_dir),
                                                    .inputs = request.inputs,
                                                    .input_options = {},
                                                    .config_path = std::nullopt,
                                                    .environment = {},
                                                    .want_environment = true,
                                                    .code_limit = code_limit_});
        wanted_->input_options.root = place.store.value().root;
        wanted_->input_options.working_dir = working_dir;
        wanted_->input_options.cache_dir = fingerprint::digests_dir(place.store.value().dir);
        has_inputs_ = !request.inputs.empty();
        if (os::base_name(request.program[0]).starts_with("python")) { wanted_->environment.interpreter = request.program[0]; }
        known_.code_ref = wanted_->code.code_ref();
        known_.environment = fingerprint::cached_environment(place.store.value(), wanted_->environment);
        wanted_->want_environment = !known_.environment;
        if (request.config) {
            const core::Result<std::string> hash = fingerprint::config_hash(os::join_path(working_dir, *request.config));
            if (hash.ok()) {
                known_.config_hash = hash.value();
            } else {
                notes_.push_back(cat("config_hash is not known: ", hash.error().message()));
                say_(cat("runlake: --config ", *request.config, ": ", hash.error().message(), "; the run goes on without a config hash"));
            }
        }
        // A name that was mistyped is said at once: the program may run for hours.
        for (const std::string& input : request.inputs) {
            if (input.empty() || fingerprint::is_glob(input) || os::exists(os::join_path(working_dir, input))) { continue; }
            said_ = true;
            say_(cat("runlake: --input ", input, ": there is no such file or folder; the run goes on without an input fingerprint"));
        }
    }

    const record::Facts& known_at_start() const { return known_; }
    bool has_inputs() const { return has_inputs_; }
    // Whether a look is worth it however soon the program ends.
    bool must_begin() const { return wanted_ && wanted_->want_environment; }
    void begin() {
        if (wanted_ && !capture_) { capture_ = fingerprint::Capture::begin(*std::exchange(wanted_, std::nullopt)).release(); }
    }

    // What has become known. Large inputs are waited for, unless the user tells us to stop.
    fingerprint::Captured finish(const Watch& watch, double program_seconds) {
        fingerprint::Captured captured;
        if (capture_ != nullptr) {
            const milliseconds for_code = fingerprint::patience_for_code(program_seconds, code_limit_);
            captured = has_inputs_ ? finish_with_inputs(watch, for_code) : capture_->finish({for_code, milliseconds(0), k_patience_for_environment});
        }
        if (captured.input_problem && !said_) { say_(cat("runlake: this run has no input fingerprint: ", *captured.input_problem)); }
        captured.notes.insert(captured.notes.begin(), notes_.begin(), notes_.end());
        return captured;
    }

  private:
    fingerprint::Captured finish_with_inputs(const Watch& watch, milliseconds for_code) {
        fingerprint::Patience patience;
        patience.code = for_code;
        patience.environment = k_patience_for_environment;
        auto* const promise = new std::promise<fingerprint::Captured>();  // as long as the thread, which may be left behind
        std::future<fingerprint::Captured> future = promise->get_future();
        auto finishing = os::start_thread([capture = capture_, patience, promise] { promise->set_value(capture->finish(patience)); });
        if (!finishing.ok()) { return capture_->finish(patience); }  // it can't be interrupted then
        finishing.value().detach();
        while (future.wait_for(k_interruptible) != std::future_status::ready) {
            if (watch.told_to_stop()) {
                fingerprint::Captured none;
                none.notes.emplace_back("input_fingerprint is not known: interrupted before the inputs were read");
                return none;
            }
        }
        return future.get();
    }

    std::optional<fingerprint::CaptureRequest> wanted_;
    fingerprint::Capture* capture_ = nullptr;  // never freed: its threads may work until this process leaves by _exit()
    record::Facts known_;
    std::vector<std::string> notes_;
    std::function<void(std::string_view)> say_;
    bool said_ = false;  // that an input is not there
    milliseconds code_limit_{0};
    bool has_inputs_ = false;
};

record::RunSpec make_spec(const RunRequest& request, const Place& place, const core::RunId& id, const record::Facts& known, pid_t program) {
    record::RunSpec spec;
    spec.id = id;
    spec.stage = request.stage ? *request.stage : os::base_name(request.program[0]);
    spec.tenant = request.tenant ? request.tenant : place.settings.text_if("tenant");
    spec.argv = request.program;
    for (const std::string& input : request.inputs) { spec.inputs.push_back({input, std::nullopt, std::nullopt}); }
    spec.config_path = request.config;
    spec.params = request.params;
    spec.tags = request.tags;
    spec.facts = known;
    spec.facts.rows_in = request.rows_in;
    os::ProcessId watched = os::this_process();
    watched.pid = program;
    watched.start_ticks = os::start_ticks(program).value_or(0);
    spec.watched = std::move(watched);
    return spec;
}

Error not_recorded(const Error& why) { return {Errc::io, cat("the program was not started, because its start can't be recorded: ", why.message())}; }

RunResponse become_program(const RunRequest& request) {
    // Everything else about it is ours already: folder, descriptors, process group, signals.
    const int error = os::replace_process(request.program);
    const Verdict verdict = record::judge({.program = request.program[0], .wait_status = 0, .exec_error = error, .stop_signal = 0, .stderr_tail = ""});
    return {verdict.passed_on, verdict.error_text};
}

class Execution {
  public:
    Execution(const RunRequest& request, const Place& place)
        : request_(request), place_(place), id_(os::new_run_id()), streams_(request, place, id_.str()) {}

    core::Result<RunResponse> run() {
        core::Result<os::HeldChild> forked = os::HeldChild::fork(options());
        if (!forked.ok()) { return cannot_fork(forked.error()); }
        os::HeldChild program = std::move(forked).take();
        looking_.emplace(request_, place_, os::current_dir().value_or("/"));

        record::Recorder::Options recorder_options;
        recorder_options.mode = place_.mode;
        recorder_options.durability = place_.settings.durability();
        const std::unique_ptr<record::Recorder> recorder = record::Recorder::open(place_.store, recorder_options);
        core::Result<std::unique_ptr<record::Run>> started = recorder->start(make_spec(request_, place_, id_, looking_->known_at_start(), program.pid()));
        if (!started.ok()) {
            program.abandon();
            return not_recorded(started.error());
        }
        const std::unique_ptr<record::Run> run = std::move(started).take();

        if (looking_->has_inputs()) { looking_->begin(); }  // before the program can change them
        ProgramEnd end = watch(program, run->traceparent());
        finish(*run, end);
        const Verdict verdict = record::judge(end);
        return RunResponse{verdict.passed_on, end.exec_error != 0 ? verdict.error_text : std::nullopt};
    }

  private:
    os::ChildOptions options() const {
        os::ChildOptions options;
        options.argv = request_.program;
        options.environment = {{"RUNLAKE_RUN_ID", id_.str()}, {"TRACEPARENT", std::nullopt}};
        if (place_.store.ok()) { options.environment.emplace_back("RUNLAKE_STORE", place_.store.value().dir); }
        options.stdout_fd = streams_.out_fd();
        options.stderr_fd = streams_.err_fd();
        options.own_process_group = watch_.own_group();
        options.signal_mask = watch_.original_mask();
        options.ignore_child_signal = watch_.child_signal_was_ignored();
        return options;
    }

    core::Result<RunResponse> cannot_fork(const Error& error) {
        if (place_.mode == record::Mode::strict || error.code() != Errc::io) { return error; }
        // The system has no process left for two of us: the program needs only ours.
        request_.say(cat("runlake: this run is not recorded: ", error.message()));
        ::sigprocmask(SIG_SETMASK, &watch_.original_mask(), nullptr);
        return become_program(request_);
    }

    // Lets the program go and waits for its end.
    ProgramEnd watch(os::HeldChild& program, const std::string& traceparent) {
        ProgramEnd end;
        end.program = request_.program[0];
        const std::int64_t began_ns = os::system_clock().monotonic_ns();
        end.exec_error = program.go({{"TRACEPARENT", traceparent}});
        streams_.program_has_them();
        std::optional<Watch::Ended> ended;
        if (!looking_->must_begin()) { ended = watch_.wait(program.pid(), k_before_looking); }
        if (!ended) {
            looking_->begin();
            ended = watch_.wait(program.pid());
        }
        ran_for_ns_ = os::system_clock().monotonic_ns() - began_ns;
        end.wait_status = ended->status;
        end.stop_signal = ended->stop_signal;
        return end;
    }

    void finish(record::Run& run, ProgramEnd& end) {
        std::vector<std::string> notes;
        end.stderr_tail = streams_.finish(notes);
        fingerprint::Captured captured = looking_->finish(watch_, static_cast<double>(ran_for_ns_) / 1e9);
        notes.insert(notes.end(), captured.notes.begin(), captured.notes.end());
        const Verdict verdict = record::judge(end);
        if (!captured.inputs.empty()) {
            record::LogRecord log{.header = {.run = id_, .at = {}, .n = 0}};
            log.inputs = std::move(captured.inputs);
            run.log(std::move(log));
        }
        for (std::string& note : notes) {
            record::LogRecord log{.header = {.run = id_, .at = {}, .n = 0}};
            log.note = std::move(note);
            run.log(std::move(log));
        }
        record::Outcome outcome;
        outcome.state = verdict.state;
        outcome.exit_status = verdict.exit_status;
        outcome.signal = verdict.signal;
        outcome.error_text = verdict.error_text;
        if (verdict.state != record::RunState::completed && !end.stderr_tail.empty()) { outcome.stderr_tail = end.stderr_tail; }
        outcome.facts = std::move(captured.facts);
        outcome.duration_seconds = static_cast<double>(ran_for_ns_) / 1e9;  // of the program, not of what we waited for afterwards
        if (!outcome.facts.environment) { outcome.facts.environment = looking_->known_at_start().environment; }
        static_cast<void>(run.finish(std::move(outcome)).ok());  // the recorder says and counts what is lost
    }

    const RunRequest& request_;
    const Place& place_;
    core::RunId id_;
    Watch watch_;  // before any process is forked: they and we agree on the signals
    Streams streams_;
    std::optional<Looking> looking_;
    std::int64_t ran_for_ns_ = 0;
};

}  // namespace

core::Result<RunResponse> run(const RunRequest& request) {
    if (request.program.empty() || request.program[0].empty()) { return Error(Errc::usage, "no program is named: runlake run [options] -- PROGRAM [ARGUMENT...]"); }
    RL_ASSIGN(const Place place, find_place(request));
    if (place.mode == record::Mode::off) { return become_program(request); }
    if (place.mode == record::Mode::strict && !place.store.ok()) { return not_recorded(place.store.error()); }
    return Execution(request, place).run();
}

}  // namespace runlake::ops

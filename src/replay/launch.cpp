// SPDX-License-Identifier: Apache-2.0
#include "replay/launch.hpp"

#include <fnmatch.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <system_error>

#include "core/redact.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "os/flood.hpp"
#include "os/fresh_child.hpp"
#include "os/stamp.hpp"
#include "os/system.hpp"
#include "record/run_outcome.hpp"
#include "replay/child_stage.hpp"
#include "replay/files.hpp"
#include "replay/metric.hpp"
#include "replay/provenance.hpp"
#include "replay/reads.hpp"
#include "rundir/manifest.hpp"

namespace runlake::replay {
namespace {

using core::cat;

constexpr std::uint64_t k_most_text = os::k_flood_bytes;
constexpr std::size_t k_tail_bytes = 2048;
constexpr std::size_t k_most_undeclared = 100;   // that are told of

ReplayError failure(ErrorKind kind, std::string detail) {
    return {.kind = kind, .detail = core::redact_text(core::valid_utf8(detail)), .exit_status = std::nullopt, .signal = std::nullopt};
}

std::string reason_of(int error) { return std::generic_category().message(error); }

std::string tail_of(const std::string& path) {
    const auto text = os::read_file(path, k_most_text);
    if (!text.ok()) { return ""; }
    const std::size_t size = text.value().size();
    return core::redact_text(core::valid_utf8(std::string_view(text.value()).substr(size - std::min(size, k_tail_bytes))));
}

bool speaks_of_memory(std::string_view tail) {
    constexpr std::array k_words = std::to_array<std::string_view>({"memoryerror", "bad_alloc", "annot allocate", "out of memory", "outofmemory", "memory exhausted", "not enough memory"});
    const std::string text = core::lower_ascii(tail);
    return std::ranges::any_of(k_words, [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

// Beyond the first hundred the one that changed last is enough: it decides.
std::vector<ReadFile> shortened(std::vector<ReadFile> files) {
    if (files.size() <= k_most_undeclared) { return files; }
    std::ranges::stable_sort(files, std::ranges::greater(), &ReadFile::changed_at);
    files.resize(k_most_undeclared);
    std::ranges::sort(files, {}, &ReadFile::path);
    return files;
}

// One replay under way.
class Replica {
  public:
    Replica(const Launcher& launcher, const ReplicaRequest& request)
        : launcher_(launcher), request_(request), id_(os::new_run_id()), directory_(os::lexically_normal(os::join_path(request.tree, request.cell.directory))),
          report_path_(request.folder + "/report.jsonl"), reads_path_(request.folder + "/reads") {
        outcome_.replica = request.replica;
        outcome_.run_id = id_.str();
    }

    Outcome run() {
        if (auto error = prepare()) { return give(std::move(*error)); }
        os::FreshChild child = fresh_child();
        child.held = [&](pid_t pid) { begin_recording(pid); };
        const core::Result<os::FreshOutcome> ended = os::run_fresh(child);
        if (!ended.ok()) { return give(failure(ErrorKind::internal, ended.error().message())); }
        outcome_.seconds = ended.value().seconds;
        output_is_flood_ = shorten(child.stdout_path);
        static_cast<void>(shorten(child.stderr_path));
        stderr_tail_ = tail_of(child.stderr_path);
        const core::Result<std::string> text = os::read_file(report_path_, k_most_text);
        const Report report = parse_report(text.ok() ? std::string_view(text.value()) : std::string_view());
        read_reads(report);
        read_everything(ended.value(), report);
        finish_recording(ended.value());
        return std::move(outcome_);
    }

  private:
    Outcome give(ReplayError error) {
        if (!outcome_.error) { outcome_.error = std::move(error); }
        outcome_.value.reset();
        if (run_ == nullptr) { outcome_.run_id.reset(); }
        return std::move(outcome_);
    }
    // A flood that can't be shortened (the disk is full) stays as it is, and is no result either.
    static bool shorten(const std::string& path) {
        const auto info = os::stat_path(path);
        const bool is_flood = info && static_cast<std::uint64_t>(info->st_size) > os::k_flood_bytes;
        if (is_flood) { static_cast<void>(os::shorten_flood(path, os::point::replay_output_keep)); }
        return is_flood;
    }
    void fail(ReplayError error) {
        if (!outcome_.error) { outcome_.error = std::move(error); }
    }

    std::optional<ReplayError> prepare() {
        for (const char* name : {"/tmp", "/fresh", "/artifacts", "/out"}) {
            if (auto made = os::make_dirs(request_.folder + name, 0700, os::point::replay_folder_create); !made.ok()) { return failure(ErrorKind::internal, made.error().message()); }
        }
        auto report = os::create_exclusive(report_path_, 0600, os::point::replay_output_write);
        if (!report.ok()) { return failure(ErrorKind::internal, report.error().message()); }
        auto reads = os::create_exclusive(reads_path_, 0600, os::point::replay_output_write);
        if (!reads.ok()) { return failure(ErrorKind::internal, reads.error().message()); }
        if (const auto info = os::stat_path(reads_path_)) { reads_begun_us_ = os::Stamp::of(*info).newest_ns() / 1000; }
        if (!os::is_dir(directory_)) { return failure(ErrorKind::not_started, cat("its directory ", request_.cell.directory, " is not there")); }
        if (request_.cell.inputs) {
            outcome_.inputs = digest_files(placed(*request_.cell.inputs), launcher_.store.dir);
            for (const FileDigest& input : outcome_.inputs) {
                if (!input.digest) { return failure(ErrorKind::missing_input, cat("its input ", input.path, " can't be read")); }
            }
        }
        const MetricSource& metric = request_.cell.metric;
        if (metric.kind == MetricKind::json || metric.kind == MetricKind::file) { remember(metric.file); }
        for (const std::string& path : request_.cell.artifacts) { remember(path); }
        return std::nullopt;
    }

    std::string filled(std::string text) const {
        for (const auto& [marker, place] : {std::pair{k_out_marker, request_.folder + "/out"}, std::pair{k_tree_marker, request_.tree}}) {
            for (std::size_t at = text.find(marker); at != std::string::npos; at = text.find(marker, at + place.size())) { text.replace(at, marker.size(), place); }
        }
        return text;
    }
    std::string place_of(const std::string& name) const {
        if (request_.places != nullptr) {
            if (const auto found = request_.places->find(name); found != request_.places->end()) { return filled(found->second); }
        }
        return os::join_path(directory_, name);
    }
    std::vector<PlacedFile> placed(const std::vector<std::string>& names) const {
        std::vector<PlacedFile> files;
        const bool has_places = request_.places != nullptr;
        for (const std::string& name : names) { files.push_back({name, place_of(name), has_places && request_.places->contains(name) ? request_.project : request_.tree}); }
        return files;
    }
    std::vector<std::string> command() const {
        std::vector<std::string> words;
        for (const std::string& word : request_.cell.command) { words.push_back(filled(word)); }
        if (request_.program_beside && !os::exists(os::join_path(directory_, words.front()))) { words.front() = *request_.program_beside; }
        return words;
    }

    // How a file that the program should write looks before it does: one that stays as it is was not written.
    void remember(const std::string& path) {
        const auto info = os::stat_path(place_of(path));
        if (!info || !S_ISREG(info->st_mode)) { return; }
        const os::Stamp stamp = os::Stamp::of(*info);
        static_cast<void>(os::settle(stamp.newest_ns()));
        before_.insert_or_assign(path, stamp);
    }
    bool was_written(const std::string& path) const {
        const auto info = os::stat_path(place_of(path));
        const auto before = before_.find(path);
        return info && (before == before_.end() || os::Stamp::of(*info) != before->second);
    }

    os::FreshChild fresh_child() const {
        os::FreshChild child;
        std::map<std::string, std::string> environment;
        for (const auto& [name, value] : request_.environment) { environment.insert_or_assign(name, filled(value)); }
        environment.insert_or_assign("TMPDIR", request_.folder + "/tmp");
        environment.insert_or_assign("RUNLAKE_RUN_ID", id_.str());
        environment.insert_or_assign("RUNLAKE_STORE", launcher_.store.dir);
        environment.insert_or_assign(k_report_variable, report_path_);
        environment.insert_or_assign(k_reads_variable, reads_path_);
        environment.insert_or_assign(k_parameters_variable, core::to_json(request_.pinned.parameters));
        ChildWords words{.store = launcher_.store.dir, .observer = launcher_.observer, .watched = {}, .program = command()};
        for (const auto& [name, value] : request_.pinned.environment) {
            environment.insert_or_assign(name, value == k_fresh_folder ? request_.folder + "/fresh" : value);
            words.watched.push_back(name);
        }
        child.environment.assign(environment.begin(), environment.end());
        child.argv = {launcher_.binary, "__replay-child"};
        for (std::string& word : to_words(words)) { child.argv.push_back(std::move(word)); }
        child.working_dir = directory_;
        child.stdout_path = request_.folder + "/stdout.log";
        child.stderr_path = request_.folder + "/stderr.log";
        child.umask = static_cast<mode_t>(request_.pinned.umask);
        child.fixed_addresses = request_.pinned.aslr == false;
        child.processors = request_.pinned.cpus;
        child.memory_bytes = request_.cell.limits.memory_bytes;
        if (request_.cell.limits.seconds) { child.time_limit = std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(*request_.cell.limits.seconds * 1000))); }
        child.stop_fd = launcher_.stop_fd;
        return child;
    }

    void begin_recording(pid_t pid) {
        record::RunSpec spec;
        spec.id = id_;
        spec.stage = request_.stage;
        spec.argv = command();
        for (const FileDigest& input : outcome_.inputs) { spec.inputs.push_back({.path = input.path, .fingerprint = input.digest, .bytes = input.bytes}); }
        for (const auto& [name, value] : request_.tags) { spec.tags.set(name, value); }
        for (const auto& [name, value] : request_.cell.dimensions) { spec.params.set(name, value); }
        spec.facts.code_ref = request_.code_ref;
        os::ProcessId watched = os::this_process();
        watched.pid = pid;
        watched.start_ticks = os::start_ticks(pid).value_or(0);
        spec.watched = std::move(watched);
        auto started = launcher_.recorder.start(std::move(spec));
        if (started.ok()) { run_ = std::move(started).take(); }
    }

    // What the process did comes before what it said.
    void read_end(const os::FreshOutcome& ended, const Report& report) {
        const auto seconds = [&] { return core::format_float(request_.cell.limits.seconds.value_or(0)); };
        switch (ended.how) {
            case os::FreshEnd::not_started:
                return fail(failure(ended.start_step == "executing" ? ErrorKind::internal : ErrorKind::pin_not_effective,
                                    cat(ended.start_step, " was refused: ", reason_of(ended.start_error))));
            case os::FreshEnd::time_limit: return fail(failure(ErrorKind::timeout, cat("it ran longer than ", seconds(), " s and was ended")));
            case os::FreshEnd::memory_limit:
                return fail(failure(ErrorKind::memory, cat("it used more than ", *request_.cell.limits.memory_bytes, " bytes of memory and was ended")));
            case os::FreshEnd::stopped: return fail(failure(ErrorKind::interrupted, "it was ended because the replay was stopped"));
            case os::FreshEnd::ended: break;
        }
        if (report.launched && report.launched->not_executed) {
            return fail(failure(ErrorKind::not_started, cat("executing ", request_.cell.command.front(), ": ", reason_of(*report.launched->not_executed))));
        }
        const std::string last = record::last_line(stderr_tail_);
        const std::string_view separator = last.empty() ? "" : ": ";
        const bool failed = WIFSIGNALED(ended.wait_status) || (WIFEXITED(ended.wait_status) && WEXITSTATUS(ended.wait_status) != 0);
        if (failed && request_.cell.limits.memory_bytes && speaks_of_memory(stderr_tail_)) {
            return fail(failure(ErrorKind::memory, cat("it got no more memory within its limit of ", *request_.cell.limits.memory_bytes, " bytes", separator, last)));
        }
        if (WIFSIGNALED(ended.wait_status)) {
            ReplayError error = failure(ErrorKind::signal, cat(record::signal_name(WTERMSIG(ended.wait_status)), " ended it", separator, last));
            error.signal = WTERMSIG(ended.wait_status);
            return fail(std::move(error));
        }
        if (failed) {
            ReplayError error = failure(ErrorKind::exit, cat("it ended with status ", WEXITSTATUS(ended.wait_status), separator, last));
            error.exit_status = WEXITSTATUS(ended.wait_status);
            return fail(std::move(error));
        }
    }

    // What it read beside what was declared. Its own folder, and the tree that was made for it, hold nothing of before; a file that changed after its folder was made is its own.
    void read_reads(const Report& report) {
        const auto text = os::read_file(reads_path_, k_most_text);
        if (!text.ok() || !report.launched) { return; }
        const SeenReads seen = parse_reads(text.value());
        outcome_.reads_seen = seen.whole && seen.processes.contains(report.launched->pid);
        ReadRules rules;
        const auto add = [](std::vector<std::string>& list, const std::string& path) {
            if (auto real = os::absolute_path(path); real.ok()) { list.push_back(std::move(real).take()); }
        };
        std::vector<std::string> patterns;
        for (const std::string& input : request_.cell.inputs.value_or(std::vector<std::string>())) {
            const std::string place = place_of(input);
            if (place.find_first_of("*?[") == std::string::npos) { add(rules.declared, place); }
            else { patterns.push_back(place); }
        }
        add(rules.own, request_.folder);
        add(rules.own, launcher_.store.dir);
        const std::string home = os::env("HOME").value_or("");
        const std::string program = request_.cell.command.front().starts_with('/') ? request_.cell.command.front() : "";
        rules.software = software_folders(os::env("PATH").value_or(""), program, request_.project, home);
        for (const char* name : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
            if (const auto folder = os::env(name); folder && !folder->empty()) { add(rules.software, *folder); }
        }
        rules.begun = core::Timestamp{reads_begun_us_};
        outcome_.undeclared = undeclared_reads(seen, rules, request_.project);
        std::erase_if(outcome_.undeclared, [&](const ReadFile& file) {
            const std::string whole = os::join_path(request_.project, file.path);
            return std::ranges::any_of(patterns, [&](const std::string& pattern) { return ::fnmatch(pattern.c_str(), whole.c_str(), 0) == 0; });
        });
        outcome_.undeclared = shortened(std::move(outcome_.undeclared));
    }

    void read_everything(const os::FreshOutcome& ended, const Report& report) {
        read_end(ended, report);
        read_environment(report);
        KnobReading knobs = read_knobs(request_.pinned.knobs, report);
        outcome_.knobs = std::move(knobs.knobs);
        if (knobs.error) { fail(std::move(*knobs.error)); }
        read_value(report);
        read_artifacts();
        if (outcome_.error) { outcome_.value.reset(); }
    }

    void read_environment(const Report& report) {
        outcome_.provenance = request_.cell.provenance;
        if (!report.launched || report.launched->environment.empty()) {
            return fail(failure(ErrorKind::no_fingerprint, report.launched ? cat("its environment could not be learned: ", report.launched->problem) : "the child said nothing of its environment"));
        }
        outcome_.environment = report.launched->environment;
        const auto document = os::read_file(cat(launcher_.store.environments(), '/', report.launched->environment, ".json"), k_most_text);
        const auto dimensions = document.ok() ? parse_environment(document.value()) : core::Result<Provenance>(document.error());
        if (!dimensions.ok()) { return fail(failure(ErrorKind::no_fingerprint, cat("its environment can't be read: ", dimensions.error().message()))); }
        outcome_.provenance.insert(dimensions.value().begin(), dimensions.value().end());
        const auto add = [&](const char* dimension, std::optional<std::string> value) {
            if (value && !value->empty()) { outcome_.provenance.try_emplace(dimension, std::move(*value)); }
        };
        add("image", os::env("RUNLAKE_IMAGE_DIGEST"));
        add("instance_type", os::env("RUNLAKE_INSTANCE_TYPE"));
        add("build_sha", request_.code_ref);
        if (request_.cell.inputs) { add("inputs", inputs_digest(outcome_.inputs)); }
    }

    void read_value(const Report& report) {
        const MetricSource& source = request_.cell.metric;
        const bool of_stdout = source.kind == MetricKind::stdout_text || (source.kind == MetricKind::report && source.name == k_stdout_digest);
        if (of_stdout && output_is_flood_) { return fail(failure(ErrorKind::garbage, cat("stdout is larger than ", os::k_flood_bytes >> 20U, " MiB: no result is"))); }
        if (source.kind == MetricKind::report) {
            ReadMetric read = reported_metric(source, report, [&](std::string_view name) { return told_otherwise(name); });
            outcome_.value = read.value;
            outcome_.value_text = std::move(read.text);
            if (read.error) { fail(std::move(*read.error)); }
            return;
        }
        const bool is_stdout = source.kind == MetricKind::stdout_text;
        if (!is_stdout && !was_written(source.file)) {
            const bool old = before_.contains(source.file);
            return fail(failure(ErrorKind::missing_metric, cat(source.file, old ? " is there from before, and was not written" : " was not written")));
        }
        const std::string written = is_stdout ? request_.folder + "/stdout.log" : os::join_path(directory_, source.file);
        if (const auto info = os::stat_path(written); info && static_cast<std::uint64_t>(info->st_size) > k_most_text) {
            return fail(failure(ErrorKind::garbage, cat(source.file, " is larger than ", k_most_text >> 20U, " MiB: no result is")));
        }
        const auto text = os::read_file(written, k_most_text);
        if (!text.ok()) { return fail(failure(ErrorKind::missing_metric, text.error().message())); }
        MetricReading reading = read_metric(source, text.value());
        if (auto* error = std::get_if<ReplayError>(&reading)) { return fail(std::move(*error)); }
        auto& value = std::get<MetricValue>(reading);
        outcome_.value = value.value;
        outcome_.value_text = std::move(value.text);
    }

    // What the report does not hold: a digest of what was made, or what the program recorded as a metric of its run.
    std::optional<double> told_otherwise(std::string_view name) const {
        if (name == k_stdout_digest) {
            const auto text = os::read_file(request_.folder + "/stdout.log", k_most_text);
            return text.ok() ? std::optional(digest_as_number(core::sha256(text.value()))) : std::nullopt;
        }
        if (name == k_out_digest) {
            const auto manifest = rundir::build_manifest(request_.folder + "/out", {});
            return manifest.ok() ? std::optional(digest_as_number(manifest.value().digest())) : std::nullopt;
        }
        return launcher_.logged ? launcher_.logged(id_, name) : std::nullopt;
    }

    void read_artifacts() {
        outcome_.artifacts = digest_files(placed(request_.cell.artifacts), launcher_.store.dir);
        for (const FileDigest& artifact : outcome_.artifacts) {
            if (!artifact.digest || !was_written(artifact.path)) {
                fail(failure(ErrorKind::missing_artifact, cat(artifact.path, artifact.digest ? " is there from before, and was not written" : " was not written")));
                continue;
            }
            const auto kept = keep_file(place_of(artifact.path), os::join_path(request_.folder + "/artifacts", safe_name(artifact.path)), request_.own_tree);
            if (!kept.ok()) { fail(failure(ErrorKind::internal, cat("keeping ", artifact.path, ": ", kept.error().message()))); }
        }
    }

    void finish_recording(const os::FreshOutcome& ended) {
        if (run_ == nullptr) {
            outcome_.run_id.reset();
            return;
        }
        record::Outcome end;
        const bool stopped = outcome_.error && outcome_.error->kind == ErrorKind::interrupted;
        end.state = stopped ? record::RunState::stopped : outcome_.error ? record::RunState::failed : record::RunState::completed;
        if (ended.how != os::FreshEnd::not_started && WIFEXITED(ended.wait_status)) { end.exit_status = WEXITSTATUS(ended.wait_status); }
        if (ended.how != os::FreshEnd::not_started && WIFSIGNALED(ended.wait_status)) { end.signal = WTERMSIG(ended.wait_status); }
        if (outcome_.error) {
            end.error_text = cat(error_name(outcome_.error->kind), ": ", outcome_.error->detail);
            end.stderr_tail = stderr_tail_;
        } else if (outcome_.value) {
            end.metrics.emplace_back(request_.cell.metric.name.empty() ? "value" : request_.cell.metric.name, *outcome_.value);
        }
        end.facts.environment = outcome_.environment;
        // Losses are counted and said by the recorder.
        static_cast<void>(run_->finish(std::move(end)));
    }

    const Launcher& launcher_;
    const ReplicaRequest& request_;
    core::RunId id_;
    std::string directory_;
    std::string report_path_;
    std::string reads_path_;
    std::int64_t reads_begun_us_ = 0;   // by the clock of the file system
    std::string stderr_tail_;
    bool output_is_flood_ = false;
    std::map<std::string, os::Stamp> before_;
    std::unique_ptr<record::Run> run_;
    Outcome outcome_;
};

}  // namespace

double digest_as_number(const core::Digest& digest) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 8; ++i) { number = number << 8U | digest.bytes()[i]; }
    return static_cast<double>(number >> 12U);   // 52 bits: every one of them stays
}

Outcome run_replica(const Launcher& launcher, const ReplicaRequest& request) { return Replica(launcher, request).run(); }

std::vector<std::pair<std::string, std::string>> base_environment(const std::vector<std::string>& pass, bool uncapped) {
    constexpr std::array k_needed = {"CONDA_PREFIX", "HOME", "LD_LIBRARY_PATH", "LOGNAME", "PATH", "PYTHONPATH", "USER", "VIRTUAL_ENV"};
    constexpr std::array k_of_the_place = {"LANG", "LC_ALL", "TZ"};
    std::map<std::string, std::string> environment;
    const auto take = [&](const std::string& name) {
        if (auto value = os::env(name.c_str())) { environment.insert_or_assign(name, std::move(*value)); }
    };
    for (const char* name : k_needed) { take(name); }
    if (uncapped) {
        for (const char* name : k_of_the_place) { take(name); }
    }
    for (const std::string& name : pass) { take(name); }
    return {environment.begin(), environment.end()};
}

ReadMetric reported_metric(const MetricSource& source, const Report& report, const std::function<std::optional<double>(std::string_view)>& logged) {
    ReadMetric read;
    const ReportedResult* found = nullptr;
    for (const ReportedResult& result : report.results) {
        if (!source.name.empty() && !result.metric.empty() && result.metric != source.name) { continue; }
        if (found != nullptr) {
            read.error = failure(ErrorKind::two_results, cat("it reported ", source.name.empty() ? "a result" : source.name, " twice: ", found->text, " and ", result.text));
            return read;
        }
        found = &result;
    }
    if (found != nullptr) {
        read.text = found->text;
        MetricReading number = read_number(found->text);
        if (auto* error = std::get_if<ReplayError>(&number)) {
            read.error = std::move(*error);
        } else {
            read.value = std::get<MetricValue>(number).value;
        }
        return read;
    }
    if (!report.mistakes.empty()) {
        read.error = failure(ErrorKind::garbage, cat("its report can't be read: ", report.mistakes.front()));
        return read;
    }
    if (const auto value = logged(source.name)) {
        read.value = value;
        read.text = core::format_float(*value);
        if (!std::isfinite(*value)) { read.error = failure(ErrorKind::not_finite, cat("it recorded ", read.text)); }
        return read;
    }
    read.error = failure(ErrorKind::missing_metric, cat("it reported no ", source.name.empty() ? "result" : source.name, ", and recorded none as a metric of its run"));
    return read;
}

}  // namespace runlake::replay

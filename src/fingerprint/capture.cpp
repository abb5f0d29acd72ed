// SPDX-License-Identifier: Apache-2.0
// One thread a part; each part is a value that arrives once.
#include "fingerprint/capture.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "core/text.hpp"
#include "fingerprint/config.hpp"
#include "os/files.hpp"
#include "os/start_thread.hpp"
#include "os/system.hpp"

namespace runlake::fingerprint {
namespace {

constexpr std::uint64_t k_quick_config_bytes = 1U << 20U;

// A value that another thread makes.
template <class T>
class Pending {
  public:
    void set(T value) {
        const std::scoped_lock lock(mutex_);
        value_ = std::move(value);
        arrived_.notify_all();
    }
    std::optional<T> wait(std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        arrived_.wait_for(lock, patience, [&] { return value_.has_value(); });
        return value_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::optional<T> value_;
};

class ThreadedCapture final : public Capture {
  public:
    explicit ThreadedCapture(CaptureRequest request) : request_(std::move(request)) {
        // The threads look at a copy: the caller may change its own variables while they do.
        if (!request_.environment.variables) { request_.environment.variables = os::all_env(); }
        const auto stop = [this] { return stopping_.load(); };
        request_.environment.stop = stop;
        request_.input_options.stop = [stop, own = request_.input_options.stop] { return stop() || (own && own()); };

        begin_config();
        has_code_ = request_.code.repository.has_value() && !request_.code.commit.empty();
        if (has_code_) {
            start_thread(code_, [this, stop] {
                return core::Result(look_at_code(request_.code, request_.store, CodeOptions{.limit = request_.code_limit, .stop = stop}));
            });
        } else if (!request_.code.note.empty()) {
            captured_.notes.push_back(request_.code.note);
        }
        if (!request_.inputs.empty()) {
            start_thread(inputs_, [this] { return input_fingerprint(request_.inputs, request_.input_options); });
        }
        if (request_.want_environment) {
            if (auto digest = cached_environment(request_.store, request_.environment)) {
                environment_.set(std::move(*digest));
            } else {
                start_thread(environment_, [this] { return store_environment(request_.store, request_.environment); });
            }
        }
    }

    ThreadedCapture(const ThreadedCapture&) = delete;
    ThreadedCapture& operator=(const ThreadedCapture&) = delete;
    ~ThreadedCapture() override {
        stopping_ = true;
        for (std::thread& thread : threads_) { thread.join(); }
    }

    Captured finish(const Patience& patience) override {
        if (finished_) { return captured_; }
        finished_ = true;
        finish_config();
        // What may take longest first: the others go on meanwhile.
        if (!request_.inputs.empty()) {
            if (auto report = inputs_.wait(patience.inputs)) {
                if (report->ok()) {
                    captured_.facts.input_fingerprint = report->value().fingerprint;
                    captured_.inputs = report->value().inputs;
                } else {
                    captured_.input_problem = report->error().message();
                    captured_.notes.push_back(core::cat("no input fingerprint: ", *captured_.input_problem));
                }
            } else {
                captured_.notes.emplace_back("no input fingerprint: the run ended before the inputs were read");
            }
        }
        if (has_code_) {
            const auto state = code_.wait(patience.code);
            captured_.facts.code_ref = state && state->ok() ? state->value().code_ref : request_.code.code_ref();
            // That the run was over sooner is no note: "+dirty.unknown" says it.
            if (state) {
                const std::string& note = state->ok() ? state->value().note : state->error().message();
                if (!note.empty()) { captured_.notes.push_back(core::cat("code: ", note)); }
            }
        }
        if (request_.want_environment) {
            if (auto digest = environment_.wait(patience.environment)) {
                if (digest->ok()) {
                    captured_.facts.environment = digest->value();
                } else {
                    captured_.notes.push_back(core::cat("no environment: ", digest->error().message()));
                }
            } else {
                captured_.notes.emplace_back("no environment: the run ended before it was collected");
            }
        }
        stopping_ = true;
        return captured_;
    }

  private:
    void begin_config() {
        if (!request_.config_path) { return; }
        const std::string path = os::join_path(request_.input_options.working_dir, *request_.config_path);
        const auto info = os::stat_path(path);
        if (info && static_cast<std::uint64_t>(info->st_size) > k_quick_config_bytes) {
            config_is_slow_ = true;
            start_thread(config_, [path] { return config_hash(path); });
        } else {
            config_.set(config_hash(path));
        }
    }

    void finish_config() {
        if (!request_.config_path) { return; }
        const auto hash = config_.wait(config_is_slow_ ? std::chrono::milliseconds(2000) : std::chrono::milliseconds(0));
        if (hash && hash->ok()) {
            captured_.facts.config_hash = hash->value();
        } else {
            captured_.notes.push_back(core::cat("no config hash: ", hash ? hash->error().message() : "the run ended before the file was read"));
        }
    }

    // Where no thread is to be had, what it would have found stays unknown, and finish() must not wait for it.
    template <class T, class Work>
    void start_thread(Pending<core::Result<T>>& pending, Work work) {
        auto thread = os::start_thread([&pending, work] { pending.set(work()); });
        if (thread.ok()) {
            threads_.push_back(std::move(thread).take());
        } else {
            pending.set(core::Result<T>(core::Error(core::Errc::io, "no thread could be started")));
        }
    }

    CaptureRequest request_;
    Captured captured_;
    bool has_code_ = false;
    bool config_is_slow_ = false;
    bool finished_ = false;
    std::atomic<bool> stopping_{false};
    Pending<core::Result<CodeState>> code_;
    Pending<core::Result<InputReport>> inputs_;
    Pending<core::Result<std::string>> environment_;
    Pending<core::Result<std::string>> config_;
    std::vector<std::thread> threads_;
};

}  // namespace

std::chrono::milliseconds patience_for_code(double program_seconds, std::chrono::milliseconds limit) {
    const std::chrono::milliseconds least(1);
    if (!(program_seconds * 1000.0 < static_cast<double>(limit.count()))) { return std::max(least, limit); }
    return std::max(least, std::chrono::milliseconds(static_cast<std::int64_t>(program_seconds * 1000.0)));
}

std::unique_ptr<Capture> Capture::begin(CaptureRequest request) { return std::make_unique<ThreadedCapture>(std::move(request)); }

}  // namespace runlake::fingerprint

// SPDX-License-Identifier: Apache-2.0
// The scheduler: threads that take what is ready.
#include "pipeline/execute.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "os/start_thread.hpp"

namespace runlake::pipeline {
namespace {

class Scheduler {
  public:
    explicit Scheduler(const ExecuteOptions& options) : options_(options), count_(options.graph.instances.size()), results_(count_), missing_(count_), outcomes_(count_) {}

    std::vector<InstanceOutcome> run() {
        for (std::size_t i = 0; i < count_; ++i) {
            outcomes_[i].instance = i;
            outcomes_[i].decision = options_.plan[i];
            outcomes_[i].state = InstanceState::stopped;   // until it has its turn
            outcomes_[i].error = "not begun";
            missing_[i] = options_.graph.instances[i].needs.size();
        }
        for (std::size_t i = 0; i < count_; ++i) {
            if (missing_[i] == 0) { ready_.insert(i); }
        }
        take_settled();
        std::vector<std::thread> threads;
        const std::size_t wanted = std::min<std::size_t>(static_cast<std::size_t>(std::max(1, options_.jobs)), count_ - ended_);
        threads.reserve(wanted);
        for (std::size_t i = 0; i < wanted; ++i) {
            auto thread = os::start_thread([this] { work(); });
            if (!thread.ok()) { break; }  // a limit of processes: those that there are do it all
            threads.push_back(std::move(thread).take());
        }
        if (threads.empty()) { work(); }
        {
            std::unique_lock lock(mutex_);
            // A thread stays until all have ended: the kernel ends a program with the thread that started it.
            while (!is_over()) {
                changed_.wait_for(lock, std::chrono::milliseconds(100));
                lock.unlock();
                if (options_.tick) { options_.tick(); }
                lock.lock();
            }
        }
        changed_.notify_all();
        for (std::thread& thread : threads) { thread.join(); }
        return std::move(outcomes_);
    }

  private:
    bool is_over() const { return running_ == 0 && (ended_ == count_ || ready_.empty() || options_.stopper.times() > 0); }

    // What the plan has settled needs no thread.
    void take_settled() {
        for (std::size_t i = 0; i < count_; ++i) {
            const Decision& decision = options_.plan[i];
            const bool is_settled = (decision.action == Action::skip && decision.is_current) || (decision.action == Action::leave && decision.reason == Reason::not_selected);
            if (!is_settled || !ready_.contains(i)) { continue; }
            ready_.erase(i);
            InstanceOutcome outcome;
            outcome.instance = i;
            outcome.decision = decision;
            outcome.state = decision.action == Action::skip ? InstanceState::skipped : InstanceState::left;
            results_[i] = decision.result;
            finish(i, std::move(outcome));
        }
    }

    void finish(std::size_t i, InstanceOutcome outcome) {
        outcomes_[i] = std::move(outcome);
        ++ended_;
        for (const std::size_t next : options_.graph.instances[i].needed_by) {
            if (--missing_[next] == 0) { ready_.insert(next); }
        }
        if (options_.tell) { options_.tell({ProgressEvent::Kind::finished, i, &outcomes_[i]}); }
    }

    void work() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [&] { return is_over() || (!ready_.empty() && options_.stopper.times() == 0); });
            if (is_over()) { break; }
            const std::size_t i = *ready_.begin();
            ready_.erase(ready_.begin());
            ++running_;
            lock.unlock();
            InstanceOutcome outcome = run_instance(options_, i, results_, [&] {
                const std::lock_guard told(mutex_);
                if (options_.tell) { options_.tell({ProgressEvent::Kind::started, i, nullptr}); }
            });
            lock.lock();
            --running_;
            finish(i, std::move(outcome));
            changed_.notify_all();
        }
        changed_.notify_all();
    }

    const ExecuteOptions& options_;
    std::size_t count_;
    Results results_;                       // an element is written once, before those that need it become ready
    std::vector<std::size_t> missing_;      // needs that have not ended, by instance
    std::vector<InstanceOutcome> outcomes_;
    std::set<std::size_t> ready_;           // the first of the graph's order goes first
    std::size_t running_ = 0;
    std::size_t ended_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
};

}  // namespace

std::string_view state_name(InstanceState state) {
    switch (state) {
        case InstanceState::skipped: return "skipped";
        case InstanceState::reused: return "reused";
        case InstanceState::done: return "done";
        case InstanceState::failed: return "failed";
        case InstanceState::stopped: return "stopped";
        case InstanceState::busy: return "busy";
        case InstanceState::left: return "left";
    }
    return "";
}

std::vector<InstanceOutcome> execute(const ExecuteOptions& options) { return Scheduler(options).run(); }

}  // namespace runlake::pipeline

// SPDX-License-Identifier: Apache-2.0
#include "lake/ordered_work.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace runlake::lake {
namespace {

using core::Errc;
using core::Error;
using core::Status;

constexpr std::size_t k_piece_bytes = 1U << 20U;  // rows of a task are handed on when they are that many

Error stopped() { return {Errc::interrupted, "reconciling was interrupted"}; }

class Crew {
  public:
    explicit Crew(const OrderedWork& ordered) : ordered_(ordered), slots_(ordered.tasks) {}
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;
    ~Crew() { end(); }

    // False when no thread could be had.
    bool start() {
        try {
            for (unsigned i = 0; i < ordered_.workers; ++i) { threads_.emplace_back([this] { work(); }); }
        } catch (const std::system_error&) {
            // Those that there are do it.
        }
        return !threads_.empty();
    }

    Status take_all() {
        for (std::size_t task = 0; task < ordered_.tasks; ++task) {
            if (ordered_.is_stopped && ordered_.is_stopped()) { return stopped(); }
            for (;;) {
                std::vector<FileRows> pieces;
                bool is_last = false;
                {
                    std::unique_lock lock(mutex_);
                    current_ = task;
                    room_.notify_all();
                    auto& slot = slots_[task];
                    while (slot.pieces.empty() && !slot.is_done) {
                        if (can_help()) {
                            const std::size_t next = next_++;
                            lock.unlock();
                            run(next, true);
                            lock.lock();
                        } else {
                            arrived_.wait(lock);
                        }
                    }
                    pieces.swap(slot.pieces);
                    is_last = slot.is_done;
                    if (slot.failure) { return std::move(*slot.failure); }
                    buffered_ -= slot.bytes;
                    slot.bytes = 0;
                    room_.notify_all();
                }
                for (auto& piece : pieces) { RL_TRY(ordered_.take(task, std::move(piece))); }
                if (is_last) { break; }
            }
            RL_TRY(ordered_.done(task));
        }
        return core::ok();
    }

  private:
    struct Slot {
        std::vector<FileRows> pieces;
        std::size_t bytes = 0;
        bool is_done = false;
        std::optional<Error> failure;
    };

    void work() {
        for (;;) {
            std::size_t task = 0;
            {
                std::unique_lock lock(mutex_);
                room_.wait(lock, [&] { return is_ended_ || next_ == ordered_.tasks || buffered_ < ordered_.buffered_bytes || next_ <= current_; });
                if (is_ended_ || next_ == ordered_.tasks) { return; }
                task = next_++;
                if (can_help()) { arrived_.notify_all(); }
            }
            run(task, false);
        }
    }

    // Whether the caller may do the next task while it waits for another: it can't wait for room, which it alone makes.
    bool can_help() const { return next_ < ordered_.tasks && buffered_ < ordered_.buffered_bytes && ordered_.is_small && ordered_.is_small(next_); }

    void run(std::size_t task, bool is_caller) {
        std::vector<FileRows> pieces;
        std::size_t bytes = 0;
        auto status = ordered_.work(task, [&](FileRows&& rows) -> Status {
            bytes += rows.bytes();
            pieces.push_back(std::move(rows));
            return is_caller || bytes < k_piece_bytes ? core::ok() : publish(task, pieces, bytes);
        });
        const std::lock_guard lock(mutex_);
        auto& slot = slots_[task];
        for (auto& piece : pieces) { slot.pieces.push_back(std::move(piece)); }
        slot.bytes += bytes;
        buffered_ += bytes;
        slot.is_done = true;
        if (!status.ok()) { slot.failure = std::move(status).take_error(); }
        arrived_.notify_all();
    }

    // Waits for room, unless it is this very task that is waited for.
    Status publish(std::size_t task, std::vector<FileRows>& pieces, std::size_t& bytes) {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [&] { return is_ended_ || buffered_ < ordered_.buffered_bytes || task <= current_; });
        if (is_ended_) { return stopped(); }
        auto& slot = slots_[task];
        for (auto& piece : pieces) { slot.pieces.push_back(std::move(piece)); }
        slot.bytes += bytes;
        buffered_ += bytes;
        pieces.clear();
        bytes = 0;
        arrived_.notify_all();
        return core::ok();
    }

    void end() {
        {
            const std::lock_guard lock(mutex_);
            is_ended_ = true;
        }
        room_.notify_all();
        for (auto& thread : threads_) { thread.join(); }
    }

    const OrderedWork& ordered_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::condition_variable room_;
    std::deque<Slot> slots_;
    std::size_t next_ = 0;
    std::size_t current_ = 0;
    std::size_t buffered_ = 0;
    bool is_ended_ = false;
    std::vector<std::thread> threads_;
};

Status run_alone(const OrderedWork& ordered) {
    for (std::size_t task = 0; task < ordered.tasks; ++task) {
        if (ordered.is_stopped && ordered.is_stopped()) { return stopped(); }
        RL_TRY(ordered.work(task, [&](FileRows&& rows) { return ordered.take(task, std::move(rows)); }));
        RL_TRY(ordered.done(task));
    }
    return core::ok();
}

}  // namespace

Status run_ordered(const OrderedWork& ordered) {
    if (ordered.workers == 0 || ordered.tasks < 2) { return run_alone(ordered); }
    Crew crew(ordered);
    return crew.start() ? crew.take_all() : run_alone(ordered);
}

}  // namespace runlake::lake

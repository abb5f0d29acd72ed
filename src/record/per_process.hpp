// SPDX-License-Identifier: Apache-2.0
// Inside record only: a value that every process has for itself.
#pragma once

#include <atomic>
#include <memory>

#include "os/system.hpp"

namespace runlake::record {

// Holds a T for this process. After a fork the child gets a new one at its first call and never touches its parent's, not even to destroy it: the fork may have
// copied it in the middle of another thread's work, and what it holds is the parent's. Thread-safe; takes no lock, so that a fork at any moment does no harm.
template <class T>
class PerProcess {
  public:
    PerProcess() : slot_(make(nullptr).release()) {}
    PerProcess(const PerProcess&) = delete;
    PerProcess& operator=(const PerProcess&) = delete;
    ~PerProcess() {
        Slot* last = slot_.load();
        if (last->owner == &os::this_process()) {
            if (last->inherited != nullptr) { leave(last->inherited); }
            delete last;
        } else {
            leave(last);
        }
    }

    T& get() {
        const os::ProcessId* self = &os::this_process();  // has another address in each process
        Slot* now = slot_.load(std::memory_order_acquire);
        while (now->owner != self) {
            auto fresh = make(now);
            if (slot_.compare_exchange_strong(now, fresh.get(), std::memory_order_acq_rel)) { return fresh.release()->value; }  // else another thread was faster
        }
        return now->value;
    }
    // Nothing when this process has none of its own: for destructors, which must not act for the parent.
    T* mine() {
        Slot* now = slot_.load(std::memory_order_acquire);
        return now->owner == &os::this_process() ? &now->value : nullptr;
    }

  private:
    struct Slot {
        const os::ProcessId* owner = nullptr;
        T value;
        Slot* inherited = nullptr;
    };
    static std::unique_ptr<Slot> make(Slot* inherited) {
        auto slot = std::make_unique<Slot>();
        slot->owner = &os::this_process();
        slot->inherited = inherited;
        return slot;
    }
    // A parent's slots stay for ever, where a leak checker finds them.
    static void leave(Slot* slot) {
        static std::atomic<Slot*> left{nullptr};
        Slot* oldest = slot;
        while (oldest->inherited != nullptr) { oldest = oldest->inherited; }
        Slot* head = left.load();
        do { oldest->inherited = head; } while (!left.compare_exchange_weak(head, slot));
    }

    std::atomic<Slot*> slot_;  // owned
};

}  // namespace runlake::record

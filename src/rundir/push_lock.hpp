// SPDX-License-Identifier: Apache-2.0
// Who writes at a remote place, where nothing is exclusive: an object a writer. Used by whatever pushes: run directories, `sync`.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace runlake::rundir {

// Small objects at a place.
struct LockPlace {
    std::string prefix;                                                                     // of the names of locks
    std::function<core::Status(const std::string& name, const std::string& text)> put;
    std::function<core::Result<std::vector<std::string>>()> list;                           // the names of all locks
    std::function<core::Result<std::string>(const std::string& name)> read;
    std::function<core::Status(const std::vector<std::string>& names)> remove;
    std::string what;                                                                       // "pushing to s3://bucket/x", for messages
    std::function<std::string(const std::string& name)> shown;
};

// Object stores lack an exclusive create, so everyone writes a name of his own and then looks: who sees another's takes his own away, so that never two go on. What a dead process of this
// machine left is taken away.
class PushLock {
  public:
    // busy, with who has it: nothing was waited for.
    static core::Result<PushLock> take(const LockPlace& place);
    PushLock(PushLock&& other) noexcept : place_(std::move(other.place_)), name_(std::exchange(other.name_, {})) {}
    PushLock& operator=(PushLock&&) = delete;
    PushLock(const PushLock&) = delete;
    PushLock& operator=(const PushLock&) = delete;
    ~PushLock();

  private:
    PushLock(LockPlace place, std::string name) : place_(std::move(place)), name_(std::move(name)) {}
    LockPlace place_;
    std::string name_;
};

}  // namespace runlake::rundir

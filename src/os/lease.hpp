// SPDX-License-Identifier: Apache-2.0
// The one lease: a file that says who works on something. Made by exclusive create or link only, so that it holds on network file systems; no fcntl locks.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "os/system.hpp"

namespace runlake::os {

struct LeaseHolder {
    ProcessId process;
    std::string token;            // random, 32 hex digits: tells two leases of one process apart
    std::string purpose;          // "fold", "compact", ... for people
    core::Timestamp taken_at;
};

struct LeaseOptions {
    std::string purpose;
    // A holder that may not be judged by its pid (another machine or pid namespace) is taken for gone when the file's mtime is older than this on the
    // file server's clock (measured by touching a probe file beside it, never by this machine's clock).
    std::chrono::seconds heartbeat_limit{60};
    // Renew from a background thread every third of the limit. Off for leases held for less than a second.
    bool heartbeat = true;
};

// Holds a lease; the destructor releases it (removes the file only if it is still ours). Thread-safe; not across fork: the child holds nothing.
class Lease {
  public:
    // Takes the lease at `path` without waiting. Errc::busy with the holder in the message when a living process has it; a dead one's is broken by whoever
    // holds the claim file "<path>.break-<digest of the dead lease>", so that of two breakers one wins and a slow one cannot remove a newer lease.
    static core::Result<std::unique_ptr<Lease>> take(const std::string& path, const LeaseOptions& options);

    virtual ~Lease() = default;
    virtual bool is_still_ours() const = 0;   // false once another broke it
    virtual const LeaseHolder& holder() const = 0;
};

// Who holds the lease now: nothing when the file is missing. Errc::corrupt when it can't be read as a lease.
core::Result<std::optional<LeaseHolder>> lease_holder(const std::string& path);

// Whether whoever holds it may still be there, by the rules that take() breaks leases by. False when the file is missing.
core::Result<bool> lease_lives(const std::string& path, std::chrono::seconds heartbeat_limit = LeaseOptions().heartbeat_limit);

}  // namespace runlake::os

// SPDX-License-Identifier: Apache-2.0
// Who uses which GPU of this machine: a lease each, so that no two `queue run`, of whatever projects of a user, give one to two jobs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.hpp"
#include "os/lease.hpp"

namespace runlake::jobs {

class GpuClaims {
  public:
    enum class By : std::uint8_t {
        queue,   // whoever hands it out
        job,     // whoever runs on it: it lives on when the other is killed
    };

    // In the user's state folder; without a home nobody knows of anybody, and claims() is false.
    static GpuClaims here();
    explicit GpuClaims(std::string folder) : folder_(std::move(folder)) {}

    bool claims() const { return !folder_.empty(); }
    // Errc::busy: it is used, and by whom.
    core::Result<std::unique_ptr<os::Lease>> take(std::string_view gpu, By by) const;

  private:
    std::string path_of(std::string_view gpu, By by) const;
    std::string folder_;
};

// By what `queue run` tells its runners which GPUs they have; it is not passed on to programs.
inline constexpr const char* k_given_gpus = "RUNLAKE_QUEUE_GPUS";

}  // namespace runlake::jobs

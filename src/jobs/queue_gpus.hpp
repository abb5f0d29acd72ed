// SPDX-License-Identifier: Apache-2.0
// The graphics processors that one `queue run` hands out: each to one job at a time, by CUDA_VISIBLE_DEVICES.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "jobs/queue_entry.hpp"

namespace runlake::jobs {

class GpuSlots {
  public:
    GpuSlots() = default;   // none to hand out: jobs find CUDA_VISIBLE_DEVICES as it is
    // "0,1,GPU-5f0c": names as CUDA_VISIBLE_DEVICES has them. Errc::usage: none, one twice, or one with a blank in it.
    static core::Result<GpuSlots> parse(std::string_view list);

    bool is_managed() const { return !all_.empty(); }
    std::size_t total() const { return all_.size(); }
    // How many a job wants: what it was queued with; else one where there are any to hand out.
    std::int64_t wanted_by(const QueueEntry& entry) const { return entry.gpus.value_or(is_managed() ? 1 : 0); }
    // The first free ones, in the order of the list; nothing when there are not as many.
    std::optional<std::vector<std::string>> take(std::int64_t count);
    void give_back(const std::vector<std::string>& names);

  private:
    std::vector<std::string> all_;
    std::vector<bool> taken_;
};

}  // namespace runlake::jobs

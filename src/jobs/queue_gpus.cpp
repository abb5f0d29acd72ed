// SPDX-License-Identifier: Apache-2.0
#include "jobs/queue_gpus.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace runlake::jobs {

core::Result<GpuSlots> GpuSlots::parse(std::string_view list) {
    GpuSlots slots;
    for (const std::string_view piece : core::split(list, ',')) {
        const std::string name(core::trim(piece));
        const bool has_blank = std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) <= ' '; });
        if (name.empty() || has_blank) { return core::Error(core::Errc::usage, "the list of GPUs is names with commas between, as in 0,1,2,3"); }
        if (std::find(slots.all_.begin(), slots.all_.end(), name) != slots.all_.end()) {
            return core::Error(core::Errc::usage, core::cat("the list of GPUs names ", core::valid_utf8(name), " twice"));
        }
        slots.all_.push_back(name);
    }
    slots.taken_.resize(slots.all_.size(), false);
    return slots;
}

std::optional<std::vector<std::string>> GpuSlots::take(std::int64_t count) {
    std::vector<std::string> names;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < all_.size() && static_cast<std::int64_t>(places.size()) < count; ++i) {
        if (!taken_[i]) { places.push_back(i); }
    }
    if (static_cast<std::int64_t>(places.size()) < count) { return std::nullopt; }
    for (const std::size_t i : places) {
        taken_[i] = true;
        names.push_back(all_[i]);
    }
    return names;
}

void GpuSlots::give_back(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        const auto found = std::find(all_.begin(), all_.end(), name);
        if (found != all_.end()) { taken_[static_cast<std::size_t>(found - all_.begin())] = false; }
    }
}

}  // namespace runlake::jobs

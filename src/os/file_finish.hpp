// SPDX-License-Identifier: Apache-2.0
// What makes a copied file final: its time, and that it is on disk.
#pragma once

#include <cstdint>
#include <string>

#include "core/result.hpp"
#include "os/fault_points.hpp"

namespace runlake::os {

core::Status set_mtime(int fd, std::int64_t mtime_ns, Point point, const std::string& path);
// Everything written to the file system of that folder, at once: one call where syncing each of many files would be many.
core::Status sync_file_system(const std::string& folder, Point point);

}  // namespace runlake::os

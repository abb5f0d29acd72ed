// SPDX-License-Identifier: Apache-2.0
// Two names of one file system exchanged in one step, so that a folder replaces another without a moment when there is none.
#pragma once

#include <string>

#include "core/result.hpp"
#include "os/fault.hpp"

namespace runlake::os {

// Both must exist. Errc::unsupported: this file system can't exchange names.
core::Status exchange_names(const std::string& one, const std::string& other, Point point);

}  // namespace runlake::os

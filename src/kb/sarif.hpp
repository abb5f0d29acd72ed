// SPDX-License-Identifier: Apache-2.0
// Issues in the form that code hosts and editors show: SARIF 2.1.0.
#pragma once

#include <string_view>

#include "core/json.hpp"
#include "kb/issue.hpp"

namespace runlake::kb {

// One run of one tool. Rules are "<code>" or "<code>/<check>", those alone that issues name, by name.
core::Json sarif_log(const Issues& issues, std::string_view version);

}  // namespace runlake::kb

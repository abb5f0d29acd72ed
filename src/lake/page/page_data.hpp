// SPDX-License-Identifier: Apache-2.0
// The rows that are written into a page itself: as many as the limits allow, as columns. Format: docs/guide/release-page.md.
#pragma once

#include <string>

#include "core/result.hpp"
#include "lake/page/page.hpp"

namespace runlake::lake {

// The text of page/data.js: one JSON document in a string of JavaScript, so that names in it are never code. Errc::corrupt: a line of a dataset is no JSON object.
core::Result<std::string> page_data(const PageRequest& request);

}  // namespace runlake::lake

// SPDX-License-Identifier: Apache-2.0
// From what a child left behind to its metric. Pure: text in, value or structured error out.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "replay/outcome.hpp"
#include "replay/spec.hpp"

namespace runlake::replay {

struct MetricValue {
    double value = 0;              // finite
    std::string text;              // as written
};
using MetricReading = std::variant<MetricValue, ReplayError>;

// A number as a result may hold it: decimal or C's hexadecimal float ("0x1.6872b020c49bap-2"), white space around it. NaN and infinities are not_finite.
MetricReading read_number(std::string_view text);

// By the source's kind: the text of its file, or all of stdout. Not for MetricKind::report.
MetricReading read_metric(const MetricSource& source, std::string_view text);

}  // namespace runlake::replay

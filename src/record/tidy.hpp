// SPDX-License-Identifier: Apache-2.0
// Inside record only: making a record fit to be written: redacted, not nested too deeply, not too long.
#pragma once

#include <string>
#include <string_view>

#include "record/model.hpp"

namespace runlake::record {

// Redacts every text that comes from the user, and makes names of metrics unique (the later value stays).
void tidy(StartRecord& record);
void tidy(LogRecord& record);
void tidy(EndRecord& record);  // its `start` has been tidied before, its `error` too
std::string tidy_text(std::string_view text);
std::string_view head_of_error(std::string_view tidied);

// The payload, if need be without what makes it too long for a line: better a run without its params than no run.
std::string fitting(const StartRecord& record);
std::string fitting(const LogRecord& record);
std::string fitting(const EndRecord& record);

}  // namespace runlake::record

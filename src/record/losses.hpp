// SPDX-License-Identifier: Apache-2.0
// Inside record only: what is remembered of records that could not be written, until the journal itself says so.
#pragma once

#include <functional>
#include <string>

#include "core/result.hpp"
#include "record/journal.hpp"
#include "record/model.hpp"
#include "record/store.hpp"

namespace runlake::record {

// Writes a line of losses beside the journal (<store>/lost/), or where that can't be written, into the user's state folder. Several processes may at once.
core::Status keep_losses(const Store& store, const LossRecord& loss);

// Whether any losses are kept: two looks at folders that mostly do not exist.
bool has_kept_losses(const Store& store);

// Moves what is kept by no living process into the journal: for each file, `append` gets the payload of one loss record, and after it succeeded the file goes. A crash
// between the two gives an equal record again, which readers count once.
core::Status settle_losses(const Store& store, const std::function<core::Status(const std::string& payload)>& append);

}  // namespace runlake::record

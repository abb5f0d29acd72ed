// SPDX-License-Identifier: Apache-2.0
// What is wrong in a pipeline file.
#pragma once

#include "core/mistakes.hpp"

namespace runlake::pipeline {

using core::Mistakes;

}  // namespace runlake::pipeline

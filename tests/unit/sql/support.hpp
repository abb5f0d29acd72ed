// SPDX-License-Identifier: Apache-2.0
// What the tests of this folder share: temporary folders and the unwrapping of results.
#pragma once

#include <gtest/gtest.h>
#include <string>

#include "core/result.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::sql::test {

using runlake::testing::TempDir;

// The value, or a failed test that shows the error and an abort.
template <class T>
T must(core::Result<T> result) {
    if (!result.ok()) { ADD_FAILURE() << result.error().message(); }
    return std::move(result).take();
}

}  // namespace runlake::sql::test

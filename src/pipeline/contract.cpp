// SPDX-License-Identifier: Apache-2.0
// Stands in for what is not written yet: the headers compile.
#include "pipeline/file.hpp"
#include "pipeline/graph.hpp"
#include "pipeline/plan.hpp"
#include "pipeline/resolve.hpp"

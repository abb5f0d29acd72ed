// SPDX-License-Identifier: Apache-2.0
// Stands in for what is not written yet: the headers compile.
#include "rundir/layout.hpp"
#include "rundir/manifest.hpp"
#include "rundir/publish.hpp"
#include "rundir/retention.hpp"
#include "rundir/stage_key.hpp"
#include "rundir/state.hpp"

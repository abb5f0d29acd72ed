// SPDX-License-Identifier: Apache-2.0
// Tasks that are worked on by many threads and whose rows one thread takes in the order of the tasks, with bounded memory between them.
#pragma once

#include <cstddef>
#include <functional>

#include "core/result.hpp"
#include "lake/file_rows.hpp"
#include "lake/source.hpp"

namespace runlake::lake {

struct OrderedWork {
    std::size_t tasks = 0;
    unsigned workers = 1;                         // threads besides the caller's; with 0, or where no thread can be had, the caller does it all
    std::size_t buffered_bytes = 64U << 20U;      // of rows that wait to be taken; workers that are ahead wait for room
    // On any thread; hands on rows piece by piece. The sink's error (the work is being ended) is to be passed on.
    std::function<core::Status(std::size_t task, const RowSink& sink)> work;
    // Of a task whose rows may all be held: the caller does it itself while there is nothing to take. None is, where this is not set.
    std::function<bool(std::size_t task)> is_small;
    // On the caller's thread: the rows of task 0, then those of task 1, ... The first error ends the work.
    std::function<core::Status(std::size_t task, FileRows&& rows)> take;
    std::function<core::Status(std::size_t task)> done;  // after the rows of that task
    std::function<bool()> is_stopped;                    // asked between tasks: Errc::interrupted
};
// The first error of work, take or done. All threads have ended when it returns.
core::Status run_ordered(const OrderedWork& ordered);

}  // namespace runlake::lake

// SPDX-License-Identifier: Apache-2.0
// `queue add`: jobs of state points, of a sweep, or that are there already, are put in the queue. One that runs, or has ended, is never put back unasked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "jobs/queue_order.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct QueueAddRequest {
    record::Store store;
    // Either an experiment, with what its jobs are made of ...
    std::optional<std::string> experiment;
    std::optional<std::string> hypothesis;
    std::optional<std::string> sub_hypothesis;
    std::vector<std::string> words;              // --sp
    std::vector<std::string> sweeps;             // --sweep
    bool commit = true;
    bool resolve = true;
    bool allow_recommit = false;                 // queue it though it is queued already at another commit
    // ... or jobs.
    std::vector<std::string> jobs;               // ids or prefixes
    std::optional<std::string> tag;
    std::int64_t priority = 0;
    std::vector<std::string> after;              // ids or prefixes
    std::int64_t retries = 0;
    std::optional<std::int64_t> time_limit_s;
    std::optional<std::int64_t> gpus;
    std::vector<std::string> program;            // with names in braces; default: the experiment's runner_command
    bool again = false;                          // those that have failed, were stopped or abandoned, too
};

enum class Queued : std::uint8_t {
    queued,             // by this call
    is_queued,          // already
    is_running,
    has_ended,
};
std::string_view queued_name(Queued what);

struct QueuedOne {
    jobs::QueuedJob job;         // as it stands now
    Queued what = Queued::queued;
    bool at_other_code = false;  // is_queued: not this state point, but the same at another commit
};

struct QueueAddResponse {
    std::vector<QueuedOne> jobs;           // in the order of the sweep, or as named
    std::vector<std::string> notes;        // for people, on stderr
    bool is_sweep = false;
    std::size_t count(Queued what) const;
};
// Errc::usage: words that make no sense (nothing is queued). Errc::not_found: a job that is not there. Errc::conflict: it would wait for itself.
core::Result<QueueAddResponse> queue_add(const QueueAddRequest& request);
core::Json to_json(const QueueAddResponse& response);

}  // namespace runlake::ops

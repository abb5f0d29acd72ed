// SPDX-License-Identifier: Apache-2.0
// Slurm's words: what its commands answer and what they are asked, as texts. Nothing is started here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace runlake::jobs {

enum class SlurmState : std::uint8_t {
    pending,
    running,         // and every state that comes to an end by itself: completing, suspended, ...
    completed,
    failed,
    cancelled,
    timed_out,
    out_of_memory,
    lost,            // the node failed, or something of higher rank took it
};
std::string_view slurm_state_name(SlurmState state);   // "pending", ...
constexpr bool has_ended(SlurmState state) { return state >= SlurmState::completed; }
// A state as squeue and scontrol write it ("NODE_FAIL", "CANCELLED by 0"). A word that is not known counts as running: whoever waits goes on waiting.
SlurmState slurm_state(std::string_view word);

// What Slurm has of arrays that were submitted under a name of ours.
struct SlurmArray {
    std::string id;
    std::map<std::int64_t, SlurmState> tasks;
};
using SlurmArrays = std::map<std::string, SlurmArray, std::less<>>;   // by name

// Lines of `squeue --noheader --array --states=all --format=%F|%K|%T|%j`. Lines of jobs that are no arrays are passed over. Errc::corrupt: something else.
inline constexpr std::string_view k_squeue_format = "%F|%K|%T|%j";
core::Result<SlurmArrays> parse_squeue(std::string_view text);
// Lines of `scontrol --oneliner show jobs`, for where there is no squeue; those of other names are passed over.
core::Result<SlurmArrays> parse_scontrol(std::string_view text);
// The answer of `sbatch --parsable`: "1234", or "1234;cluster". Errc::corrupt.
core::Result<std::string> parse_sbatch(std::string_view text);

// What is asked of sbatch.
struct SlurmSubmission {
    std::string name;                     // of the array, as nobody else's
    std::size_t tasks = 0;
    std::optional<int> at_once;           // at most
    std::string working_dir;
    std::string output;                   // "<folder>/%A_%a.out"
    std::int64_t gpus = 0;                // of each task
    std::vector<std::string> options;     // see slurm_options()
    std::string script;                   // the file
};
std::vector<std::string> submit_words(const SlurmSubmission& submission);

// "partition=gpu" as "--partition=gpu", "exclusive" as "--exclusive". Errc::usage: no option, or one that Runlake gives itself.
core::Result<std::vector<std::string>> slurm_options(const std::vector<std::string>& words);

// The most tasks that an array may have where nobody has changed Slurm's MaxArraySize (1001).
inline constexpr std::size_t k_most_tasks = 1000;

}  // namespace runlake::jobs

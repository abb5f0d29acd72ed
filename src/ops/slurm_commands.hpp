// SPDX-License-Identifier: Apache-2.0
// Slurm's own commands, started with argument vectors: to submit, to look, to cancel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "jobs/queue_entry.hpp"
#include "jobs/slurm.hpp"

namespace runlake::ops {

struct SlurmSubmission {
    std::string name;                     // of the array, as nobody else's
    std::size_t tasks = 0;
    std::optional<int> at_once;           // at most
    std::string working_dir;
    std::string output;                   // "<folder>/%A_%a.out"
    std::int64_t gpus = 0;                // of each task
    std::vector<std::string> options;     // see jobs::slurm_options()
    std::string script;                   // the file
};

// The id of the array. Errc::unsupported: there is no sbatch here. Errc::usage: Slurm refuses it (its words are passed on). Errc::busy: it could not be asked.
core::Result<std::string> slurm_submit(const SlurmSubmission& submission);
// The words that submit it.
std::vector<std::string> slurm_submit_words(const SlurmSubmission& submission);

// What Slurm has of the arrays of these names; those that it has forgotten, or never had, are not there. By squeue, else by scontrol.
core::Result<jobs::SlurmArrays> slurm_look(const std::vector<std::string>& names);

// A task that has ended, or is not there, is cancelled.
core::Status slurm_cancel(const jobs::SlurmTask& task);

}  // namespace runlake::ops

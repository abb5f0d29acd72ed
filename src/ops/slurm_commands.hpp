// SPDX-License-Identifier: Apache-2.0
// Slurm's own commands, started with argument vectors: to submit, to look, to cancel.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "jobs/queue_entry.hpp"
#include "jobs/slurm.hpp"

namespace runlake::ops {

// The id of the array. Errc::unsupported: there is no sbatch here. Errc::usage: Slurm refuses it (its words are passed on). Errc::busy: it could not be asked.
core::Result<std::string> slurm_submit(const jobs::SlurmSubmission& submission);

// What Slurm has of the arrays of these names; those that it has forgotten, or never had, are not there. By squeue, else by scontrol.
core::Result<jobs::SlurmArrays> slurm_look(const std::vector<std::string>& names);

// A task that has ended, or is not there, is cancelled.
core::Status slurm_cancel(const jobs::SlurmTask& task);

}  // namespace runlake::ops

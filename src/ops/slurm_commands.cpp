// SPDX-License-Identifier: Apache-2.0
#include "ops/slurm_commands.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "os/child.hpp"
#include "os/program_path.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;

constexpr int k_limit_ms = 120'000;
constexpr std::size_t k_most_bytes = 64U << 20U;

bool is_there(const std::string& program) { return os::find_program(program, os::search_path()).has_value(); }

Error no_slurm(std::string_view program) {
    return {Errc::unsupported, cat("asking Slurm: there is no program ", program, " on the PATH: queued jobs run here without --executor slurm")};
}

std::string said(const os::Output& output) {
    std::string text(core::trim(output.err.empty() ? output.out : output.err));
    std::replace(text.begin(), text.end(), '\n', ' ');
    return core::valid_utf8(core::cut_utf8(text, 500));
}

core::Result<os::Output> ask(const std::vector<std::string>& words) {
    if (!is_there(words[0])) { return no_slurm(words[0]); }
    RL_ASSIGN(os::Output output, os::run_program(words, k_limit_ms, k_most_bytes));
    if (output.timed_out) { return Error(Errc::busy, cat("asking Slurm: ", words[0], " gave no answer within ", k_limit_ms / 1000, " s")); }
    return output;
}

bool is_done(const os::Output& output) { return WIFEXITED(output.status) && WEXITSTATUS(output.status) == 0; }

}  // namespace

core::Result<std::string> slurm_submit(const jobs::SlurmSubmission& submission) {
    RL_ASSIGN(const os::Output output, ask(jobs::submit_words(submission)));
    if (!is_done(output)) { return Error(Errc::usage, cat("submitting ", submission.tasks, " jobs to Slurm: ", said(output))); }
    return jobs::parse_sbatch(output.out);
}

core::Result<jobs::SlurmArrays> slurm_look(const std::vector<std::string>& names) {
    if (names.empty()) { return jobs::SlurmArrays(); }
    const bool has_squeue = is_there("squeue");
    const std::vector<std::string> words = has_squeue ? std::vector<std::string>{"squeue", "--noheader", "--array", "--states=all", cat("--format=", jobs::k_squeue_format),
                                                                                 cat("--name=", core::join(names, ","))}
                                                      : std::vector<std::string>{"scontrol", "--oneliner", "show", "jobs"};
    RL_ASSIGN(const os::Output output, ask(words));
    if (!is_done(output)) { return Error(Errc::busy, cat("asking Slurm: ", words[0], ": ", said(output))); }
    RL_ASSIGN(jobs::SlurmArrays arrays, has_squeue ? jobs::parse_squeue(output.out) : jobs::parse_scontrol(output.out));
    const std::set<std::string, std::less<>> wanted(names.begin(), names.end());
    std::erase_if(arrays, [&](const auto& one) { return !wanted.contains(one.first); });
    return arrays;
}

core::Status slurm_cancel(const jobs::SlurmTask& task) {
    RL_ASSIGN(const os::Output output, ask({"scancel", "--quiet", task.str()}));
    if (!is_done(output)) { return Error(Errc::busy, cat("asking Slurm: scancel ", task.str(), ": ", said(output))); }
    return core::ok();
}

}  // namespace runlake::ops

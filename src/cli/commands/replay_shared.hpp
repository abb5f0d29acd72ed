// SPDX-License-Identifier: Apache-2.0
// What the commands that replay a recorded run or stage have in common.
#pragma once

#include "cli/command.hpp"
#include "ops/replay_targets.hpp"

namespace runlake::cli {

inline constexpr Option k_replay_run_option = {.names = "--run", .value = "ID", .help = "Replay this recorded run, in a worktree of its code"};
inline constexpr Option k_replay_run_dir_option = {.names = "--run-dir", .value = "DIR", .help = "Replay a stage of this run directory; with --stage"};
inline constexpr Option k_replay_stage_option = {.names = "--stage", .value = "STAGE", .help = "The stage, as NAME or NAME[instance]"};
inline constexpr Option k_replay_here_option = {.names = "--here", .value = "", .help = "Run the present tree, not the recorded code"};
inline constexpr Option k_replay_metric_option = {.names = "--metric", .value = "NAME", .help = "Without a spec: the metric to compare; default: the first that was recorded"};
inline constexpr Option k_replay_preset_option = {.names = "--preset", .value = "NAME", .help = "Without a spec: knobs to pin; default: openmp and python", .repeats = true};
inline constexpr Option k_replay_threads_option = {.names = "--threads", .value = "N", .help = "Without a spec: the thread count of presets; default: 1"};
inline constexpr Option k_replay_pass_option = {.names = "--pass", .value = "NAME", .help = "Without a spec: a variable of yours that the program keeps", .repeats = true};

inline constexpr Argument k_replay_spec_argument = {.name = "SPEC", .help = "Replay spec, a YAML file", .required = false};

// What is replayed: SPEC with --cell, --run, --run-dir, --stage, --here and --metric.
ops::ReplayOf replay_of(const Invocation& inv);
// And the knobs: --preset, --threads, --pass. Errc::usage.
core::Result<ops::ReplayOf> replay_of_with_knobs(const Invocation& inv);

}  // namespace runlake::cli

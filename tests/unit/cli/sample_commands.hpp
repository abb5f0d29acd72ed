// SPDX-License-Identifier: Apache-2.0
// A table of commands of every shape, so that tests do not depend on the real one.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "cli/command.hpp"

namespace runlake::cli::test {

inline core::Result<int> nothing(Invocation&) { return 0; }

inline constexpr std::array k_tail_options = {
    Option{.names = "-n,--n", .value = "N", .help = "How many"},
    Option{.names = "--stage", .value = "NAME", .help = "Only this stage", .repeats = true},
    Option{.names = "--utc", .value = "", .help = "Show UTC"},
    Option{.names = "--sort", .value = "KEY", .help = "Sort by", .choices = "started|duration"},
};
inline constexpr std::array k_id = {Argument{.name = "ID", .help = "the run"}};
inline constexpr std::array k_id_and_words = {Argument{.name = "ID", .help = "the run"},
                                              Argument{.name = "TAG", .help = "tags", .required = false, .repeats = true}};
inline constexpr std::array k_run_options = {Option{.names = "--stage", .value = "NAME", .help = "Its name"},
                                             Option{.names = "--capture", .value = "[=WHAT]", .help = "Keep output", .choices = "stdout|both"},
                                             Option{.names = "--param", .value = "K=V", .help = "A parameter", .repeats = true}};

inline constexpr Command k_run = {.name = "run", .summary = "Run a program", .options = k_run_options, .takes_program = true, .run = nothing};
inline constexpr Command k_tail = {.name = "runs tail", .summary = "Show the newest runs", .options = k_tail_options, .run = nothing};
inline constexpr Command k_show = {.name = "runs show", .summary = "Show one run", .arguments = k_id, .run = nothing};
inline constexpr Command k_tag = {.name = "runs tag", .summary = "Tag a run", .arguments = k_id_and_words, .run = nothing};
inline constexpr Command k_rerun = {.name = "runs rerun", .summary = "Run it again", .arguments = k_id, .takes_program = true, .run = nothing};
inline constexpr Command k_lake_job_run = {.name = "lake job run", .summary = "Run a job of the lake", .run = nothing};
inline constexpr Command k_version = {.name = "version", .summary = "Show the version", .run = nothing};

inline constexpr std::array k_commands = std::to_array<const Command*>({&k_run, &k_tail, &k_show, &k_tag, &k_rerun, &k_lake_job_run, &k_version});

using Words = std::vector<std::string>;

}  // namespace runlake::cli::test

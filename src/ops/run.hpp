// SPDX-License-Identifier: Apache-2.0
// `runlake run`: runs a program and records its start and its end. The program goes first: nothing that fails here may change what it does.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::ops {

struct RunRequest {
    std::vector<std::string> program;             // and its arguments; not empty
    std::optional<std::string> store;             // --store
    std::optional<std::string> stage;             // default: the program's base name
    std::optional<std::string> tenant;            // default: setting `tenant`
    std::vector<std::string> inputs;
    std::optional<std::string> config;
    core::Json params = core::Json::object();
    core::Json tags = core::Json::object();
    std::optional<std::int64_t> rows_in;
    std::optional<std::string> capture;           // none, stderr, all; default: setting `capture.mode`
    std::function<void(std::string_view)> say;    // a line for people, on stderr
};

struct RunResponse {
    int exit_status = 0;                  // the program's; 128 + signal; 127 and 126 as a shell has them
    std::optional<std::string> problem;   // why the program could not be executed
};

// Returns when the program has ended and its end is recorded (or the loss of it said). With mode `off` this process becomes the program, and the function returns only
// when that is impossible. Errors, and then nothing was run: Errc::usage for a request that makes no sense, Errc::io in mode `strict` when the start can't be
// recorded. Threads that fingerprint may be left behind: leave by _exit() afterwards.
core::Result<RunResponse> run(const RunRequest& request);

}  // namespace runlake::ops

// SPDX-License-Identifier: Apache-2.0
// Progress of a pipeline on stderr: one line that lives on a terminal, a plain line an event elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "ops/pipeline_run.hpp"

namespace runlake::cli {

class PipelineProgress {
  public:
    explicit PipelineProgress(Invocation& inv);
    void begin(const std::string& run_dir, const pipeline::Graph& graph, const std::vector<pipeline::Decision>& plan);
    void tell(const pipeline::ProgressEvent& event);
    void tick();
    void end();   // takes the living line away
    void say(std::string_view line);

  private:
    void print_line(const std::string& line);
    std::string status_line() const;
    void erase();

    Invocation& inv_;
    bool live_;
    std::mutex mutex_;
    const pipeline::Graph* graph_ = nullptr;
    std::size_t total_ = 0;
    std::size_t ended_ = 0;
    std::size_t failed_ = 0;
    std::map<std::size_t, std::chrono::steady_clock::time_point> running_;
    bool shown_ = false;
};

}  // namespace runlake::cli

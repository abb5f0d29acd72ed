// SPDX-License-Identifier: Apache-2.0
// Everything that is wrong in a text, gathered so that it can be told at once.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/yaml.hpp"

namespace runlake::pipeline {

class Mistakes {
  public:
    explicit Mistakes(std::string file) : file_(std::move(file)) {}

    void add(core::SourcePosition at, std::string what);
    bool any() const { return !found_.empty(); }
    std::size_t count() const { return found_.size(); }
    // Errc::usage: "file:line:column: what", one a line, by position, each once; the first fifty, then how many more there are.
    core::Error error() const;

  private:
    struct Mistake {
        core::SourcePosition at;
        std::string what;
    };
    std::string file_;
    std::vector<Mistake> found_;
};

}  // namespace runlake::pipeline

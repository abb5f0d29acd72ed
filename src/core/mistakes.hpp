// SPDX-License-Identifier: Apache-2.0
// Everything that is wrong in a text, gathered so that it can be told at once.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/yaml.hpp"

namespace runlake::core {

class Mistakes {
  public:
    explicit Mistakes(std::string file) : file_(std::move(file)) {}

    void add(SourcePosition at, std::string what);
    bool any() const { return !found_.empty(); }
    std::size_t count() const { return found_.size(); }
    // Errc::usage: "file:line:column: what", one a line, by position, each once; the first fifty, then how many more there are.
    Error error() const;

  private:
    struct Mistake {
        SourcePosition at;
        std::string what;
    };
    std::string file_;
    std::vector<Mistake> found_;
};

// An error of parse_yaml(text, file) in the form of all other mistakes: "reading FILE: line 3, column 7: why" as "FILE:3:7: why", Errc::usage.
Error yaml_mistake(const Error& error, const std::string& file);

}  // namespace runlake::core

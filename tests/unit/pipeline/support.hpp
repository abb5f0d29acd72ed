// SPDX-License-Identifier: Apache-2.0
// Pipeline files as short texts.
#pragma once

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "pipeline/file.hpp"
#include "pipeline/graph.hpp"
#include "pipeline/resolve.hpp"

namespace runlake::pipeline {

inline core::Result<PipelineFile> parse(const std::string& text) { return parse_pipeline(text, "p.yaml", "/nowhere/project"); }

// The message of what is wrong with a text; "" when nothing is.
inline std::string mistakes_of(const std::string& text) {
    const auto file = parse(text);
    return file.ok() ? "" : file.error().message();
}

// A file with these stages.
inline std::string with_stages(const std::string& stages) { return "experiment_key: demo\nstages:\n" + stages; }

inline core::Result<Resolved> resolved(const std::string& text, const Overrides& overrides = {}, const std::string& root = "/nowhere/project") {
    auto file = parse_pipeline(text, "p.yaml", root);
    if (!file.ok()) { return std::move(file).take_error(); }
    return resolve(std::move(file).take(), overrides);
}

inline core::Result<Graph> graph_of(const std::string& text) {
    auto ready = resolved(text);
    if (!ready.ok()) { return std::move(ready).take_error(); }
    return build_graph(ready.value());
}

inline std::string graph_mistakes(const std::string& text) {
    const auto graph = graph_of(text);
    return graph.ok() ? "" : graph.error().message();
}

}  // namespace runlake::pipeline

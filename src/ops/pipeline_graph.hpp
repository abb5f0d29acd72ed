// SPDX-License-Identifier: Apache-2.0
// The graph of a pipeline as a drawing, as the table of its layout, or as data.
#pragma once

#include <string>

#include "core/json.hpp"
#include "core/result.hpp"
#include "ops/pipeline_open.hpp"

namespace runlake::ops {

enum class GraphFormat : std::uint8_t { mermaid, dot, layout };

core::Result<std::string> pipeline_graph(const PipelineSource& source, GraphFormat format);
// Every instance in an order in which they may run: its paths, and which others it needs by their place in the list.
core::Result<core::Json> pipeline_graph_json(const PipelineSource& source);

}  // namespace runlake::ops

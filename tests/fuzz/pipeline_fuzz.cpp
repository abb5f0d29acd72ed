// SPDX-License-Identifier: Apache-2.0
// Any bytes as a pipeline file: mistakes with their places, or a file whose graph is in order and whose kept text says the same again.
#include "core/text.hpp"
#include "pipeline/graph.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

std::size_t instances_of(const runlake::pipeline::PipelineFile& file) {
    std::size_t count = 0;
    for (const auto& stage : file.stages) { count += stage.points.size(); }
    return count;
}

}  // namespace

RUNLAKE_FUZZ {
    auto file = runlake::pipeline::parse_pipeline(text, "p.yaml", "/nowhere");
    if (!file.ok()) {
        DEMAND(file.error().message().starts_with("p.yaml"));
        DEMAND(file.error().code() == runlake::core::Errc::usage || file.error().code() == runlake::core::Errc::unsupported);
        DEMAND(runlake::core::valid_utf8(file.error().message()) == file.error().message());
        return;
    }
    if (instances_of(file.value()) > 2'000) { return; }
    const bool had_roots = !file.value().roots.empty();
    file.value().roots.clear();   // they are of the environment
    const auto resolved = runlake::pipeline::resolve(std::move(file).take(), {});
    DEMAND(resolved.ok());
    const std::string kept = resolved.value().config_text();
    const auto again = runlake::pipeline::resolve_from_config(kept, "/nowhere/p.yaml", {});
    // A template may name a root that was taken away above.
    DEMAND(again.ok() ? again.value().config_text() == kept : had_roots);
    const auto graph = runlake::pipeline::build_graph(resolved.value());
    if (!graph.ok()) {
        DEMAND(graph.error().message().starts_with("p.yaml:"));
        return;
    }
    const auto& all = graph.value().instances;
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (const std::size_t need : all[i].needs) { DEMAND(need < i); }
        for (const auto& word : all[i].command) { DEMAND(!runlake::pipeline::fill_places(word, {{"out", "/out"}}).empty() || word.empty()); }
    }
    DEMAND(!layout_table(resolved.value(), graph.value()).empty());
}

// SPDX-License-Identifier: Apache-2.0
#include "lake/postprocess/search_files.hpp"

#include <set>
#include <utility>

#include "core/python_json.hpp"
#include "core/text.hpp"
#include "lake/file_input.hpp"
#include "lake/regular_file.hpp"
#include "lake/tactic.hpp"
#include "metrics/search.hpp"
#include "os/files.hpp"

namespace runlake::lake {
namespace {

using core::cat;

// Adds what the trace says to the steps; its lines that are no JSON are told.
core::Status add_trace(const std::string& path, const std::string& name, bool is_packed, metrics::Solution& solution) {
    std::set<std::int64_t> wanted;
    for (const auto& step : solution.steps) { wanted.insert(step.iteration); }
    std::uint64_t bad_lines = 0;
    auto read = FileInput(path, is_packed).lines([&](const FileInput::Line& line) -> core::Status {
        if (core::trim(line.text).empty()) { return core::ok(); }
        const auto event = line.too_long ? core::Result<core::Json>(core::Error(core::Errc::corrupt, "too long")) : core::parse_python_json(line.text, "trace");
        if (!event.ok()) {
            ++bad_lines;
            return core::ok();
        }
        const auto iteration = event.value().integer_at("iteration");
        if (iteration && wanted.contains(*iteration) && event.value().string_at("event").value_or("iteration") == "iteration") { metrics::add_candidates(solution, event.value(), search_family); }
        return core::ok();
    });
    if (bad_lines > 0) { solution.notes.push_back(cat(name, ": lines that are no JSON: ", bad_lines)); }
    return read;
}

}  // namespace

metrics::Family search_family(std::string_view tactic) {
    std::string name = tactic_family(tactic);
    const auto index = static_cast<std::size_t>(family_index(name));
    return {.name = std::move(name), .index = index};
}

SearchRead read_search(const SearchFiles& files) {
    SearchRead out;
    out.trace = cat(files.variant, "_mcts_trace.jsonl");
    out.solution = metrics::solution_of({.history = files.history, .tree = files.tree, .sig_of = files.sig_of, .family_of = search_family});
    if (!out.solution.problems.empty() || out.solution.steps.empty()) { return out; }
    const std::string plain = out.trace;
    const metrics::Solution without = out.solution;
    bool was_found = false;
    for (const bool is_packed : {true, false}) {
        const std::string name = is_packed ? cat(plain, ".gz") : plain;
        const std::string path = os::join_path(files.dir, name);
        if (!is_regular_file(path)) { continue; }
        was_found = true;
        out.trace = name;
        out.solution = without;
        const auto read = add_trace(path, name, is_packed, out.solution);
        if (read.ok()) { return out; }
        out.errors.push_back(read.error().message());
        out.solution.notes.push_back(cat(name, " can't be read to its end"));
    }
    if (!was_found) { out.solution.notes.push_back(cat("there is no ", plain)); }
    return out;
}

}  // namespace runlake::lake

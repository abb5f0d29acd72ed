// SPDX-License-Identifier: Apache-2.0
// Any text as a template, as a declared path and as a text of DVC's: it comes to an end, and what is replaced stays replaced.
#include "core/text.hpp"
#include "core/yaml.hpp"
#include "pipeline/dvc_values.hpp"
#include "pipeline/path_index.hpp"
#include "pipeline/paths.hpp"
#include "pipeline/template.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace pl = runlake::pipeline;

RUNLAKE_FUZZ {
    DEMAND(pl::expand_template(pl::escape_braces(text), [](std::string_view) { return "x"; }) == text);
    if (pl::split_template(text).ok()) {
        const auto nothing = [](std::string_view) { return std::optional<std::string>(); };
        DEMAND(pl::expand_partly(text, nothing) == text);
        const std::string whole = pl::expand_template(text, [](std::string_view) { return "{{"; });
        DEMAND(pl::expand_template(pl::expand_partly(text, [](std::string_view) { return "{{"; }), nothing) == whole);
    }
    // Two lines: a read and a write.
    const std::size_t end = text.find('\n');
    if (end != std::string_view::npos) {
        const std::string_view read = text.substr(0, end);
        const std::string_view write = text.substr(end + 1);
        const bool fit = !pl::path_problem(read, pl::Place::run_dir, true) && !pl::path_problem(write, pl::Place::run_dir, false);
        if (fit) {
            pl::PathIndex index;
            index.add(write, 7);
            DEMAND(index.find(read).empty() != pl::is_about(read, write));
            DEMAND(pl::covers(write, write.ends_with('/') ? write.substr(0, write.size() - 1) : write));
        }
        // A value in a text of DVC's.
        if (const auto values = runlake::core::parse_yaml(write, "values"); values.ok()) {
            const auto replaced = pl::interpolate_command(read, values.value().root);
            if (!replaced.ok()) { DEMAND(!replaced.error().message().empty()); }
            if (read.find('$') == std::string_view::npos) { DEMAND(replaced.ok() && replaced.value() == read); }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Any text as a surface: it is refused in words, or its statement holds the path instead of every {files}.
#include "core/text.hpp"
#include "lake/surface_file.hpp"
#include "tests/fuzz/fuzz.hpp"

RUNLAKE_FUZZ {
    const auto surface = runlake::lake::parse_surface("scores", text);
    if (!surface.ok()) {
        DEMAND(surface.error().code() == runlake::core::Errc::usage && !surface.error().message().empty());
        return;
    }
    DEMAND(!surface.value().globs.empty() && surface.value().sql == text);
    for (const auto& glob : surface.value().globs) { DEMAND(!glob.empty() && glob.front() != '/' && !glob.starts_with("../")); }
    const auto sql = runlake::lake::surface_sql(surface.value(), "/a'b");
    DEMAND(sql.find("{files}") == std::string::npos && sql.find("['/a''b']") != std::string::npos);
}

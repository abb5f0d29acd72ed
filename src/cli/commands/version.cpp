// SPDX-License-Identifier: Apache-2.0
// `runlake version`
#include "ops/version.hpp"

#include "cli/command.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

core::Result<int> run(Invocation& inv) {
    const auto about = ops::version();
    if (inv.json()) {
        auto formats = core::Json::object();
        for (const auto& [name, number] : about.formats) { formats.set(name, number); }
        auto record = core::Json::object();
        record.set("runlake", about.version).set("compiler", about.compiler).set("formats", std::move(formats)).set("system", about.system);
        inv.answer(std::move(record));
        return 0;
    }
    inv.out(core::cat("runlake ", about.version, "\n"));
    for (const auto& [name, number] : about.formats) { inv.out(core::cat("  ", name, " format ", number, "\n")); }
    inv.out(core::cat("  built with ", about.compiler, " for ", about.system, "\n"));
    return 0;
}

}  // namespace

extern const Command k_version = {.name = "version", .summary = "Show the version of Runlake and of the formats it writes", .run = run};

}  // namespace runlake::cli

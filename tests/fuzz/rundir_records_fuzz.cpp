// SPDX-License-Identifier: Apache-2.0
// Any bytes as run.json, DONE.json or manifest.json: refused with a reason, or read, and then written and read again as the same.
#include "core/text.hpp"
#include "rundir/layout.hpp"
#include "rundir/publish.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace core = runlake::core;
namespace rundir = runlake::rundir;

namespace {

void demand_reason(const core::Error& error) {
    DEMAND(error.code() == core::Errc::corrupt || error.code() == core::Errc::unsupported);
    DEMAND(error.message().starts_with("reading input"));
}

}  // namespace

RUNLAKE_FUZZ {
    const auto info = rundir::parse_run_json(text, "input");
    if (!info.ok()) { demand_reason(info.error()); }
    const auto manifest = rundir::parse_manifest(text, "input");
    if (manifest.ok()) {
        const auto again = rundir::parse_manifest(rundir::to_json(manifest.value()), "output");
        DEMAND(again.ok() && again.value().entries == manifest.value().entries);
        DEMAND(rundir::compare(manifest.value(), again.value()).empty());
    } else {
        demand_reason(manifest.error());
    }
    const auto done = rundir::parse_done(text, "input");
    if (done.ok()) {
        const std::string written = rundir::to_json(done.value());
        const auto again = rundir::parse_done(written, "output");
        DEMAND(again.ok() && rundir::to_json(again.value()) == written);
        DEMAND(rundir::check_instance(done.value().which).ok());
    } else {
        demand_reason(done.error());
    }
}

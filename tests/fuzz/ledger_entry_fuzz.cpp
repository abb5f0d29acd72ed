// SPDX-License-Identifier: Apache-2.0
// Any bytes as an entry of the ledger: what reads agrees with itself, and what does not is refused in few words.
#include <cmath>
#include <string>

#include "core/digest.hpp"
#include "ledger/entry.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace core = runlake::core;
namespace ledger = runlake::ledger;

namespace {

void read(std::string_view text, const std::string& id) {
    const auto job = ledger::JobId::parse(id);
    DEMAND(job.ok());
    const auto entry = ledger::parse_job_entry(text, job.value());
    if (!entry.ok()) {
        DEMAND(!entry.error().message().empty() && entry.error().message().size() < 500);
        DEMAND(entry.error().code() == core::Errc::corrupt || entry.error().code() == core::Errc::unsupported);
        return;
    }
    const auto canonical = core::canonical_json(entry.value().statepoint);
    DEMAND(canonical.ok() && core::md5_hex(canonical.value()) == id);
    DEMAND(!entry.value().wallclock_s || (std::isfinite(*entry.value().wallclock_s) && *entry.value().wallclock_s >= 0));
}

}  // namespace

RUNLAKE_FUZZ {
    read(text, "42b7b4f2921788ea14dac5566e6f06d0");
    // Under the id that its own state point has, it gets past the first checks.
    auto whole = core::parse_json(text, "input");
    if (!whole.ok()) { return; }
    const core::Json* statepoint = whole.value().find("statepoint");
    const auto canonical = core::canonical_json(statepoint == nullptr ? core::Json() : *statepoint);
    if (!whole.value().is_object() || !canonical.ok()) { return; }
    const std::string id = core::md5_hex(canonical.value());
    read(core::to_json(whole.value().set("job_id", id)), id);
}

// SPDX-License-Identifier: Apache-2.0
// Any bytes as the other files of the ledger: run entries, what stands beside entries, packs, both sides of a merge, the cache; what reads agrees with itself.
#include <string>

#include "core/digest.hpp"
#include "core/gzip.hpp"
#include "core/text.hpp"
#include "ledger/conflict.hpp"
#include "ledger/extra.hpp"
#include "ledger/pack.hpp"
#include "ledger/run_entry.hpp"
#include "ledger/text.hpp"
#include "ledger/view_cache.hpp"
#include "record/installed.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace core = runlake::core;
namespace ledger = runlake::ledger;

namespace {

void refused(const core::Error& error) {
    DEMAND(!error.message().empty() && error.message().size() < 500);
    DEMAND(error.code() == core::Errc::corrupt || error.code() == core::Errc::unsupported);
}

void read_run(std::string_view text) {
    const auto id = core::RunId::parse("0123abcd-0000-4000-8000-000000000001");
    const auto entry = ledger::parse_run_entry(text, id.value());
    if (!entry.ok()) { return refused(entry.error()); }
    const auto written = ledger::ledger_text(ledger::to_json(entry.value()));
    DEMAND(written.ok());
    const auto again = ledger::parse_run_entry(written.value(), id.value());
    DEMAND(again.ok() && ledger::ledger_text(ledger::to_json(again.value())).value_or("") == written.value());
}

void read_extra(std::string_view text) {
    const auto extra = ledger::parse_extra(text, "a");
    if (!extra.ok()) { return refused(extra.error()); }
    const auto written = ledger::ledger_text(ledger::to_json(extra.value()));
    DEMAND(written.ok());
    const auto again = ledger::parse_extra(written.value(), "a");
    DEMAND(again.ok() && ledger::ledger_text(ledger::to_json(again.value())).value_or("") == written.value());
}

void read_pack(std::string_view text) {
    if (!core::gunzip(text, 1U << 20U).ok()) {
        const auto unpacked = ledger::unpack(core::cat(core::sha256(text).hex(), ledger::k_pack_ending), text);
        if (!unpacked.ok()) { refused(unpacked.error()); }
    }
    const auto entries = ledger::read_pack(text);
    if (!entries.ok()) { return refused(entries.error()); }
    std::string before;
    for (const ledger::PackedEntry& entry : entries.value()) {
        DEMAND(before.empty() || before < entry.id);
        DEMAND(entry.entry.starts_with('{') && entry.entry.ends_with('}'));
        DEMAND(entry.extra.empty() || (entry.extra.starts_with('{') && entry.extra.ends_with('}')));
        before = entry.id;
    }
}

void read_conflict(std::string_view text) {
    const auto sides = ledger::split_conflict(text);
    if (!sides.ok()) { return refused(sides.error()); }
    if (!sides.value()) { return; }
    DEMAND(sides.value()->ours.size() <= text.size() && sides.value()->theirs.size() <= text.size());
    const auto one = ledger::merge_texts(ledger::TextKind::job, "42b7b4f2921788ea14dac5566e6f06d0", sides.value()->ours, sides.value()->theirs);
    const auto other = ledger::merge_texts(ledger::TextKind::job, "42b7b4f2921788ea14dac5566e6f06d0", sides.value()->theirs, sides.value()->ours);
    DEMAND(one.ok() == other.ok());
    DEMAND(!one.ok() || one.value() == other.value());
}

}  // namespace

RUNLAKE_FUZZ {
    read_run(text);
    read_extra(text);
    read_pack(text);
    read_conflict(text);
    const auto claim = ledger::claim_of(text);
    if (!claim.ok()) { refused(claim.error()); }
    DEMAND(ledger::ViewCache::parse(std::string(text)).size() <= text.size());
    const auto installed = runlake::record::parse_installed(text);
    if (!installed.ok()) { return refused(installed.error()); }
    DEMAND(runlake::record::installed_text(runlake::record::parse_installed(runlake::record::installed_text(installed.value())).take()) == runlake::record::installed_text(installed.value()));
}

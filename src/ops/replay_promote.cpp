// SPDX-License-Identifier: Apache-2.0
#include "ops/replay_promote.hpp"

#include "core/ids.hpp"
#include "core/job_id.hpp"
#include "core/text.hpp"
#include "ledger/extra.hpp"
#include "ledger/write.hpp"
#include "ops/ledger_promote.hpp"
#include "os/files.hpp"

namespace runlake::ops {
namespace {

using core::cat;

constexpr std::uint64_t k_most_bytes = 16U << 20U;

// The entry that is there already, with the verdict put beside it. False: there is none.
core::Result<bool> put_beside(const record::Store& store, ledger::TextKind kind, const std::string& id, std::string_view verdict) {
    const auto entry_text = os::read_file(ledger::entry_path(store, kind, id), k_most_bytes);
    if (!entry_text.ok()) { return false; }
    RL_ASSIGN(core::Json entry, core::parse_json(entry_text.value(), id));
    RL_ASSIGN(const std::string extra_text, os::read_file(ledger::extra_path(store, id), k_most_bytes));
    RL_ASSIGN(ledger::Extra extra, ledger::parse_extra(extra_text, id));
    extra.last_verdict = verdict;
    const auto written = ledger::write_entry(store, {.kind = kind, .id = id, .entry = std::move(entry), .extra = ledger::to_json(extra)});
    if (!written.ok()) { return written.error(); }
    return true;
}

core::Status tell(const record::Store& store, const std::string& id, std::string_view verdict) {
    const bool is_job = core::JobId::parse(id).ok();
    RL_ASSIGN(const bool there, put_beside(store, is_job ? ledger::TextKind::job : ledger::TextKind::run, id, verdict));
    if (there || is_job) { return core::ok(); }
    PromoteRun promotion{.id = id, .rule = ledger::RunRule::replay};
    promotion.last_verdict = verdict;
    const auto promoted = promote_run(store, promotion);
    return promoted.ok() ? core::ok() : core::Status(promoted.error());
}

}  // namespace

void promote_replayed(const record::Store& store, const replay::CanonicalSource& source, const replay::VerdictRecord& verdict, const std::function<void(std::string_view)>& say) {
    const bool of_ours = source.kind == replay::CanonicalKind::run || source.kind == replay::CanonicalKind::ledger;
    if (!of_ours || store.root.empty() || !verdict.canonical || verdict.canonical->run_id.empty()) { return; }
    const std::string& id = verdict.canonical->run_id;
    if (!core::RunId::parse(id).ok() && !core::JobId::parse(id).ok()) { return; }
    if (auto told = tell(store, id, replay::verdict_name(verdict.judgement.decision.verdict)); !told.ok()) {
        say(cat("runlake: other machines are not told of this verdict: ", told.error().message()));
    }
}

}  // namespace runlake::ops

// SPDX-License-Identifier: Apache-2.0
#include "ops/replay_amend.hpp"

#include "core/text.hpp"
#include "ops/replay_show.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "replay/verdict.hpp"

namespace runlake::ops {
namespace {

bool asks_for_a_cause(const replay::VerdictFile& verdict) {
    return verdict.decision.verdict == replay::Verdict::non_deterministic || verdict.decision.verdict == replay::Verdict::canonical_divergence;
}

bool is_of(const replay::VerdictFile& verdict, const Attributed& found) {
    const std::string metric = found.cell.metric.name.empty() ? "metric" : found.cell.metric.name;
    if (verdict.cell != found.cell.name || verdict.metric != metric || verdict.document.string_at("spec_digest").value_or("") != found.spec_digest) { return false; }
    const core::Json* key = verdict.document.find("eps_prod_expected_key");
    return key != nullptr && key->is_object() && key->string_at("config") == replay::config_digest(found.cell, true);
}

}  // namespace

core::Result<std::optional<AmendedVerdict>> amend_verdict(const record::Store& store, const Attributed& found) {
    RL_ASSIGN(const ReplayShowResponse known, replay_show({.store = store, .what = std::nullopt}));
    for (const replay::VerdictFile& verdict : known.latest) {
        if (!is_of(verdict, found) || !asks_for_a_cause(verdict)) { continue; }
        AmendedVerdict amended{.id = os::random_hex(32), .amends = verdict.id, .path = ""};
        core::Json document = verdict.document;
        document.set("id", amended.id).set("decided_at", core::format_iso(os::system_clock().now())).set("amends", amended.amends).set("attributed_to", found.knob);
        if (found.first_difference) { document.set("first_difference", *found.first_difference); }
        RL_ASSIGN(const std::string path, replay::write_verdict_text(store, amended.id, core::to_json_pretty(document), found.run_dir));
        amended.path = store.root.empty() ? path : os::relative_inside(path, store.root).value_or(path);
        return std::optional(std::move(amended));
    }
    return std::optional<AmendedVerdict>();
}

}  // namespace runlake::ops

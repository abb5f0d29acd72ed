// SPDX-License-Identifier: Apache-2.0
// The verdict's document, both ways, and its file.
#include "replay/verdict.hpp"

#include "core/hex.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "os/files.hpp"

namespace runlake::replay {
namespace {

using core::cat;
using core::Json;

Json texts_json(const std::vector<std::string>& texts) {
    Json list = Json::array();
    for (const std::string& text : texts) { list.push(text); }
    return list;
}

Json key_json(const EnvelopeKey& key) {
    const auto known = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
    Json json = Json::object();
    json.set("image", known(key.image)).set("cell", known(key.cell)).set("metric", known(key.metric)).set("config", known(key.config)).set("inputs", known(key.inputs));
    return json;
}

Json provenance_json(const Provenance& provenance) {
    Json json = Json::object();
    for (const auto& [name, value] : provenance) { json.set(name, value); }
    return json;
}

// A dimension, or its fallback.
Json dimension_json(const Provenance& provenance, const std::string& name) {
    for (const std::string& one : {name, name + "_fallback"}) {
        if (const auto found = provenance.find(one); found != provenance.end()) { return found->second; }
    }
    return {};
}

Json unsigned_json(const std::optional<std::uint64_t>& value) { return value ? Json(*value) : Json(); }

void set_determinism(Json& json, const Determinism& found) {
    json.set("det_status", h1_name(found.status)).set("det_delta", found.det_delta).set("det_ulp", unsigned_json(found.det_ulp));
    json.set("replicas", found.replays).set("zero_event_bound", found.status == H1::pass ? Json(found.difference_bound) : Json());
    json.set("artifacts_differ", texts_json(found.artifacts_differ));
    if (found.error) {
        Json error = Json::object();
        error.set("replica", found.error_replica).set("kind", error_name(found.error->kind)).set("detail", found.error->detail);
        json.set("replay_error", std::move(error));
    } else {
        json.set("replay_error", nullptr);
    }
}

void set_epsilon(Json& json, const VerdictRecord& record) {
    json.set("epsilon", record.judgement.epsilon).set("eps_num", record.eps_num).set("eps_prod", record.judgement.eps_prod);
    const bool found = record.envelope.has_value();
    json.set("eps_prod_image_sha", found ? Json(record.envelope->key.image) : Json()).set("eps_prod_key", found ? key_json(record.envelope->key) : Json());
    json.set("eps_prod_envelope", found ? Json(record.envelope->id()) : Json());
    json.set("eps_prod_method", found ? Json(method_name(record.envelope->bound.used)) : Json());
    json.set("eps_prod_n", found ? Json(static_cast<std::int64_t>(record.envelope->values.size())) : Json());
    json.set("eps_prod_expected_key", key_json(record.expected)).set("eps_prod_problem", record.envelope_problem.empty() ? Json() : Json(record.envelope_problem));
    json.set("detectable_shift", record.judgement.detectable_shift).set("canonical_in_envelope", record.judgement.canonical_is_member).set("replay_in_envelope", record.judgement.replay_is_member);
}

void set_canonical(Json& json, const VerdictRecord& record) {
    const bool there = record.canonical.has_value();
    const Provenance none;
    const Provenance& provenance = there ? record.canonical->provenance : none;
    json.set("canonical_run_id", there && !record.canonical->run_id.empty() ? Json(record.canonical->run_id) : Json());
    json.set("canonical_value", there ? Json(record.canonical->value) : Json()).set("canonical_text", there ? Json(record.canonical->text) : Json());
    json.set("canonical_decimals", there ? Json(record.canonical->decimals) : Json()).set("canonical_source", there ? Json(record.canonical->source) : Json());
    json.set("canonical_problem", record.canonical_problem.empty() ? Json() : Json(record.canonical_problem));
    json.set("canonical_build_sha", dimension_json(provenance, "build_sha")).set("canonical_instance_type", dimension_json(provenance, "instance_type"));
    json.set("canonical_provenance", provenance_json(provenance));
}

void set_replay(Json& json, const VerdictRecord& record) {
    const Provenance none;
    const Provenance& provenance = record.replays.empty() ? none : record.replays.front().provenance;
    const bool valued = !record.replays.empty() && record.replays.front().ok();
    json.set("replay_value", valued ? Json(record.replays.front().value) : Json());
    json.set("replay_build_sha", dimension_json(provenance, "build_sha")).set("replay_instance_type", dimension_json(provenance, "instance_type"));
    json.set("replay_provenance", provenance_json(provenance));
    Json replays = Json::array();
    for (const Outcome& replay : record.replays) { replays.push(to_json(replay)); }
    json.set("replays", std::move(replays));
}

core::Error wrong(std::string_view why) { return {core::Errc::corrupt, cat("verdict: ", why)}; }

// A member that is null or one of some names.
template <class Value>
core::Status read_name(const Json& json, std::string_view member, std::optional<Value> (*parse)(std::string_view), std::optional<Value>& out) {
    const Json* found = json.find(member);
    if (found == nullptr || found->is_null()) { return core::ok(); }
    const std::string* text = found->as_string();
    out = text != nullptr ? parse(*text) : std::nullopt;
    return out ? core::ok() : core::Status(wrong(cat('"', member, "\" is not one of its names")));
}

}  // namespace

VerdictRecord make_verdict(const CellFacts& facts, Judgement judgement) {
    VerdictRecord record;
    record.runlake_version = core::k_version;
    record.eps_num = facts.eps_num;
    record.policy = facts.policy;
    record.replays = facts.replays;
    record.canonical = facts.canonical;
    record.canonical_problem = facts.canonical_problem;
    record.envelope = facts.envelope;
    record.envelope_problem = facts.envelope_problem;
    record.expected = facts.expected;
    record.cell = facts.expected.cell;
    record.metric = facts.expected.metric;
    record.judgement = std::move(judgement);
    return record;
}

Json to_json(const VerdictRecord& record) {
    const Judgement& judgement = record.judgement;
    Json json = Json::object();
    json.set("schema", k_verdict_schema).set("id", record.id).set("decided_at", core::format_iso(record.decided_at)).set("runlake", record.runlake_version);
    json.set("verdict", verdict_name(judgement.decision.verdict));
    json.set("cause", judgement.decision.cause ? Json(cause_name(*judgement.decision.cause)) : Json());
    json.set("reason", judgement.decision.reason ? Json(reason_name(*judgement.decision.reason)) : Json());
    json.set("details", texts_json(judgement.details)).set("warnings", texts_json(judgement.warnings));
    json.set("cell", record.cell).set("metric", record.metric).set("spec", record.spec.empty() ? Json() : Json(record.spec));
    json.set("spec_digest", record.spec_digest.empty() ? Json() : Json(record.spec_digest));
    set_determinism(json, judgement.determinism);
    json.set("canon_delta", judgement.divergence ? Json(judgement.divergence->canon_delta) : Json());
    json.set("canon_ulp", judgement.divergence ? unsigned_json(judgement.divergence->canon_ulp) : Json());
    set_epsilon(json, record);
    json.set("parity_state", parity_name(judgement.parity.state)).set("parity_policy", to_json(record.policy)).set("parity_dims", to_json(judgement.parity));
    set_canonical(json, record);
    json.set("amends", core::Json()).set("attributed_to", record.attributed_to).set("first_difference", record.first_difference);
    set_replay(json, record);
    return json;
}

core::Result<VerdictFile> parse_verdict(std::string_view text) {
    VerdictFile file;
    RL_ASSIGN(file.document, core::parse_json(text, "verdict", 50));
    const Json& json = file.document;
    if (!json.is_object()) { return wrong("it is no object"); }
    const std::string schema = json.string_at("schema").value_or("");
    if (schema != k_verdict_schema) {
        if (schema.starts_with("runlake.verdict/")) { return core::Error(core::Errc::unsupported, cat("verdict: schema \"", core::cut_utf8(schema, 60), "\" is newer than this Runlake")); }
        return wrong("its schema is not runlake.verdict/1");
    }
    file.id = json.string_at("id").value_or("");
    if (file.id.size() != 32 || !core::is_hex(file.id)) { return wrong("\"id\" is not 32 hex digits"); }
    const auto cell = json.string_at("cell");
    if (!cell) { return wrong("\"cell\" is missing"); }
    file.cell = *cell;
    file.metric = json.string_at("metric").value_or("");
    auto at = core::parse_iso(json.string_at("decided_at").value_or(""));
    if (!at.ok()) { return wrong("\"decided_at\" is no time"); }
    file.decided_at = at.value();
    std::optional<Verdict> verdict;
    RL_TRY(read_name(json, "verdict", parse_verdict_name, verdict));
    if (!verdict) { return wrong("\"verdict\" is missing"); }
    file.decision.verdict = *verdict;
    RL_TRY(read_name(json, "cause", parse_cause, file.decision.cause));
    RL_TRY(read_name(json, "reason", parse_reason, file.decision.reason));
    std::optional<H1> status;
    RL_TRY(read_name(json, "det_status", parse_h1, status));
    file.determinism = status.value_or(H1::error);
    std::optional<ParityState> parity;
    RL_TRY(read_name(json, "parity_state", parse_parity, parity));
    file.parity_state = parity.value_or(ParityState::unverifiable);
    file.det_delta = json.number_at("det_delta");
    file.canon_delta = json.number_at("canon_delta");
    file.epsilon = json.number_at("epsilon");
    file.eps_num = json.number_at("eps_num");
    file.eps_prod = json.number_at("eps_prod");
    file.canonical_run_id = json.string_at("canonical_run_id");
    file.decision.h2_reached = file.canon_delta.has_value();
    return file;
}

std::string verdict_folder(const record::Store& store) { return store.dir + "/verdicts"; }

core::Result<std::string> write_verdict(const record::Store& store, const VerdictRecord& record, const std::optional<std::string>& run_dir) {
    return write_verdict_text(store, record.id, core::to_json_pretty(to_json(record)), run_dir);
}

core::Result<std::string> write_verdict_text(const record::Store& store, const std::string& id, const std::string& text, const std::optional<std::string>& run_dir) {
    const std::string folder = verdict_folder(store);
    RL_TRY(os::make_dirs(folder, 0777, os::point::verdict_write));
    std::string path = cat(folder, '/', id, ".json");
    RL_TRY(os::publish_file(path, text, 0666, os::Existing::keep, os::Durability::power, os::point::verdict_write));
    if (run_dir) {
        const std::string beside = os::join_path(*run_dir, "verdicts");
        RL_TRY(os::make_dirs(beside, 0777, os::point::verdict_write));
        RL_TRY(os::publish_file(cat(beside, '/', id, ".json"), text, 0666, os::Existing::keep, os::Durability::power, os::point::verdict_write));
    }
    return path;
}

}  // namespace runlake::replay

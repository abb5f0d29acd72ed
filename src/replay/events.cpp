// SPDX-License-Identifier: Apache-2.0
// Events as logfmt lines, and as a document for Loki.
#include "core/text.hpp"
#include "replay/verdict.hpp"

namespace runlake::replay {
namespace {

using core::cat;
using core::Json;

bool is_plain(std::string_view text) {
    if (text.empty()) { return false; }
    for (const char c : text) {
        if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) { return false; }
    }
    return true;
}

// One line of key=value; a value that is not plain is quoted as JSON quotes it.
class Line {
  public:
    Line(std::string_view prefix, std::string_view event) : text_(cat("event=", prefix, event)) {}
    Line& add(std::string_view key, std::string_view value) {
        text_ += cat(' ', key, '=');
        if (is_plain(value)) {
            text_ += value;
        } else {
            core::append_json_string(text_, value);
        }
        return *this;
    }
    Line& add(std::string_view key, const std::optional<double>& value) { return add(key, value ? core::format_float(*value) : "null"); }
    std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

}  // namespace

std::vector<std::string> events_of(const VerdictRecord& record, std::string_view prefix) {
    const Judgement& judgement = record.judgement;
    const Determinism& determinism = judgement.determinism;
    const Decision& decision = judgement.decision;
    std::vector<std::string> lines;
    Line first(prefix, "replay_determinism");
    first.add("status", h1_name(determinism.status)).add("abs_delta_runs", determinism.det_delta).add("cell", record.cell).add("metric", record.metric);
    first.add("replicas", std::to_string(determinism.replays));
    if (determinism.error) { first.add("error", error_name(determinism.error->kind)); }
    lines.push_back(first.take());
    if (determinism.status == H1::fail) {
        const bool residue = determinism.cause == DetCause::numeric_residue;
        lines.push_back(Line(prefix, "replay_determinism_cause").add("severity", "warn").add("cause", residue ? "numeric_residue" : "real_instability").add("cell", record.cell).take());
    }
    const bool before_parity = determinism.status != H1::pass || decision.reason == Reason::canonical_absent || decision.reason == Reason::epsilon_prod_unmeasured;
    if (!before_parity) {
        Line line(prefix, "replay_divergence");
        line.add("severity", decision.verdict == Verdict::fidelity_ok ? "info" : "warn");
        line.add("abs_delta", judgement.divergence ? judgement.divergence->canon_delta : std::nullopt).add("parity_state", parity_name(judgement.parity.state)).add("cell", record.cell);
        lines.push_back(line.take());
    }
    Line last(prefix, "replay_verdict");
    last.add("verdict", verdict_name(decision.verdict)).add("cause", decision.cause ? cause_name(*decision.cause) : "null");
    last.add("reason", decision.reason ? reason_name(*decision.reason) : "null").add("cell", record.cell).add("metric", record.metric).add("id", record.id);
    if (!judgement.details.empty()) { last.add("detail", core::join(judgement.details, ",")); }
    lines.push_back(last.take());
    return lines;
}

std::string loaded_event(std::string_view prefix, std::string_view build_sha) {
    return Line(prefix, "loaded").add("build_sha", build_sha.empty() ? "unknown" : build_sha).take();
}

Json loki_push(const std::vector<std::pair<std::string, std::string>>& labels, const std::vector<std::pair<core::Timestamp, std::string>>& lines) {
    Json stream = Json::object();
    for (const auto& [name, value] : labels) { stream.set(name, value); }
    Json values = Json::array();
    for (const auto& [at, line] : lines) {
        Json value = Json::array();
        // Nanoseconds: microseconds and three zeros.
        value.push(cat(at.micros, "000")).push(line);
        values.push(std::move(value));
    }
    Json one = Json::object();
    one.set("stream", std::move(stream)).set("values", std::move(values));
    Json streams = Json::array();
    streams.push(std::move(one));
    Json push = Json::object();
    push.set("streams", std::move(streams));
    return push;
}

}  // namespace runlake::replay

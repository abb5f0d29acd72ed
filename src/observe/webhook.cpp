// SPDX-License-Identifier: Apache-2.0
#include "observe/webhook.hpp"

#include <array>

#include "core/digest.hpp"
#include "core/json.hpp"
#include "core/text.hpp"

namespace runlake::observe {

using core::Json;

std::string webhook_body(const EndedRun& run) {
    const std::string id = run.start.header.run.str();
    const std::string_view state = record::state_name(run.end.state);
    Json out = Json::object();
    out.set("version", 1).set("event", core::cat("run.", state)).set("delivery", core::cat(id, "/", state));
    out.set("run_id", id).set("stage", run.start.stage).set("tenant", Json(run.start.tenant)).set("state", state);
    out.set("started_at", core::format_iso(run.start.header.at)).set("finished_at", core::format_iso(run.end.header.at));
    out.set("duration_seconds", run.end.duration_seconds);
    out.set("exit_status", run.end.exit_status ? Json(*run.end.exit_status) : Json()).set("signal", run.end.signal ? Json(*run.end.signal) : Json());
    out.set("error", run.end.error ? Json(run.end.error->head) : Json());
    out.set("rows_in", Json(run.facts.rows_in)).set("rows_out", Json(run.facts.rows_out));
    out.set("llm_calls", Json(run.facts.llm_calls)).set("tokens", Json(run.facts.tokens));
    out.set("trace_id", Json(run.start.trace_id)).set("tags", run.start.tags);
    Json metrics = Json::object();
    for (const auto& [name, value] : run.metrics) { metrics.set(name, value); }
    out.set("metrics", std::move(metrics));
    return core::to_json(out);
}

std::string hmac_sha256_hex(std::string_view key, std::string_view message) {
    constexpr std::size_t k_block = 64;
    std::array<char, k_block> pad{};
    if (key.size() > k_block) {
        const core::Digest digest = core::sha256(key);
        std::copy(digest.bytes().begin(), digest.bytes().end(), pad.begin());
    } else {
        std::copy(key.begin(), key.end(), pad.begin());
    }
    const auto xored = [&pad](char with) {
        std::string out(pad.begin(), pad.end());
        for (char& c : out) { c = static_cast<char>(c ^ with); }
        return out;
    };
    core::Sha256 inner;
    const core::Digest inside = inner.update(xored(0x36)).update(message).finish();
    core::Sha256 outer;
    return outer.update(xored(0x5C))
        .update(std::string_view(reinterpret_cast<const char*>(inside.bytes().data()), inside.bytes().size()))
        .finish()
        .hex();
}

std::string webhook_signature(std::string_view secret, std::int64_t unix_seconds, std::string_view body) {
    return hmac_sha256_hex(secret, core::cat(unix_seconds, ".", body));
}

}  // namespace runlake::observe

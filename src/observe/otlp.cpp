// SPDX-License-Identifier: Apache-2.0
#include "observe/otlp.hpp"

#include "core/digest.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "core/version.hpp"

namespace runlake::observe {

using core::Json;

namespace {

constexpr int k_span_kind_internal = 1;
constexpr int k_status_ok = 1;
constexpr int k_status_error = 2;

// OTLP/JSON writes 64-bit integers as strings.
Json any_value(const Json& value) {
    Json out = Json::object();
    if (const auto* text = value.as_string()) { return out.set("stringValue", *text); }
    if (const auto* flag = value.as_bool()) { return out.set("boolValue", *flag); }
    if (const auto* integer = value.as_integer()) { return out.set("intValue", std::to_string(*integer)); }
    if (const auto* number = value.as_float()) { return out.set("doubleValue", *number); }
    return out.set("stringValue", core::to_json(value));
}

void attribute(Json& list, std::string_view key, const Json& value) {
    Json entry = Json::object();
    entry.set("key", key).set("value", any_value(value));
    list.push(std::move(entry));
}

template <class T>
void attribute_if(Json& list, std::string_view key, const std::optional<T>& value) {
    if (value) { attribute(list, key, Json(*value)); }
}

std::string nanos(core::Timestamp at) { return std::to_string(at.micros) + "000"; }

bool is_error(record::RunState state) {
    return state == record::RunState::failed || state == record::RunState::stopped || state == record::RunState::abandoned;
}

Json attributes_of(const EndedRun& run) {
    Json list = Json::array();
    attribute(list, "runlake.run_id", run.start.header.run.str());
    attribute(list, "runlake.stage", run.start.stage);
    attribute(list, "runlake.state", record::state_name(run.end.state));
    attribute_if(list, "runlake.tenant", run.start.tenant);
    if (run.start.parent) { attribute(list, "runlake.parent_run_id", run.start.parent->str()); }
    attribute_if(list, "runlake.input_fingerprint", run.facts.input_fingerprint);
    attribute_if(list, "runlake.code_ref", run.facts.code_ref);
    attribute_if(list, "runlake.config_hash", run.facts.config_hash);
    attribute_if(list, "runlake.rows_in", run.facts.rows_in);
    attribute_if(list, "runlake.rows_out", run.facts.rows_out);
    attribute_if(list, "runlake.llm_calls", run.facts.llm_calls);
    attribute_if(list, "runlake.tokens", run.facts.tokens);
    attribute(list, "runlake.duration_seconds", run.end.duration_seconds);
    if (run.end.exit_status) { attribute(list, "process.exit.code", *run.end.exit_status); }
    if (run.end.signal) { attribute(list, "runlake.signal", *run.end.signal); }
    if (const auto* params = run.start.params.as_object()) {
        for (const auto& [name, value] : *params) { attribute(list, core::cat("runlake.param.", name), value); }
    }
    if (const auto* tags = run.start.tags.as_object()) {
        for (const auto& [name, value] : *tags) { attribute(list, core::cat("runlake.tag.", name), value); }
    }
    for (const auto& [name, value] : run.metrics) { attribute(list, core::cat("runlake.metric.", name), value); }
    return list;
}

Json span_of(const EndedRun& run) {
    const std::string id = core::to_hex(run.start.header.run.bytes());
    Json span = Json::object();
    span.set("traceId", run.start.trace_id.value_or(id));
    span.set("spanId", run.start.span_id.value_or(id.substr(0, 16)));
    if (run.start.parent_span_id) { span.set("parentSpanId", *run.start.parent_span_id); }
    span.set("name", run.start.stage);
    span.set("kind", k_span_kind_internal);
    // A clock that was set back between start and end must not give a span that ends before it begins.
    const core::Timestamp end = std::max(run.start.header.at, run.end.header.at);
    span.set("startTimeUnixNano", nanos(run.start.header.at));
    span.set("endTimeUnixNano", nanos(end));
    span.set("attributes", attributes_of(run));
    Json status = Json::object();
    if (is_error(run.end.state)) {
        status.set("code", k_status_error);
        if (run.end.error) {
            status.set("message", run.end.error->head);
            Json event = Json::object();
            Json fields = Json::array();
            attribute(fields, "exception.message", run.end.error->head);
            event.set("timeUnixNano", nanos(end)).set("name", "exception").set("attributes", std::move(fields));
            Json events = Json::array();
            events.push(std::move(event));
            span.set("events", std::move(events));
        }
    } else {
        status.set("code", k_status_ok);
    }
    span.set("status", std::move(status));
    return span;
}

}  // namespace

std::string to_otlp_json(std::span<const EndedRun> runs) {
    Json spans = Json::array();
    for (const EndedRun& run : runs) { spans.push(span_of(run)); }
    Json scope = Json::object();
    scope.set("name", "runlake").set("version", core::k_version);
    Json scope_spans = Json::object();
    scope_spans.set("scope", std::move(scope)).set("spans", std::move(spans));
    Json resource_attributes = Json::array();
    attribute(resource_attributes, "service.name", "runlake");
    Json resource = Json::object();
    resource.set("attributes", std::move(resource_attributes));
    Json scopes = Json::array();
    scopes.push(std::move(scope_spans));
    Json resource_spans = Json::object();
    resource_spans.set("resource", std::move(resource)).set("scopeSpans", std::move(scopes));
    Json all = Json::array();
    all.push(std::move(resource_spans));
    Json request = Json::object();
    request.set("resourceSpans", std::move(all));
    return core::to_json(request);
}

std::optional<PartialSuccess> parse_otlp_answer(std::string_view body) {
    const auto parsed = core::parse_json(body, "OTLP answer");
    if (!parsed.ok()) { return std::nullopt; }
    const Json* partial = parsed.value().find("partialSuccess");
    if (partial == nullptr) { return std::nullopt; }
    PartialSuccess out;
    if (const auto text = partial->string_at("rejectedSpans")) { out.rejected = core::parse_integer(*text).value_or(0); }
    if (const auto number = partial->integer_at("rejectedSpans")) { out.rejected = *number; }
    out.message = partial->string_at("errorMessage").value_or("");
    if (out.rejected <= 0) { return std::nullopt; }
    return out;
}

}  // namespace runlake::observe

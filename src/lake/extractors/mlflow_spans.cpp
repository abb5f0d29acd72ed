// SPDX-License-Identifier: Apache-2.0
// Extractor "mlflow_spans": the spans of MLflow's traces, which it keeps among the artifacts of each trace. Written by MLflow 3 (ids in base64, as OpenTelemetry has them in JSON) and by
// MLflow 2 (a context with ids in hex).
#include <array>
#include <cstdint>

#include "core/digest.hpp"
#include "core/json_lists.hpp"
#include "core/text.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/mlflow_files.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr auto k_columns = std::to_array<Column>({
    {"experiment_key", ColumnType::text, "the experiment's folder", true, ColumnUse::place},
    {"trace_id", ColumnType::text, "", true},
    {"position", ColumnType::integer, "in the file, from 0", true},
    {"span_id", ColumnType::text, "16 hex, as MLflow's API gives it"},
    {"parent_span_id", ColumnType::text, "null for the root of the trace"},
    {"name", ColumnType::text, ""},
    {"span_type", ColumnType::text, "TOOL, LLM, UNKNOWN, ..."},
    {"status", ColumnType::text, "OK, ERROR, UNSET"},
    {"status_message", ColumnType::text, "", false, ColumnUse::place},
    {"start_time", ColumnType::time, ""},
    {"duration_ns", ColumnType::integer, "null while it runs"},
    {"inputs", ColumnType::json, ""},
    {"outputs", ColumnType::json, ""},
    {"attributes", ColumnType::json, "the others"},
    {"events", ColumnType::json, "with stack traces of exceptions", false, ColumnUse::place},
    k_rel_path_column,
});
constexpr Table k_spans = {"mlflow_spans", "Spans of traces.", k_columns, KeyCheck::certain};
constexpr std::array<const Table*, 1> k_tables = {&k_spans};

// Attributes that have a column of their own, or say what the row says anyway.
constexpr std::string_view k_type = "mlflow.spanType", k_inputs = "mlflow.spanInputs", k_outputs = "mlflow.spanOutputs", k_request = "mlflow.traceRequestId";

// Eight bytes in base64, or "0x" and hex digits, as 16 hex digits; anything else as it stands.
std::optional<std::string> span_id(const Json* value) {
    constexpr std::string_view k_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    auto text = text_cell(value);
    if (!text) { return std::nullopt; }
    if (text->starts_with("0x")) { return text->substr(2); }
    if (text->size() != 12 || text->back() != '=' || text->find_first_not_of(k_letters) != 11) { return text; }
    std::uint64_t bits = 0;
    for (const char c : text->substr(0, 10)) { bits = bits << 6U | k_letters.find(c); }
    // The eleventh letter has the last four of 64 bits, and two that are none.
    bits = bits << 4U | k_letters.find((*text)[10]) >> 2U;
    std::array<std::uint8_t, 8> bytes{};
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
        *byte = static_cast<std::uint8_t>(bits & 0xffU);
        bits >>= 8U;
    }
    return core::to_hex(bytes);
}

// Values of attributes are texts that hold JSON; what some other program wrote there may be plain.
Json attribute(const Json& value) {
    const auto* text = value.as_string();
    if (text == nullptr) { return value; }
    auto parsed = core::parse_json(*text, "attribute");
    return parsed.ok() ? std::move(parsed).take() : value;
}

std::optional<std::string> status_of(const Json& span) {
    constexpr std::string_view k_prefix = "STATUS_CODE_";
    auto word = text_cell(span.find("status_code"));
    if (!word) { word = text_cell(member(span.find("status"), "code")); }
    return word && word->starts_with(k_prefix) ? word->substr(k_prefix.size()) : word;
}

void add(const SourceFile& file, std::string_view trace_id, std::int64_t position, const Json& span, Extraction& out) {
    const auto either = [&](std::string_view name, std::string_view earlier) { return span.find(name) != nullptr ? span.find(name) : span.find(earlier); };
    const auto begun = integer_cell(either("start_time_unix_nano", "start_time"));
    const auto ended = integer_cell(either("end_time_unix_nano", "end_time"));
    const auto* own_id = span.find("span_id");
    std::optional<std::string> type, inputs, outputs;
    core::JsonObject others;  // names are different ones already
    if (const auto* attributes = member(&span, "attributes"); attributes != nullptr && attributes->is_object()) {
        for (const auto& [key, packed] : *attributes->as_object()) {
            auto value = attribute(packed);
            if (key == k_type) {
                type = value.is_string() ? std::optional(*value.as_string()) : json_cell(&value);
            } else if (key == k_inputs) {
                inputs = json_cell(&value);
            } else if (key == k_outputs) {
                outputs = json_cell(&value);
            } else if (key != k_request) {
                others.emplace_back(key, std::move(value));
            }
        }
    }
    const auto* message = span.find("status_message");
    const bool has_ended = begun && ended && *begun > 0 && *ended >= *begun;
    out.rows.row(k_spans, file.run_key, trace_id, position, span_id(own_id != nullptr ? own_id : member(span.find("context"), "span_id")), span_id(either("parent_span_id", "parent_id")),
                 text_cell(span.find("name")), type, status_of(span), text_cell(message != nullptr ? message : member(span.find("status"), "message")),
                 begun && *begun > 0 ? std::optional(core::Timestamp{*begun / 1000}) : std::nullopt, has_ended ? std::optional(*ended - *begun) : std::nullopt, inputs, outputs, core::to_json(Json(std::move(others))),
                 json_cell(span.find("events")), file.rel_path);
}

core::Status extract(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto document, read_object(input));
    const auto* spans = core::find_list(document, "spans");
    if (spans == nullptr) { return Error(Errc::corrupt, "it has no list of spans"); }
    const std::string_view trace_id = core::split(file.rel_path, '/')[1];
    std::int64_t position = 0;
    for (const auto& span : *spans) {
        if (!span.is_object()) { return Error(Errc::corrupt, cat("span ", position, " is no object")); }
        add(file, trace_id, position++, span, out);
    }
    return core::ok();
}

}  // namespace

extern const Extractor k_mlflow_spans_extractor = {.name = "mlflow_spans", .stage = "read_mlflow_spans", .done_word = "", .error_word = "", .tables = k_tables, .reading = Reading::each,
                                                   .takes = [](const SourceFile& file) {
                                                       return mlflow_folder(file) == MlflowFolder::experiment && file.rel_path.starts_with("traces/") && file.rel_path.ends_with(k_mlflow_spans_file);
                                                   },
                                                   .extract = extract};

}  // namespace runlake::lake

// SPDX-License-Identifier: Apache-2.0
// Outcomes as JSON, both ways.
#include "replay/outcome.hpp"

#include <array>

#include "core/text.hpp"

namespace runlake::replay {
namespace {

using core::cat;
using core::Json;

constexpr std::array k_error_names = std::to_array<std::string_view>({"not_started", "exit", "signal", "timeout", "memory", "garbage", "two_results", "not_finite",
                                                                      "missing_metric", "missing_artifact", "missing_input", "pin_not_effective", "no_fingerprint",
                                                                      "interrupted", "internal"});

core::Error wrong(std::string_view member, std::string_view why) { return {core::Errc::corrupt, cat("a replay's \"", member, "\" ", why)}; }

Json files_json(const std::vector<FileDigest>& files) {
    Json list = Json::array();
    for (const FileDigest& file : files) {
        Json one = Json::object();
        one.set("path", file.path).set("digest", file.digest).set("bytes", file.bytes);
        list.push(std::move(one));
    }
    return list;
}

core::Result<std::vector<FileDigest>> read_files(const Json& json, std::string_view member) {
    std::vector<FileDigest> files;
    const Json* list = json.find(member);
    if (list == nullptr || list->is_null()) { return files; }
    if (!list->is_array()) { return wrong(member, "is no list"); }
    for (const Json& one : *list->as_array()) {
        const auto path = one.string_at("path");
        if (!path) { return wrong(member, "has an entry without a path"); }
        FileDigest file{.path = *path, .digest = one.string_at("digest"), .bytes = std::nullopt};
        if (const auto bytes = one.integer_at("bytes"); bytes && *bytes >= 0) { file.bytes = static_cast<std::uint64_t>(*bytes); }
        files.push_back(std::move(file));
    }
    return files;
}

Json reads_json(const std::vector<ReadFile>& files) {
    Json list = Json::array();
    for (const ReadFile& file : files) {
        Json one = Json::object();
        list.push(std::move(one.set("path", core::valid_utf8(file.path)).set("changed_at", core::format_iso(file.changed_at))));
    }
    return list;
}

core::Result<std::vector<ReadFile>> read_reads(const Json& json) {
    std::vector<ReadFile> files;
    const Json* list = json.find("undeclared_reads");
    if (list == nullptr || list->is_null()) { return files; }
    if (!list->is_array()) { return wrong("undeclared_reads", "is no list"); }
    for (const Json& one : *list->as_array()) {
        const auto path = one.string_at("path");
        const auto at = core::parse_iso(one.string_at("changed_at").value_or(""));
        if (!path || !at.ok()) { return wrong("undeclared_reads", "has an entry without a path or time"); }
        files.push_back({.path = *path, .changed_at = at.value()});
    }
    return files;
}

core::Result<ReplayError> read_error(const Json& json) {
    const auto name = json.string_at("kind");
    const auto kind = name ? parse_error_kind(*name) : std::nullopt;
    if (!kind) { return wrong("error", "has a kind that is not known"); }
    ReplayError error{.kind = *kind, .detail = json.string_at("detail").value_or(""), .exit_status = std::nullopt, .signal = std::nullopt};
    if (const auto status = json.integer_at("exit_status")) { error.exit_status = static_cast<int>(*status); }
    if (const auto signal = json.integer_at("signal")) { error.signal = static_cast<int>(*signal); }
    return error;
}

core::Result<std::vector<Knob>> read_knobs(const Json& json) {
    std::vector<Knob> knobs;
    const Json* list = json.find("knobs");
    if (list == nullptr || list->is_null()) { return knobs; }
    if (!list->is_array()) { return wrong("knobs", "is no list"); }
    for (const Json& one : *list->as_array()) {
        const auto name = one.string_at("name");
        if (!name) { return wrong("knobs", "has an entry without a name"); }
        knobs.push_back({.name = *name, .requested = one.string_at("requested").value_or(""), .effective = one.string_at("effective"), .checked = one.bool_at("checked").value_or(true)});
    }
    return knobs;
}

}  // namespace

std::string_view error_name(ErrorKind kind) { return k_error_names[static_cast<std::size_t>(kind)]; }

std::optional<ErrorKind> parse_error_kind(std::string_view name) {
    for (std::size_t i = 0; i < k_error_names.size(); ++i) {
        if (k_error_names[i] == name) { return static_cast<ErrorKind>(i); }
    }
    return std::nullopt;
}

Json to_json(const Outcome& outcome) {
    Json json = Json::object();
    json.set("replica", outcome.replica).set("value", outcome.value).set("value_text", outcome.value_text);
    if (outcome.error) {
        Json error = Json::object();
        error.set("kind", error_name(outcome.error->kind)).set("detail", outcome.error->detail);
        error.set_if("exit_status", outcome.error->exit_status).set_if("signal", outcome.error->signal);
        json.set("error", std::move(error));
    } else {
        json.set("error", nullptr);
    }
    json.set("artifacts", files_json(outcome.artifacts)).set("inputs", files_json(outcome.inputs));
    json.set("reads_seen", outcome.reads_seen).set("undeclared_reads", reads_json(outcome.undeclared));
    Json knobs = Json::array();
    for (const Knob& knob : outcome.knobs) {
        Json one = Json::object();
        one.set("name", knob.name).set("requested", knob.requested).set("effective", knob.effective).set("checked", knob.checked);
        knobs.push(std::move(one));
    }
    json.set("knobs", std::move(knobs));
    Json provenance = Json::object();
    for (const auto& [name, value] : outcome.provenance) { provenance.set(name, value); }
    json.set("provenance", std::move(provenance)).set("environment", outcome.environment).set("run_id", outcome.run_id);
    return std::move(json.set("seconds", outcome.seconds).set("kept", outcome.kept));
}

core::Result<Outcome> parse_outcome(const Json& json) {
    if (!json.is_object()) { return wrong("replays", "has an entry that is no object"); }
    Outcome outcome;
    outcome.replica = static_cast<int>(json.integer_at("replica").value_or(0));
    outcome.value = json.number_at("value");
    outcome.value_text = json.string_at("value_text");
    if (const Json* error = json.find("error"); error != nullptr && !error->is_null()) {
        RL_ASSIGN(outcome.error, read_error(*error));
    }
    RL_ASSIGN(outcome.artifacts, read_files(json, "artifacts"));
    RL_ASSIGN(outcome.inputs, read_files(json, "inputs"));
    outcome.reads_seen = json.bool_at("reads_seen").value_or(false);
    RL_ASSIGN(outcome.undeclared, read_reads(json));
    RL_ASSIGN(outcome.knobs, read_knobs(json));
    if (const Json* provenance = json.find("provenance"); provenance != nullptr && provenance->is_object()) {
        for (const auto& [name, value] : *provenance->as_object()) {
            const std::string* text = value.as_string();
            if (text == nullptr) { return wrong("provenance", "has a value that is no text"); }
            outcome.provenance.emplace(name, *text);
        }
    }
    outcome.environment = json.string_at("environment");
    outcome.run_id = json.string_at("run_id");
    outcome.seconds = json.number_at("seconds").value_or(0);
    outcome.kept = json.string_at("kept");
    return outcome;
}

}  // namespace runlake::replay

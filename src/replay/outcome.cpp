// SPDX-License-Identifier: Apache-2.0
// Outcomes as JSON.
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

Json files_json(const std::vector<FileDigest>& files) {
    Json list = Json::array();
    for (const FileDigest& file : files) {
        Json one = Json::object();
        one.set("path", file.path).set("digest", file.digest).set("bytes", file.bytes);
        list.push(std::move(one));
    }
    return list;
}

Json reads_json(const std::vector<ReadFile>& files) {
    Json list = Json::array();
    for (const ReadFile& file : files) {
        Json one = Json::object();
        list.push(std::move(one.set("path", core::valid_utf8(file.path)).set("changed_at", core::format_iso(file.changed_at))));
    }
    return list;
}

}  // namespace

std::string_view error_name(ErrorKind kind) { return k_error_names[static_cast<std::size_t>(kind)]; }

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

}  // namespace runlake::replay

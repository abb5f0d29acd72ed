// SPDX-License-Identifier: Apache-2.0
// Envelope files: writing, reading, and which of them is a cell's.
#include "replay/envelope.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "core/digest.hpp"
#include "core/json_lists.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "replay/probes.hpp"

namespace runlake::replay {
namespace {

using core::cat;
using core::Json;

constexpr std::string_view k_schema = "runlake.envelope/1";
constexpr std::uint64_t k_most_bytes = 64U << 20U;
constexpr double k_agreement = 1e-9;  // relative; another machine's mathematics library may round otherwise

core::Error wrong(std::string_view why) { return {core::Errc::corrupt, cat("envelope: ", why)}; }

Json key_json(const EnvelopeKey& key) {
    Json json = Json::object();
    json.set("image", key.image).set("cell", key.cell).set("metric", key.metric).set("config", key.config).set("inputs", key.inputs);
    return json;
}

Json statistics_json(const Bound& bound) {
    const Sample& sample = bound.sample;
    Json json = Json::object();
    json.set("mean", sample.mean).set("s", sample.s).set("median", sample.median).set("min", sample.min).set("max", sample.max).set("range", sample.range);
    json.set("skewness", sample.skewness).set("outlier", sample.outlier).set("outlier_limit", sample.outlier_limit).set("largest_share", sample.largest_share);
    json.set("k_times_s", bound.k_times_s).set("c_times_s", bound.c_times_s).set("wilks_pairs", bound.wilks).set("prediction", bound.prediction);
    json.set("detectable_shift", bound.detectable_shift).set("zero_event_bound", bound.zero_event).set("bit_equal", bound.bit_equal);
    return json;
}

core::Result<EnvelopeKey> read_key(const Json& json) {
    const Json* found = json.find("key");
    if (found == nullptr || !found->is_object()) { return wrong("\"key\" is missing"); }
    EnvelopeKey key;
    for (const auto& [name, part] : {std::pair{"image", &key.image}, {"cell", &key.cell}, {"metric", &key.metric}, {"config", &key.config}, {"inputs", &key.inputs}}) {
        const auto text = found->string_at(name);
        if (!text) { return wrong(cat("\"key.", name, "\" is missing")); }
        *part = *text;
    }
    return key;
}

core::Result<std::vector<double>> read_values(const Json& json) {
    const auto* list = core::find_list(json, "values");
    if (list == nullptr) { return wrong("\"values\" is missing"); }
    std::vector<double> values;
    for (const Json& one : *list) {
        const auto number = one.number();
        if (!number) { return wrong(cat("value ", values.size(), " is no number")); }
        values.push_back(*number);
    }
    return values;
}

core::Result<std::vector<EnvelopePart>> read_parts(const Json& json, std::size_t values) {
    const Json* list = json.find("parts");
    std::vector<EnvelopePart> parts;
    if (list == nullptr) { return parts; }   // written before there were parts
    if (!list->is_array()) { return wrong("\"parts\" is no list"); }
    std::size_t total = 0;
    for (const Json& one : *list->as_array()) {
        const auto runs = one.integer_at("runs");
        const auto at = core::parse_iso(one.string_at("measured_at").value_or(""));
        if (!runs || *runs < 1 || static_cast<std::uint64_t>(*runs) > values || !at.ok()) { return wrong(cat("part ", parts.size(), " has no number of runs or no time")); }
        parts.push_back({.host = one.string_at("host").value_or(""), .measured_at = at.value(), .runs = static_cast<int>(*runs)});
        total += static_cast<std::size_t>(*runs);
    }
    if (!parts.empty() && total != values) { return wrong("its parts are not as many runs as it has values"); }
    return parts;
}

bool agree(double a, double b) { return std::abs(a - b) <= k_agreement * std::max(std::abs(a), std::abs(b)); }

}  // namespace

std::optional<std::string> stale_part(const EnvelopeKey& measured, const EnvelopeKey& expected) {
    const auto same = [](const std::string& a, const std::string& b) { return !a.empty() && a == b; };
    if (!same(measured.cell, expected.cell)) { return "cell"; }
    if (!same(measured.metric, expected.metric)) { return "metric"; }
    if (!same(measured.image, expected.image)) { return "image"; }
    if (!same(measured.config, expected.config)) { return "config"; }
    if (!same(measured.inputs, expected.inputs)) { return "inputs"; }
    return std::nullopt;
}

std::string Envelope::id() const {
    core::FieldHash hash("envelope-key/1");
    hash.field("image", key.image).field("cell", key.cell).field("metric", key.metric).field("config", key.config).field("inputs", key.inputs);
    hash.field("method", method_name(method)).field("n", std::to_string(values.size()));
    return hash.finish().hex().substr(0, 32);
}

std::vector<int> Envelope::runs_by_part() const {
    std::vector<int> runs;
    for (const EnvelopePart& part : parts) { runs.push_back(part.runs); }
    return runs;
}

core::Timestamp Envelope::begun_at() const {
    core::Timestamp least = measured_at;
    for (const EnvelopePart& part : parts) { least = std::min(least, part.measured_at); }
    return least;
}

Json to_json(const Envelope& envelope) {
    Json json = Json::object();
    json.set("schema", k_schema).set("id", envelope.id()).set("key", key_json(envelope.key));
    json.set("method", method_name(envelope.method)).set("n", static_cast<std::int64_t>(envelope.values.size()));
    json.set("method_used", method_name(envelope.bound.used)).set("eps_prod", envelope.bound.eps_prod);
    json.set("assumption_suspect", envelope.bound.assumption_suspect);
    Json notes = Json::array();
    for (const std::string& note : envelope.bound.notes) { notes.push(note); }
    json.set("notes", std::move(notes)).set("measured_at", core::format_iso(envelope.measured_at)).set("n_test", envelope.n_test);
    Json parts = Json::array();
    for (const EnvelopePart& part : envelope.parts) {
        Json one = Json::object();
        parts.push(std::move(one.set("host", part.host).set("measured_at", core::format_iso(part.measured_at)).set("runs", part.runs)));
    }
    json.set("parts", std::move(parts)).set("statistics", statistics_json(envelope.bound));
    Json values = Json::array();
    for (const double value : envelope.values) { values.push(value); }
    json.set("values", std::move(values));
    return json;
}

core::Result<Envelope> parse_envelope(std::string_view text) {
    RL_ASSIGN(const Json json, core::parse_json(text, "envelope", 20));
    if (!json.is_object()) { return wrong("it is no object"); }
    const std::string schema = json.string_at("schema").value_or("");
    if (schema != k_schema) {
        if (schema.starts_with("runlake.envelope/")) { return core::Error(core::Errc::unsupported, cat("envelope: schema \"", core::cut_utf8(schema, 60), "\" is newer than this Runlake")); }
        return wrong("its schema is not runlake.envelope/1");
    }
    Envelope envelope;
    RL_ASSIGN(envelope.key, read_key(json));
    RL_ASSIGN(envelope.values, read_values(json));
    const auto method = parse_method(json.string_at("method").value_or(""));
    if (!method) { return wrong("its method is not known"); }
    envelope.method = *method;
    auto at = core::parse_iso(json.string_at("measured_at").value_or(""));
    if (!at.ok()) { return wrong("\"measured_at\" is no time"); }
    envelope.measured_at = at.value();
    envelope.n_test = json.integer_at("n_test");
    RL_ASSIGN(envelope.parts, read_parts(json, envelope.values.size()));
    auto bound = bound_of(envelope.values, envelope.method, envelope.runs_by_part());
    if (!bound.ok()) { return wrong(bound.error().message()); }
    envelope.bound = std::move(bound).take();
    const auto said = json.number_at("eps_prod");
    if (!said || !agree(*said, envelope.bound.eps_prod)) { return wrong("its eps_prod is not what its values give: it was changed by hand"); }
    if (json.string_at("id") != envelope.id()) { return wrong("its id is not that of its key: it was changed by hand"); }
    return envelope;
}

std::string envelope_folder(const record::Store& store) { return store.dir + "/epsilon"; }

core::Result<std::string> write_envelope(const record::Store& store, const Envelope& envelope) {
    const std::string folder = envelope_folder(store);
    RL_TRY(os::make_dirs(folder, 0777, os::point::envelope_write));
    std::string path = cat(folder, '/', envelope.id(), ".json");
    RL_TRY(os::publish_file(path, core::to_json_pretty(to_json(envelope)), 0666, os::Existing::replace, os::Durability::power, os::point::envelope_write));
    return path;
}

Envelopes Envelopes::load(const record::Store& store) {
    Envelopes all;
    const std::string folder = envelope_folder(store);
    const auto entries = os::list_dir(folder);
    if (!entries.ok()) {
        if (entries.error().code() != core::Errc::not_found) { all.problems_.push_back(entries.error().message()); }
        return all;
    }
    for (const os::DirEntry& entry : entries.value()) {
        if (!entry.name.ends_with(".json") || entry.name.starts_with('.')) { continue; }
        const std::string path = cat(folder, '/', entry.name);
        auto text = os::read_file(path, k_most_bytes);
        auto envelope = text.ok() ? parse_envelope(text.value()) : core::Result<Envelope>(std::move(text).take_error());
        if (!envelope.ok()) {
            all.problems_.push_back(cat(path, ": ", envelope.error().message()));
            continue;
        }
        const EnvelopeKey key = envelope.value().key;
        all.by_cell_[{key.cell, key.metric}].push_back(std::move(envelope).take());
        ++all.count_;
    }
    return all;
}

const Envelope* Envelopes::find(const EnvelopeKey& expected) const {
    const auto found = by_cell_.find({expected.cell, expected.metric});
    if (found == by_cell_.end()) { return nullptr; }
    const Envelope* best = nullptr;
    const auto rank = [&](const Envelope& one) {
        const bool fits = !stale_part(one.key, expected);
        return std::tuple(fits, fits ? one.values.size() : 0, one.measured_at);
    };
    for (const Envelope& one : found->second) {
        if (best == nullptr || rank(one) > rank(*best)) { best = &one; }
    }
    return best;
}

}  // namespace runlake::replay

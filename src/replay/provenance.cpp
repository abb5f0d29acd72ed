// SPDX-License-Identifier: Apache-2.0
// An environment document as dimensions of parity.
#include "replay/provenance.hpp"

#include <array>

#include "core/digest.hpp"
#include "core/text.hpp"

namespace runlake::replay {
namespace {

using core::cat;
using core::Json;

// The text of a value in the state "value"; "-" for one that was looked for and is not there; nothing when it could not be collected.
std::optional<std::string> said(const Json& values, std::string_view name) {
    const Json* entry = values.find(name);
    const auto state = entry == nullptr ? std::nullopt : entry->string_at("state");
    if (!state) { return std::nullopt; }
    if (*state == "absent") { return "-"; }
    const Json* value = *state == "value" ? entry->find("value") : nullptr;
    if (value == nullptr || value->is_null()) { return std::nullopt; }
    if (const std::string* text = value->as_string()) { return *text; }
    return core::to_json(*value);
}

bool all_collected(const Json& values) {
    for (const auto& [name, entry] : *values.as_object()) {
        if (entry.string_at("state").value_or("unknown") == "unknown") { return false; }
    }
    return true;
}

void add(Provenance& provenance, std::string_view name, const std::optional<std::string>& value) {
    if (value && !value->empty()) { provenance.emplace(name, *value); }
}

}  // namespace

core::Result<Provenance> provenance_of(const Json& document) {
    const auto wrong = [](std::string_view why) { return core::Error(core::Errc::corrupt, cat("the environment document ", why)); };
    if (!document.is_object() || document.string_at("recipe") != "environment/1") { return wrong("is not of recipe environment/1"); }
    const Json* groups = document.find("groups");
    if (groups == nullptr || !groups->is_object()) { return wrong("has no groups"); }
    Provenance provenance;
    for (const auto& [name, group] : *groups->as_object()) {
        const Json* values = group.find("values");
        const auto digest = group.string_at("digest");
        if (values == nullptr || !values->is_object() || !digest || !core::Digest::parse(*digest).ok()) { return wrong(cat("has a group \"", core::cut_utf8(name, 60), "\" without values or digest")); }
        // "code" is the recorder's version and says nothing of the run; the machine as a whole has its memory in it.
        if (name == "code" || name == "machine") { continue; }
        if (is_dimension_name(name) && all_collected(*values)) { provenance.emplace(name, *digest); }
    }
    if (const Json* machine = groups->find("machine")) {
        const Json& values = *machine->find("values");
        const auto processor = said(values, "cpu_name");
        const auto count = said(values, "processors_online");
        if (processor && count) {
            provenance.emplace("instance_type_fallback", cat(said(values, "vendor").value_or("-"), "; ", said(values, "product").value_or("-"), "; ", *processor, "; ", *count));
        }
        // Some hundred words: their digest tells as much.
        if (const auto flags = said(values, "cpu_flags")) { provenance.emplace("cpu_flags", core::sha256(*flags).hex()); }
        add(provenance, "cpu_microcode", said(values, "cpu_microcode"));
    }
    if (const Json* system = groups->find("system")) {
        add(provenance, "kernel", said(*system->find("values"), "kernel"));
        add(provenance, "libc", said(*system->find("values"), "libc"));
    }
    core::FieldHash image("image-fallback/1");
    bool whole = true;
    for (const std::string_view name : {"toolchain", "libraries", "packages"}) {
        const auto found = provenance.find(name);
        whole = whole && found != provenance.end();
        if (whole) { image.field(name, std::string_view(found->second)); }
    }
    if (whole) { provenance.emplace("image_fallback", image.finish().hex()); }
    return provenance;
}

core::Result<Provenance> parse_environment(std::string_view text) {
    RL_ASSIGN(const Json document, core::parse_json(text, "environment document"));
    return provenance_of(document);
}

bool is_dimension_name(std::string_view name) {
    if (name.empty() || name.size() > 64 || name.front() < 'a' || name.front() > 'z') { return false; }
    return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

}  // namespace runlake::replay

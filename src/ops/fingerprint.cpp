// SPDX-License-Identifier: Apache-2.0
#include "ops/fingerprint.hpp"

#include <algorithm>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "fingerprint/code.hpp"
#include "fingerprint/environment.hpp"
#include "fingerprint/input.hpp"
#include "os/system.hpp"
#include "replay/provenance.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Json;

Json known(Json value) { return std::move(Json::object().set("state", "value").set("value", std::move(value))); }
Json absent() { return std::move(Json::object().set("state", "absent")); }
Json unknown(std::string_view reason) { return std::move(Json::object().set("reason", reason).set("state", "unknown")); }

FingerprintGroup make_group(std::string name, Json values) {
    const std::string text = core::canonical_json(values).value_or("{}");
    std::string digest = core::FieldHash("environment-group/1").field("name", name).field("values", text).finish().hex();
    return {.name = std::move(name), .digest = std::move(digest), .values = std::move(values)};
}

// The commit, and how the tree differs from it; the recorder's version stays with it, as in an environment document.
FingerprintGroup code_group(const FingerprintRequest& request) {
    Json values = Json::object();
    values.set("runlake", known(core::k_version));
    const fingerprint::CodeStart start = fingerprint::read_code(request.working_dir);
    if (start.commit.empty()) {
        const Json none = start.note.empty() ? absent() : unknown(start.note);
        return make_group("code", std::move(values.set("commit", none).set("tree", none)));
    }
    values.set("commit", known(start.commit));
    fingerprint::CodeOptions options;
    options.limit = std::chrono::seconds(30);
    // No store: nothing is written, and a patch is not wanted.
    const std::string reference = fingerprint::look_at_code(start, request.store.value_or(record::Store{}), options).code_ref.value_or("");
    const std::size_t at = reference.find("+dirty.");
    if (at == std::string::npos) {
        values.set("tree", known("clean"));
    } else if (reference.ends_with("+dirty.unknown")) {
        values.set("tree", unknown("how the tree differs from the commit can't be told"));
    } else {
        values.set("tree", known(reference.substr(at + 1)));
    }
    return make_group("code", std::move(values));
}

core::Result<FingerprintGroup> data_group(const FingerprintRequest& request) {
    Json values = Json::object();
    if (request.inputs.empty()) { return make_group("data", std::move(values.set("inputs", absent()))); }
    fingerprint::InputOptions options;
    options.root = request.working_dir;
    options.working_dir = request.working_dir;
    if (request.store) { options.cache_dir = fingerprint::digests_dir(request.store->dir); }
    RL_ASSIGN(const fingerprint::InputReport report, fingerprint::input_fingerprint(request.inputs, options));
    Json each = Json::array();
    for (const record::Input& input : report.inputs) { each.push(input.fingerprint.value_or("")); }
    return make_group("data", std::move(values.set("inputs", known(report.fingerprint)).set("each", known(std::move(each)))));
}

FingerprintGroup image_group(const replay::Provenance& dimensions, FingerprintResponse& response) {
    Json values = Json::object();
    const auto value_of = [&](const char* name) -> Json {
        const auto found = dimensions.find(name);
        return found == dimensions.end() ? unknown("what it would be made of is not known") : known(found->second);
    };
    if (const auto stated = os::env("RUNLAKE_IMAGE_DIGEST"); stated && !stated->empty()) {
        values.set("image", known(*stated));
        response.image_from = "RUNLAKE_IMAGE_DIGEST";
    } else {
        values.set("image", value_of("image_fallback"));
        response.image_from = "toolchain, libraries and packages";
    }
    return make_group("image", std::move(values));
}

}  // namespace

core::Result<FingerprintResponse> fingerprint(const FingerprintRequest& request) {
    fingerprint::EnvironmentSource source;
    source.interpreter = request.interpreter;
    const fingerprint::Environment environment = fingerprint::collect_environment(source);
    RL_ASSIGN(Json document, core::parse_json(environment.document, "the environment"));
    RL_ASSIGN(replay::Provenance dimensions, replay::provenance_of(document));
    FingerprintResponse response;
    if (const Json* groups = document.find("groups"); groups != nullptr && groups->is_object()) {
        for (const auto& [name, group] : *groups->as_object()) {
            if (name == "code") { continue; }
            const Json* values = group.find("values");
            response.groups.push_back({.name = name, .digest = group.string_at("digest").value_or(""), .values = values == nullptr ? Json::object() : *values});
        }
    }
    response.groups.push_back(code_group(request));
    RL_ASSIGN(FingerprintGroup data, data_group(request));
    response.groups.push_back(std::move(data));
    response.groups.push_back(image_group(dimensions, response));
    std::ranges::sort(response.groups, {}, &FingerprintGroup::name);
    core::FieldHash hash("fingerprint/1");
    for (const FingerprintGroup& group : response.groups) { hash.field(group.name, group.digest); }
    response.digest = hash.finish().hex();
    const auto stated_type = os::env("RUNLAKE_INSTANCE_TYPE");
    response.instance_type_from = stated_type && !stated_type->empty() ? "RUNLAKE_INSTANCE_TYPE" : "vendor, product, processor and their number";
    if (stated_type && !stated_type->empty()) { dimensions.insert_or_assign("instance_type", *stated_type); }
    if (const auto image = os::env("RUNLAKE_IMAGE_DIGEST"); image && !image->empty()) { dimensions.insert_or_assign("image", *image); }
    response.dimensions.assign(dimensions.begin(), dimensions.end());
    return response;
}

Json to_json(const FingerprintResponse& response) {
    Json groups = Json::object();
    for (const FingerprintGroup& group : response.groups) {
        Json one = Json::object();
        groups.set(group.name, std::move(one.set("digest", group.digest).set("values", group.values)));
    }
    Json dimensions = Json::object();
    for (const auto& [name, value] : response.dimensions) { dimensions.set(name, value); }
    Json json = Json::object();
    json.set("recipe", "fingerprint/1").set("digest", response.digest).set("groups", std::move(groups)).set("dimensions", std::move(dimensions));
    return std::move(json.set("instance_type_from", response.instance_type_from).set("image_from", response.image_from));
}

}  // namespace runlake::ops

// SPDX-License-Identifier: Apache-2.0
#include "runs/query_diff.hpp"

#include <algorithm>
#include <map>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::runs {
namespace {

constexpr std::uint64_t k_most_environment_bytes = 16U << 20U;
constexpr std::string_view k_unknown_dirt = "+dirty.unknown";

using Named = std::map<std::string, core::Json>;

void compare(std::vector<Difference>& out, std::string_view group, const Named& a, const Named& b) {
    Named names(a);
    names.insert(b.begin(), b.end());
    for (const auto& [name, unused] : names) {
        const auto in_a = a.find(name);
        const auto in_b = b.find(name);
        const core::Json left = in_a == a.end() ? core::Json() : in_a->second;
        const core::Json right = in_b == b.end() ? core::Json() : in_b->second;
        // A recorded null is not the same as nothing recorded.
        if (left == right && (in_a == a.end()) == (in_b == b.end())) { continue; }
        out.push_back({std::string(group), name, left, right, in_a == a.end() ? "only in the second" : in_b == b.end() ? "only in the first" : ""});
    }
}

void compare_fields(std::vector<Difference>& out, std::string_view group, std::initializer_list<std::string_view> names, const RunDocument& a,
                    const RunDocument& b) {
    for (const std::string_view name : names) {
        const core::Json left = cell_json(a.field(name));
        const core::Json right = cell_json(b.field(name));
        if (!(left == right)) { out.push_back({std::string(group), std::string(name), left, right, ""}); }
    }
}

void compare_code(RunDiff& diff, const RunDocument& a, const RunDocument& b) {
    const std::string left = a.text("code_ref");
    const std::string right = b.text("code_ref");
    const bool unknown = left.ends_with(k_unknown_dirt) || right.ends_with(k_unknown_dirt);
    if (left == right && !unknown) { return; }
    diff.differences.push_back({"code", "code_ref", cell_json(a.field("code_ref")), cell_json(b.field("code_ref")),
                                unknown ? "uncommitted changes that were not identified never match" : ""});
}

// "<recipe>:<64 hex>": what stands before the last colon.
std::string_view recipe_of(std::string_view fingerprint) {
    const std::size_t colon = fingerprint.rfind(':');
    return colon == std::string_view::npos ? "" : fingerprint.substr(0, colon);
}

void compare_fingerprint(RunDiff& diff, std::string_view group, std::string_view name, const RunDocument& a, const RunDocument& b) {
    const std::string left = a.text(name);
    const std::string right = b.text(name);
    if (left == right) { return; }
    Difference line{std::string(group), std::string(name), cell_json(a.field(name)), cell_json(b.field(name)), ""};
    if (!left.empty() && !right.empty() && recipe_of(left) != recipe_of(right)) {
        line.remark = "made by different recipes: not comparable";
        diff.beside.push_back(std::move(line));
        return;
    }
    diff.differences.push_back(std::move(line));
}

Named inputs_of(const RunDocument& document) {
    Named named;
    for (const InputLine& input : document.inputs) {
        named[input.path] = input.fingerprint ? core::Json(*input.fingerprint) : core::Json(input.bytes);
    }
    return named;
}

Named metrics_of(const RunDocument& document) {
    Named named;
    for (const MetricSummary& metric : document.metrics) { named[metric.name] = metric.final; }
    return named;
}

Named tags_of(const RunDocument& document) {
    Named named;
    for (const auto& [name, value] : document.tags) { named[name] = value; }
    return named;
}

// {"a": {"b": 1}} as {"a.b": 1}; lists are compared whole.
void flatten(Named& out, const std::string& prefix, const core::Json& value) {
    const core::JsonObject* members = value.as_object();
    if (members == nullptr || members->empty()) {
        out[prefix] = value;
        return;
    }
    for (const auto& [name, member] : *members) { flatten(out, prefix.empty() ? name : core::cat(prefix, ".", name), member); }
}

std::optional<Named> environment_of(const record::Store& store, const std::string& digest) {
    // A digest names a file: nothing else may.
    if (!core::Digest::parse(digest).ok()) { return std::nullopt; }
    auto text = os::read_file(core::cat(store.environments(), "/", digest, ".json"), k_most_environment_bytes);
    if (!text.ok()) { return std::nullopt; }
    auto document = core::parse_json(text.value(), digest);
    if (!document.ok()) { return std::nullopt; }
    Named named;
    flatten(named, "", document.value());
    return named;
}

void compare_environment(RunDiff& diff, const record::Store& store, const RunDocument& a, const RunDocument& b) {
    const std::string left = a.text("environment");
    const std::string right = b.text("environment");
    if (left == right) { return; }
    const auto of_a = environment_of(store, left);
    const auto of_b = environment_of(store, right);
    const std::size_t before = diff.differences.size();
    if (of_a && of_b) { compare(diff.differences, "environment", *of_a, *of_b); }
    if (diff.differences.size() == before) {
        const bool missing = !left.empty() && !right.empty();
        diff.differences.push_back({"environment", "digest", cell_json(a.field("environment")), cell_json(b.field("environment")),
                                    missing ? "the store does not hold both documents" : ""});
    }
}

Named named(const std::vector<std::pair<std::string, core::Json>>& pairs) { return {pairs.begin(), pairs.end()}; }

core::Json lines_json(const std::vector<Difference>& lines) {
    core::Json list = core::Json::array();
    for (const Difference& line : lines) {
        core::Json json = core::Json::object();
        json.set("group", line.group).set("name", line.name).set("a", line.a).set("b", line.b);
        list.push(json.set("remark", line.remark.empty() ? core::Json() : core::Json(line.remark)));
    }
    return list;
}

core::Json side_json(const RunDocument& document) {
    core::Json side = core::Json::object();
    side.set("run_id", document.id.str()).set("stage", document.text("stage")).set("status", document.text("status"));
    return side.set("shown", document.shown).set("started_at", cell_json(document.field("started_at")));
}

}  // namespace

RunDiff compare_documents(const record::Store& store, const RunDocument& a, const RunDocument& b) {
    RunDiff diff;
    compare_fields(diff.differences, "result",
                   {"stage", "tenant_id", "status", "exit_status", "signal", "error", "degraded_reason", "rows_in", "rows_out", "llm_calls", "tokens", "argv",
                    "working_dir"},
                   a, b);
    compare_code(diff, a, b);
    compare_fields(diff.differences, "config", {"config_path"}, a, b);
    compare_fingerprint(diff, "config", "config_hash", a, b);
    compare_fingerprint(diff, "input", "input_fingerprint", a, b);
    compare(diff.differences, "input", inputs_of(a), inputs_of(b));
    compare(diff.differences, "params", named(a.params), named(b.params));
    compare(diff.differences, "metrics", metrics_of(a), metrics_of(b));
    compare(diff.differences, "tags", tags_of(a), tags_of(b));
    compare_environment(diff, store, a, b);
    compare_fields(diff.beside, "timing", {"started_at", "finished_at", "duration_seconds", "host"}, a, b);
    return diff;
}

core::Json diff_json(const RunDiff& diff, const RunDocument& a, const RunDocument& b) {
    core::Json json = core::Json::object();
    json.set("a", side_json(a)).set("b", side_json(b)).set("same", diff.same());
    return json.set("differences", lines_json(diff.differences)).set("not_compared", lines_json(diff.beside));
}

}  // namespace runlake::runs

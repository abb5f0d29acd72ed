// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan_words.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::pipeline {
namespace {

using core::cat;
using rundir::ComponentChange;
using rundir::ComponentKind;

constexpr std::size_t k_most_named = 3;
constexpr std::size_t k_longest_value = 60;
constexpr std::string_view k_listing = "code/1:";

std::string short_value(const std::optional<std::string>& value) {
    if (!value) { return "nothing"; }
    const std::size_t colon = value->find(':');
    // "<recipe>:<64 hex>": the first digits tell them apart.
    if (colon != std::string::npos && value->size() == colon + 65) { return value->substr(colon + 1, 8); }
    if (value->size() > k_longest_value) { return cat(core::cut_utf8(*value, k_longest_value), "..."); }
    return value->empty() ? "\"\"" : *value;
}

// Of two long texts, a little before where they part.
std::pair<std::string, std::string> differing_parts(const std::string& a, const std::string& b) {
    constexpr std::size_t k_before = 12;
    const auto parted = static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
    const std::size_t from = parted > k_before ? parted - k_before : 0;
    const auto part = [&](const std::string& text) {
        const std::string_view rest = std::string_view(text).substr(std::min(from, text.size()));
        const std::string_view cut = core::cut_utf8(rest, k_longest_value);
        return core::valid_utf8(cat(from > 0 ? "..." : "", cut, cut.size() < rest.size() ? "..." : ""));
    };
    return {part(a), part(b)};
}

std::string listing_path(const rundir::RunDir& run_dir, std::string_view hex) { return cat(run_dir.stages(), "/.code/", hex); }

using Listing = std::map<std::string, std::string>;

std::optional<Listing> kept_listing(const std::optional<rundir::RunDir>& run_dir, const std::optional<std::string>& value) {
    if (!run_dir || !value || !value->starts_with(k_listing)) { return std::nullopt; }
    const std::string path = listing_path(*run_dir, value->substr(k_listing.size()));
    const core::Result<std::string> text = os::read_file(path);
    if (!text.ok()) { return std::nullopt; }
    const auto files = parse_code_listing(text.value(), path);
    if (!files.ok()) { return std::nullopt; }
    return Listing(files.value().begin(), files.value().end());
}

std::optional<Listing> listing_of(const CodeIdentity& code, const std::optional<std::string>& value) {
    const auto of = [&](const CodeSet& set) -> std::optional<Listing> {
        if (set.components.size() != 1 || set.components.front().value != value || set.listing.empty()) { return std::nullopt; }
        Listing listing;
        for (const CodeFile& file : set.files) { listing.emplace(file.name, file.digest); }
        return listing;
    };
    if (code.base) {
        if (auto listing = of(*code.base)) { return listing; }
    }
    return of(code.named);
}

std::optional<std::string> digest_in(const Listing& listing, const std::string& name) {
    const auto found = listing.find(name);
    return found == listing.end() || found->second.empty() ? std::nullopt : std::optional(found->second);
}

void add_file_changes(const Listing& before, const Listing& now, std::vector<ComponentChange>& out) {
    Listing all = before;
    all.insert(now.begin(), now.end());
    for (const auto& [name, unused] : all) {
        const auto was = digest_in(before, name);
        const auto is = digest_in(now, name);
        if (was != is) { out.push_back({ComponentKind::code, name, before.contains(name), now.contains(name), was, is}); }
    }
}

std::string more(std::size_t count) { return count > k_most_named ? cat("; and ", count - k_most_named, " more") : ""; }

}  // namespace

std::string_view action_name(Action action) {
    switch (action) {
        case Action::skip: return "skip";
        case Action::reuse: return "reuse";
        case Action::run: return "run";
        case Action::wait: return "wait";
        case Action::leave: return "leave";
    }
    return "";
}

std::string_view reason_name(Reason reason) {
    switch (reason) {
        case Reason::up_to_date: return "up_to_date";
        case Reason::cached: return "cached";
        case Reason::blessed: return "blessed";
        case Reason::no_previous: return "no_previous";
        case Reason::key_differs: return "key_differs";
        case Reason::outputs_missing: return "outputs_missing";
        case Reason::outputs_modified: return "outputs_modified";
        case Reason::done_missing: return "done_missing";
        case Reason::code_unknown: return "code_unknown";
        case Reason::forced: return "forced";
        case Reason::nondeterministic_stage: return "nondeterministic_stage";
        case Reason::inputs_changed_during_run: return "inputs_changed_during_run";
        case Reason::input_pending: return "input_pending";
        case Reason::not_selected: return "not_selected";
        case Reason::input_failed: return "input_failed";
        case Reason::input_missing: return "input_missing";
    }
    return "";
}

std::string describe(const ComponentChange& change) {
    const std::string what = cat(rundir::component_kind_name(change.kind), ' ', change.name);
    if (!change.was_there) { return cat(what, " is new"); }
    if (!change.is_there) { return cat(what, " is gone"); }
    if (change.kind == ComponentKind::command && change.before && change.after) {
        const auto [was, is] = differing_parts(*change.before, *change.after);
        return cat(what, ": ", was, " -> ", is);
    }
    return cat(what, ": ", short_value(change.before), " -> ", short_value(change.after));
}

std::string describe_changes(const std::vector<ComponentChange>& changes) {
    std::string text;
    for (std::size_t i = 0; i < std::min(changes.size(), k_most_named); ++i) { text += cat(i == 0 ? "" : "; ", describe(changes[i])); }
    return text + more(changes.size());
}

std::string describe_differences(const std::vector<rundir::Difference>& differences) {
    std::string text;
    for (std::size_t i = 0; i < std::min(differences.size(), k_most_named); ++i) {
        const auto kind = differences[i].kind;
        text += cat(i == 0 ? "" : "; ", differences[i].path, kind == rundir::DifferenceKind::missing ? " is missing" : kind == rundir::DifferenceKind::added ? " was added" : " was changed");
    }
    return text + more(differences.size());
}

std::vector<ComponentChange> compare_keys(const std::optional<rundir::RunDir>& run_dir, const rundir::DoneRecord& before, const rundir::StageKey& now, const CodeIdentity& code) {
    std::vector<ComponentChange> changes;
    for (ComponentChange& change : rundir::compare(before.key.components, now.components)) {
        if (change.kind == ComponentKind::code && change.was_there && change.is_there) {
            const auto was = kept_listing(run_dir, change.before);
            const auto is = listing_of(code, change.after);
            if (was && is) {
                add_file_changes(*was, *is, changes);
                continue;
            }
        }
        changes.push_back(std::move(change));
    }
    return changes;
}

core::Status keep_listings(const rundir::RunDir& run_dir, const CodeIdentity& code) {
    const auto keep = [&](const CodeSet& set) -> core::Status {
        if (set.listing.empty()) { return core::ok(); }
        const std::string path = listing_path(run_dir, set.components.front().value->substr(k_listing.size()));
        if (os::exists(path)) { return core::ok(); }
        RL_TRY(os::make_dirs(os::parent_path(path), 0777, os::point::stage_code_write));
        return os::publish_file(path, set.listing, 0444, os::Existing::replace, os::Durability::process, os::point::stage_code_write);
    };
    if (code.base) { RL_TRY(keep(*code.base)); }
    return keep(code.named);
}

core::Json to_json(const Decision& decision, const Graph& graph) {
    const Instance& instance = graph.instances[decision.instance];
    core::Json json = core::Json::object();
    json.set("stage", instance.which.stage).set("instance", instance.which.instance).set("action", action_name(decision.action)).set("reason", reason_name(decision.reason));
    json.set("detail", decision.detail);
    if (decision.key) { json.set("key", decision.key->key.hex()); }
    if (decision.previous) { json.set("previous_key", decision.previous->key.key.hex()).set("previous_run_id", decision.previous->run_id.str()); }
    core::Json changes = core::Json::array();
    for (const ComponentChange& change : decision.changes) {
        core::Json one = core::Json::object();
        one.set("kind", rundir::component_kind_name(change.kind)).set("name", change.name);
        one.set("before", core::Json(change.before)).set("after", core::Json(change.after)).set("was_there", change.was_there).set("is_there", change.is_there);
        changes.push(std::move(one));
    }
    json.set("changes", std::move(changes));
    core::Json differences = core::Json::array();
    for (const rundir::Difference& difference : decision.differences) {
        const auto kind = difference.kind;
        differences.push(core::Json::object()
                             .set("path", difference.path)
                             .set("kind", kind == rundir::DifferenceKind::missing ? "missing" : kind == rundir::DifferenceKind::added ? "added" : "changed"));
    }
    json.set("differences", std::move(differences));
    if (decision.elsewhere) { json.set("reused_from", decision.elsewhere->run_dir); }
    return json;
}

}  // namespace runlake::pipeline

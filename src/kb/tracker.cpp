// SPDX-License-Identifier: Apache-2.0
#include "kb/tracker.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/hex.hpp"
#include "core/redact.hpp"
#include "core/text.hpp"
#include "core/yaml.hpp"
#include "jobs/batch.hpp"
#include "jobs/document.hpp"
#include "ledger/concerns.hpp"
#include "os/files.hpp"

namespace runlake::kb {
namespace {

constexpr std::uint64_t k_most_note = jobs::k_max_note_bytes;
constexpr std::uint64_t k_most_meta = 1U << 20U;

core::Status check_member(std::string_view name, const std::string& value) {
    const auto refuse = [&](std::string_view why) { return core::Error(core::Errc::usage, core::cat("the tracker's ", name, ' ', why)); };
    if (value.empty()) { return refuse("is empty"); }
    if (value.size() > 500) { return refuse("is longer than 500 bytes"); }
    if (std::ranges::any_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; })) { return refuse("has control characters in it"); }
    if (core::redact_text(value) != value) { return refuse("holds a secret, and would be shared with the ledger"); }
    if (ledger::has_absolute_path(value)) { return refuse("holds a path of this machine, and would be shared with the ledger"); }
    return core::ok();
}

// The text of a section of a note, without comments; nothing when it says nothing.
std::optional<std::string> said(const Graph& graph, const Note& note, std::string_view heading) {
    const auto text = os::read_file(os::join_path(graph.root, note.path), k_most_note);
    if (!text.ok()) { return std::nullopt; }
    const std::optional<std::string> section = section_text(text.value(), note, heading);
    if (!section) { return std::nullopt; }
    std::string plain(core::trim(without_code(*section, true)));
    return plain.empty() ? std::nullopt : std::optional(std::move(plain));
}

// Nested members by names with dots.
void flatten(const core::Json& value, const std::string& name, core::Json& out) {
    const core::JsonObject* members = value.as_object();
    if (members == nullptr || (members->empty() && !name.empty())) {
        out.set(name, value);
        return;
    }
    for (const auto& [key, member] : *members) { flatten(member, name.empty() ? key : core::cat(name, '.', key), out); }
}

struct MlflowEntry {
    std::string experiment_folder;
    std::string run_id;
    std::string name;
};

std::string scalar_text(const core::Json* value) {
    if (value == nullptr || value->is_null()) { return ""; }
    return value->is_string() ? *value->as_string() : core::to_json(*value);
}

core::Result<core::Json> read_meta(const std::string& path) {
    RL_ASSIGN(const std::string text, os::read_file(path, k_most_meta));
    RL_ASSIGN(const core::YamlDocument document, core::parse_yaml(text, path));
    if (!document.root.is_object()) { return core::Error(core::Errc::corrupt, core::cat("reading ", path, ": it is no mapping")); }
    return document.root;
}

}  // namespace

std::string_view backend_name(Backend backend) {
    switch (backend) {
        case Backend::noop: return "noop";
        case Backend::mlflow: return "mlflow";
        case Backend::wandb: return "wandb";
    }
    std::abort();
}

core::Json to_json(const TrackerPointer& pointer) {
    core::Json json = core::Json::object();
    json.set("backend", backend_name(pointer.backend)).set("run_id", pointer.run_id);
    return json.set_if("url", pointer.url).set_if("project", pointer.project).set_if("group", pointer.group);
}

core::Status check_pointer(const TrackerPointer& pointer) {
    RL_TRY(check_member("run id", pointer.run_id));
    if (pointer.project) { RL_TRY(check_member("project", *pointer.project)); }
    if (pointer.group) { RL_TRY(check_member("group", *pointer.group)); }
    if (pointer.url) {
        RL_TRY(check_member("url", *pointer.url));
        if (!pointer.url->starts_with("https://") && !pointer.url->starts_with("http://")) { return core::Error(core::Errc::usage, "the tracker's url is no http or https address"); }
        const std::string_view host = std::string_view(*pointer.url).substr(pointer.url->find("//") + 2);
        if (host.substr(0, host.find('/')).find('@') != std::string_view::npos) { return core::Error(core::Errc::usage, "the tracker's url has a user in it, and would be shared with the ledger"); }
    }
    return core::ok();
}

std::vector<std::string> tracker_tags(const jobs::Job& job) {
    std::vector<std::string> tags = {"kind=experiment"};
    if (const auto hypothesis = jobs::hypothesis_of(job)) { tags.push_back(*hypothesis); }
    if (const auto experiment = jobs::experiment_of(job)) { tags.push_back(*experiment); }
    if (const auto link = jobs::link_of(job.document); link && link->sub_hypothesis_id) { tags.push_back(*link->sub_hypothesis_id); }
    if (const core::Json* condition = job.state_point.find("condition"); condition != nullptr && !condition->is_null()) { tags.push_back(core::cat("condition=", scalar_text(condition))); }
    return tags;
}

core::Json tracker_config(const jobs::Job& job, const Graph& graph) {
    core::Json config = core::Json::object();
    flatten(job.state_point, "", config);
    config.set("job_id", job.id.str());
    if (const core::Json* link = job.document.find(jobs::key::link)) { config.set("aexp", *link); }
    core::Json frame = core::Json::object();
    const auto experiment_id = jobs::experiment_of(job);
    const Note* experiment = experiment_id ? graph.find(*experiment_id) : nullptr;
    if (experiment != nullptr) {
        if (!experiment->title.empty()) { frame.set("experiment_title", core::valid_utf8(experiment->title)); }
        frame.set_if("local_hypothesis", said(graph, *experiment, "Local Hypothesis"));
        std::optional<std::string> expected = said(graph, *experiment, "Expected Outcome");
        if (!expected) { expected = said(graph, *experiment, "Success Criteria"); }
        frame.set_if("success_criteria", expected);
    }
    const auto hypothesis_id = jobs::hypothesis_of(job);
    const Note* hypothesis = hypothesis_id ? graph.find(*hypothesis_id) : nullptr;
    if (hypothesis != nullptr) { frame.set_if("hypothesis_statement", said(graph, *hypothesis, "Statement")); }
    return config.set("frame", std::move(frame));
}

std::string tracker_notes(const core::Json& config) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> k_parts = {
        {{"experiment_title", "Experiment"}, {"hypothesis_statement", "Hypothesis"}, {"local_hypothesis", "Local hypothesis"}, {"success_criteria", "Success criteria"}}};
    std::string text;
    const core::Json* frame = config.find("frame");
    if (frame == nullptr) { return text; }
    for (const auto& [name, shown] : k_parts) {
        if (const auto part = frame->string_at(name)) { text += core::cat(text.empty() ? "" : "\n\n", "**", shown, "**: ", *part); }
    }
    return text;
}

std::string init_event(const jobs::Job& job, const TrackerPointer& pointer, const Graph& graph, core::Timestamp now) {
    const core::Json config = tracker_config(job, graph);
    core::Json tags = core::Json::array();
    for (const std::string& tag : tracker_tags(job)) { tags.push(tag); }
    core::Json event = core::Json::object();
    event.set("timestamp", jobs::format_time(now)).set("event", "init_run").set("project", pointer.project ? core::Json(*pointer.project) : core::Json());
    event.set("group", pointer.group ? core::Json(*pointer.group) : core::Json()).set("tags", std::move(tags)).set("config", config).set("notes", tracker_notes(config)).set("offline", true);
    return core::to_json(event) + '\n';
}

core::Result<MlflowRun> find_mlflow_run(const std::string& folder, std::string_view run) {
    RL_ASSIGN(const std::vector<os::DirEntry> experiments, os::list_dir(folder));
    const bool is_prefix = run.size() >= 4 && core::is_hex(run);
    std::vector<MlflowEntry> found;
    for (const os::DirEntry& experiment : experiments) {
        if (experiment.name.starts_with('.') || experiment.name == "models") { continue; }
        const std::string inside = os::join_path(folder, experiment.name);
        const auto runs = os::list_dir(inside);
        if (!runs.ok()) { continue; }
        for (const os::DirEntry& one : runs.value()) {
            const std::string meta = os::join_path(os::join_path(inside, one.name), "meta.yaml");
            if (!os::exists(meta)) { continue; }
            if (is_prefix && one.name.starts_with(run)) {
                found.push_back({inside, one.name, ""});
                continue;
            }
            const auto read = read_meta(meta);
            if (read.ok() && scalar_text(read.value().find("run_name")) == run) { found.push_back({inside, one.name, std::string(run)}); }
        }
    }
    if (found.empty()) { return core::Error(core::Errc::not_found, core::cat("no run \"", core::cut_utf8(run, 60), "\" in the MLflow store ", folder)); }
    if (found.size() > 1) {
        std::vector<std::string> ids;
        for (const MlflowEntry& one : found) { ids.push_back(one.run_id); }
        ids.resize(std::min<std::size_t>(ids.size(), 5));
        return core::Error(core::Errc::conflict, core::cat("several runs are meant by \"", core::cut_utf8(run, 60), "\": ", core::join(ids, ", ")));
    }
    const MlflowEntry& one = found.front();
    RL_ASSIGN(const core::Json meta, read_meta(core::cat(one.experiment_folder, '/', one.run_id, "/meta.yaml")));
    std::string id = scalar_text(meta.find("run_id"));
    if (id.empty()) { id = scalar_text(meta.find("run_uuid")); }
    if (id != one.run_id) { return core::Error(core::Errc::corrupt, core::cat("the meta.yaml of the MLflow run ", one.run_id, " is of another run")); }
    std::string experiment = os::base_name(one.experiment_folder);
    const auto about = read_meta(os::join_path(one.experiment_folder, "meta.yaml"));
    if (about.ok()) {
        if (std::string name = scalar_text(about.value().find("name")); !name.empty()) { experiment = std::move(name); }
    }
    return MlflowRun{std::move(id), std::move(experiment)};
}

}  // namespace runlake::kb

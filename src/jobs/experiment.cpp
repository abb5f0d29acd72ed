// SPDX-License-Identifier: Apache-2.0
// Front matter, and the experiment that a state point names.
#include "jobs/experiment.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::jobs {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr std::size_t k_most_front_matter = 1U << 20U;
constexpr std::string_view k_experiments = "kb/research/experiments";
constexpr std::string_view k_byte_order_mark = "\xEF\xBB\xBF";

// Takes a line, without its end, off the front of a text.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) { line.remove_suffix(1); }
    return line;
}

bool is_fence(std::string_view line) { return line.starts_with("---") && core::trim(line) == "---"; }

// "[[H001]]", "[[H001|text]]" and "[[H001#part]]" as H001; what says that there is none as nothing.
std::optional<std::string> reference(std::string_view text) {
    text = core::trim(text);
    if (text.starts_with("[[") && text.ends_with("]]")) {
        text = text.substr(2, text.size() - 4);
        text = core::trim(text.substr(0, text.find_first_of("|#")));
    }
    if (text.empty() || text == "N/A" || text == "None" || text == "null") { return std::nullopt; }
    return std::string(text);
}

std::vector<std::string> references(const Json* found) {
    std::vector<std::string> all;
    const auto add = [&](const Json& one) {
        if (const std::string* text = one.as_string()) {
            if (auto name = reference(*text)) { all.push_back(*std::move(name)); }
        }
    };
    if (found == nullptr) { return all; }
    if (const core::JsonArray* items = found->as_array()) {
        for (const Json& item : *items) { add(item); }
    } else {
        add(*found);
    }
    return all;
}

}  // namespace

core::Result<std::optional<FrontMatter>> read_front_matter(std::string_view text, std::string_view what) {
    std::string_view rest = text;
    if (rest.starts_with(k_byte_order_mark)) { rest.remove_prefix(k_byte_order_mark.size()); }
    if (!is_fence(take_line(rest))) { return std::optional<FrontMatter>(); }
    // The first line is kept, empty, so that positions count from the beginning of the file.
    const std::size_t begin = static_cast<std::size_t>(rest.data() - text.data());
    int line = 1;
    for (;;) {
        const std::size_t at = static_cast<std::size_t>(rest.data() - text.data());
        if (rest.empty()) { return Error(Errc::corrupt, cat("reading ", what, ": line 1: the front matter has no end (a line \"---\")")); }
        if (at - begin > k_most_front_matter) { return Error(Errc::corrupt, cat("reading ", what, ": line 1: the front matter is longer than 1 MiB, or has no end (a line \"---\")")); }
        ++line;
        if (!is_fence(take_line(rest))) { continue; }
        RL_ASSIGN(core::YamlDocument yaml, core::parse_yaml(cat('\n', text.substr(begin, at - begin)), what));
        if (yaml.root.is_null()) { yaml.root = Json::object(); }
        if (!yaml.root.is_object()) { return Error(Errc::corrupt, cat("reading ", what, ": line 2: the front matter is no mapping of names to values")); }
        return std::optional(FrontMatter{std::move(yaml), rest, line + 1});
    }
}

core::Status check_note_id(std::string_view id, char kind) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (id.size() == 4 && id[0] == kind && std::ranges::all_of(id.substr(1), is_digit)) { return core::ok(); }
    const std::string_view name = kind == 'E' ? "an experiment" : kind == 'H' ? "a hypothesis" : kind == 'F' ? "a finding" : "a thread";
    return Error(Errc::usage, cat('"', core::valid_utf8(core::cut_utf8(id, 40)), "\" is no id of ", name, ": it is ", kind, " and three digits, like ", kind, "001"));
}

core::Result<Experiment> find_experiment(const std::string& root, std::string_view id) {
    RL_TRY(check_note_id(id, 'E'));
    const std::string folder = os::join_path(root, k_experiments);
    const auto missing = [&] { return Error(Errc::not_found, cat("looking for experiment ", id, ": there is no ", k_experiments, "/", id, "-*.md")); };
    const auto listed = os::list_dir(folder);
    if (!listed.ok()) { return listed.error().code() == Errc::not_found ? missing() : listed.error(); }
    std::vector<std::string> names;
    for (const os::DirEntry& entry : listed.value()) {
        if (entry.name.starts_with(cat(id, '-')) && entry.name.ends_with(".md")) { names.push_back(entry.name); }
    }
    if (names.empty()) { return missing(); }
    if (names.size() > 1) { return Error(Errc::conflict, cat("looking for experiment ", id, ": several notes in ", k_experiments, " have that id: ", core::join(names, ", "))); }

    Experiment experiment;
    experiment.id = std::string(id);
    experiment.path = cat(k_experiments, '/', names.front());
    RL_ASSIGN(const std::string text, os::read_file(os::join_path(root, experiment.path), k_max_note_bytes));
    RL_ASSIGN(std::optional<FrontMatter> front, read_front_matter(text, experiment.path));
    if (!front) { return experiment; }
    experiment.front_matter = std::move(front->yaml.root);
    experiment.hypothesis = reference(experiment.front_matter.string_at("hypothesis").value_or(""));
    experiment.sub_hypotheses = references(experiment.front_matter.find("sub_hypotheses"));
    const std::string command = experiment.front_matter.string_at("runner_command").value_or("");
    if (const std::string_view trimmed = core::trim(command); !trimmed.empty()) { experiment.runner_command = std::string(trimmed); }
    if (const Json* conditions = experiment.front_matter.find("conditions")) { experiment.conditions = *conditions; }
    return experiment;
}

Json with_condition(const Json& state_point, const Experiment& experiment) {
    const std::optional<std::string> condition = state_point.string_at("condition");
    const Json* block = condition ? experiment.conditions.find(*condition) : nullptr;
    if (block == nullptr || !block->is_object()) { return state_point; }
    Json merged = *block;
    for (const auto& [name, value] : *state_point.as_object()) { merged.set(name, value); }
    return merged;
}

}  // namespace runlake::jobs

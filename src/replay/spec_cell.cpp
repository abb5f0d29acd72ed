// SPDX-License-Identifier: Apache-2.0
// Reads one cell of a replay spec.
#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "replay/spec_text.hpp"

namespace runlake::replay {
namespace {

using core::cat;
using core::Json;

constexpr std::int64_t k_most_replicas = 10'000;
constexpr std::int64_t k_most_runs = 100'000;
constexpr std::int64_t k_most_processors = 4096;
constexpr std::string_view k_own_variables = "RUNLAKE_REPLAY_";

bool is_variable(std::string_view name) { return !name.empty() && name.find('=') == std::string_view::npos && name.find('\0') == std::string_view::npos; }

void check_variables(SpecText& text, const Node& node, const std::map<std::string, std::string>& variables) {
    for (const auto& [name, value] : variables) {
        if (!is_variable(name)) { text.wrong(cat(node.path, '/', name), cat('"', core::cut_utf8(name, 60), "\" is no name of an environment variable")); }
        if (name.starts_with(k_own_variables)) { text.wrong(cat(node.path, '/', name), cat('"', core::cut_utf8(name, 60), "\" is set by the replay itself")); }
    }
}

// A path of the cell stays in its project: nothing of a replay may be read from or compared with another place by accident.
void check_path(SpecText& text, const Node& node, std::string_view what, const std::string& path) {
    if (path.empty()) { text.wrong(node.path, cat(what, " is empty")); }
}

MetricSource read_metric_source(SpecText& text, const Node& node) {
    MetricSource metric;
    if (!node) { return metric; }
    if (node.value->is_string()) {
        metric.name = text.text(node, "\"metric\"").value_or("");
        return metric;
    }
    static const std::vector<std::string> k_keys{"name", "report", "json", "file", "stdout", "path", "prefix"};
    if (!text.check_object(node, "\"metric\"", k_keys)) { return metric; }
    const Node json = text.member(node, "json");
    const Node file = text.member(node, "file");
    const Node out = text.member(node, "stdout");
    const Node report = text.member(node, "report");
    const int kinds = static_cast<int>(bool(json)) + static_cast<int>(bool(file)) + static_cast<int>(bool(out)) + static_cast<int>(bool(report));
    if (kinds > 1) { text.wrong(node.path, "\"metric\" comes from one of: report, json, file, stdout"); }
    metric.pointer = text.text(text.member(node, "path"), "\"path\"").value_or("");
    metric.prefix = text.text(text.member(node, "prefix"), "\"prefix\"").value_or("");
    if (!metric.pointer.empty() && metric.pointer.front() != '/') { text.wrong(cat(node.path, "/path"), "\"path\" is a JSON pointer: it begins with /"); }
    if (json) {
        metric.kind = MetricKind::json;
        metric.file = text.text(json, "\"json\"").value_or("");
        check_path(text, json, "\"json\"", metric.file);
    } else if (file) {
        metric.kind = MetricKind::file;
        metric.file = text.text(file, "\"file\"").value_or("");
        check_path(text, file, "\"file\"", metric.file);
    } else if (out) {
        metric.kind = MetricKind::stdout_text;
        if (text.boolean(out, "\"stdout\"") == false) { text.wrong(out.path, "\"stdout\" is true, or not there"); }
    } else if (report) {
        if (text.boolean(report, "\"report\"") == false) { text.wrong(report.path, "\"report\" is true, or not there"); }
    }
    if (!metric.pointer.empty() && metric.kind != MetricKind::json && metric.kind != MetricKind::stdout_text) { text.wrong(cat(node.path, "/path"), "\"path\" goes with json or stdout"); }
    if (!metric.prefix.empty() && (metric.kind != MetricKind::stdout_text || !metric.pointer.empty())) { text.wrong(cat(node.path, "/prefix"), "\"prefix\" goes with stdout, without path"); }
    metric.name = text.text(text.member(node, "name"), "\"name\"").value_or("");
    if (metric.name.empty() && !metric.pointer.empty()) { metric.name = metric.pointer.substr(metric.pointer.rfind('/') + 1); }
    return metric;
}

Pins read_pins(SpecText& text, const Node& node) {
    Pins pins;
    static const std::vector<std::string> k_keys{"presets", "environment", "parameters", "threads", "aslr", "cpus", "locale", "time_zone", "umask", "pass"};
    if (!node || !text.check_object(node, "\"pins\"", k_keys)) { return pins; }
    const Node presets = text.member(node, "presets");
    pins.presets = text.texts(presets, "\"presets\"").value_or(std::vector<std::string>());
    const std::vector<std::string>& known = preset_names();
    for (std::size_t i = 0; i < pins.presets.size(); ++i) {
        const std::string& name = pins.presets[i];
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            text.wrong(presets.value->is_array() ? cat(presets.path, '/', i) : presets.path, cat("unknown preset \"", core::cut_utf8(name, 60), '"', nearest_of(name, known)));
        }
    }
    const Node environment = text.member(node, "environment");
    pins.environment = text.mapping(environment, "\"environment\"").value_or(std::map<std::string, std::string>());
    check_variables(text, environment, pins.environment);
    if (const Node parameters = text.member(node, "parameters")) {
        if (parameters.value->is_object()) {
            pins.parameters = *parameters.value;
        } else {
            text.wrong(parameters.path, "\"parameters\" is a mapping of names to values");
        }
    }
    if (const auto threads = text.integer(text.member(node, "threads"), "\"threads\"", 1, k_most_processors)) { pins.threads = static_cast<int>(*threads); }
    pins.aslr = text.boolean(text.member(node, "aslr"), "\"aslr\"");
    if (const Node cpus = text.member(node, "cpus")) {
        if (const core::JsonArray* list = cpus.value->as_array()) {
            for (std::size_t i = 0; i < list->size(); ++i) {
                if (const auto one = text.integer({.value = &(*list)[i], .path = cat(cpus.path, '/', i)}, "a processor", 0, k_most_processors)) { pins.cpus.push_back(static_cast<int>(*one)); }
            }
        } else {
            text.wrong(cpus.path, "\"cpus\" is a list of processor numbers");
        }
    }
    pins.locale = text.text(text.member(node, "locale"), "\"locale\"");
    pins.time_zone = text.text(text.member(node, "time_zone"), "\"time_zone\"");
    if (const Node mask = text.member(node, "umask")) {
        const auto octal = text.plain_text(mask, "\"umask\"");
        if (octal && (octal->empty() || octal->size() > 4 || octal->find_first_not_of("01234567") != std::string::npos)) {
            text.wrong(mask.path, "\"umask\" is up to four octal digits in quotes");
        } else if (octal) {
            pins.umask = static_cast<int>(std::stoi(*octal, nullptr, 8)) & 0777;
        }
    }
    pins.pass = text.texts(text.member(node, "pass"), "\"pass\"").value_or(std::vector<std::string>());
    for (const std::string& name : pins.pass) {
        if (!is_variable(name)) { text.wrong(cat(node.path, "/pass"), "\"pass\" is a list of names of environment variables"); }
    }
    return pins;
}

Limits read_limits(SpecText& text, const Node& node) {
    Limits limits;
    static const std::vector<std::string> k_keys{"time", "memory"};
    if (!node || !text.check_object(node, "\"limits\"", k_keys)) { return limits; }
    if (const Node time = text.member(node, "time")) {
        if (time.value->is_number()) {
            limits.seconds = text.number(time, "\"time\"");
        } else if (const auto word = text.text(time, "\"time\"")) {
            const auto seconds = core::parse_duration_s(*word);
            if (seconds.ok()) { limits.seconds = static_cast<double>(seconds.value()); }
            else { text.wrong(time.path, cat("\"time\": ", seconds.error().message())); }
        }
        if (limits.seconds && !(*limits.seconds > 0)) { text.wrong(time.path, "\"time\" is more than nothing"); }
    }
    if (const Node memory = text.member(node, "memory")) {
        const auto word = text.scalar(memory, "\"memory\"");
        const auto bytes = word ? core::parse_bytes(*word) : core::Result<std::int64_t>(std::int64_t{1});
        if (!bytes.ok()) {
            text.wrong(memory.path, cat("\"memory\": ", bytes.error().message()));
        } else if (bytes.value() <= 0) {
            text.wrong(memory.path, "\"memory\" is more than nothing");
        } else {
            limits.memory_bytes = static_cast<std::uint64_t>(bytes.value());
        }
    }
    return limits;
}

EnvelopeSettings read_envelope_settings(SpecText& text, const Node& node) {
    EnvelopeSettings settings;
    static const std::vector<std::string> k_keys{"runs", "method", "n_test", "environment", "parameters"};
    if (!node || !text.check_object(node, "\"envelope\"", k_keys)) { return settings; }
    if (const auto runs = text.integer(text.member(node, "runs"), "\"runs\"", k_fewest_envelope_runs, k_most_runs)) { settings.runs = static_cast<int>(*runs); }
    if (const Node method = text.member(node, "method")) {
        const std::string word = text.plain_text(method, "\"method\"").value_or("auto");
        static const std::vector<std::string> k_methods{"auto", "diff_chi2", "k_single", "range", "wilks"};
        const auto found = parse_method(word);
        if (!found) { text.wrong(method.path, cat("unknown method \"", core::cut_utf8(word, 60), '"', nearest_of(word, k_methods))); }
        settings.method = found.value_or(Method::automatic);
    }
    settings.n_test = text.integer(text.member(node, "n_test"), "\"n_test\"", 1, INT64_MAX);
    const Node environment = text.member(node, "environment");
    settings.environment = text.mapping(environment, "\"environment\"").value_or(std::map<std::string, std::string>());
    check_variables(text, environment, settings.environment);
    if (const Node parameters = text.member(node, "parameters")) {
        if (parameters.value->is_object()) {
            settings.parameters = *parameters.value;
        } else {
            text.wrong(parameters.path, "\"parameters\" is a mapping of names to values");
        }
    }
    return settings;
}

Provenance read_provenance(SpecText& text, const Node& node) {
    Provenance provenance;
    for (const auto& [name, value] : text.mapping(node, "\"provenance\"").value_or(std::map<std::string, std::string>())) {
        if (!is_dimension_name(name)) { text.wrong(cat(node.path, '/', name), cat('"', core::cut_utf8(name, 60), "\" is no name of a dimension: a-z, 0-9 and _")); }
        if (!value.empty()) { provenance.emplace(name, value); }
    }
    return provenance;
}

void read_query(SpecText& text, const Node& node, CanonicalSource& source) {
    source.query = text.plain_text(text.member(node, "query"), "\"query\"").value_or("");
    source.arguments = text.texts(text.member(node, "arguments"), "\"arguments\"").value_or(std::vector<std::string>());
    if (source.query.empty()) { text.wrong(node.path, "\"query\" is missing: SQL whose parameters are $1, $2, ..., filled from \"arguments\""); }
}

}  // namespace

CanonicalSource read_canonical(SpecText& text, const Node& node) {
    CanonicalSource source;
    static const std::vector<std::string> k_keys{"run", "ledger", "lake", "run_directory", "json", "postgresql", "value", "metric", "stage", "path", "query", "arguments", "columns", "decimals", "provenance"};
    if (!node || !text.check_object(node, "\"canonical\"", k_keys)) { return source; }
    static constexpr std::array k_kinds = std::to_array<std::pair<std::string_view, CanonicalKind>>(
        {{"run", CanonicalKind::run}, {"ledger", CanonicalKind::ledger}, {"lake", CanonicalKind::lake}, {"run_directory", CanonicalKind::run_directory}, {"json", CanonicalKind::json},
         {"postgresql", CanonicalKind::postgresql}, {"value", CanonicalKind::value}});
    int kinds = 0;
    for (const auto& [key, kind] : k_kinds) {
        const Node given = text.member(node, key);
        if (!given) { continue; }
        source.kind = kind;
        ++kinds;
        switch (kind) {
            case CanonicalKind::value: source.value = text.number(given, "\"value\""); break;
            case CanonicalKind::lake:
                if (!given.value->is_bool()) { source.file = text.text(given, "\"lake\"").value_or(""); }
                break;
            case CanonicalKind::json:
            case CanonicalKind::run_directory: source.file = text.text(given, cat('"', key, '"')).value_or(""); break;
            case CanonicalKind::postgresql: source.connection = text.plain_text(given, "\"postgresql\"").value_or(""); break;
            case CanonicalKind::none:
            case CanonicalKind::run:
            case CanonicalKind::ledger: source.id = text.text(given, cat('"', key, '"')).value_or(""); break;
        }
    }
    if (kinds != 1) { text.wrong(node.path, "\"canonical\" names one of: run, ledger, lake, run_directory, json, postgresql, value"); }
    if (source.connection.find("password=") != std::string::npos) { text.wrong(cat(node.path, "/postgresql"), "a password does not belong into a spec: use PGPASSFILE or a service file"); }
    if (source.kind == CanonicalKind::postgresql || source.kind == CanonicalKind::lake) { read_query(text, node, source); }
    source.metric = text.text(text.member(node, "metric"), "\"metric\"").value_or("");
    source.stage = text.text(text.member(node, "stage"), "\"stage\"").value_or("");
    source.pointer = text.text(text.member(node, "path"), "\"path\"").value_or("");
    if (!source.pointer.empty() && source.pointer.front() != '/') { text.wrong(cat(node.path, "/path"), "\"path\" is a JSON pointer: it begins with /"); }
    source.columns = text.mapping(text.member(node, "columns"), "\"columns\"").value_or(std::map<std::string, std::string>());
    for (const auto& [name, column] : source.columns) {
        if (!is_dimension_name(name)) { text.wrong(cat(node.path, "/columns/", name), cat('"', core::cut_utf8(name, 60), "\" is no name of a dimension, nor value or run_id")); }
    }
    if (const auto decimals = text.integer(text.member(node, "decimals"), "\"decimals\"", 0, 300)) { source.decimals = static_cast<int>(*decimals); }
    source.provenance = read_provenance(text, text.member(node, "provenance"));
    return source;
}

const std::vector<std::string>& cell_keys() {
    static const std::vector<std::string> k_keys{"name", "dimensions", "command", "directory", "metric", "artifacts", "inputs", "pins", "limits", "replicas", "canonical", "envelope", "provenance"};
    return k_keys;
}

Cell read_cell(SpecText& text, const Node& root, const Node& given, Dimensions dimensions) {
    Cell cell;
    cell.dimensions = std::move(dimensions);
    text.use(cell.dimensions);
    const auto look = [&](std::string_view key) {
        const Node own = text.member(given, key);
        return own ? own : text.member(root, key);
    };
    if (const auto name = text.text(look("name"), "\"name\"")) {
        cell.name = *name;
    } else {
        for (const auto& [key, value] : cell.dimensions) { cell.name += cat(cell.name.empty() ? "" : "/", value); }
    }
    const bool printable = std::none_of(cell.name.begin(), cell.name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (cell.name.empty()) {
        text.wrong(given.path, "the cell has neither a name nor dimensions");
    } else if (cell.name.size() > 200 || !printable) {
        text.wrong(given.path, "the cell's name is at most 200 bytes without control characters");
    }
    const Node command = look("command");
    if (!command) {
        text.wrong(given.path, "\"command\" is missing: the program to run again");
    } else if (command.value->is_string()) {
        if (const auto line = text.text(command, "\"command\"")) { cell.command = {"/bin/sh", "-c", *line}; }
    } else {
        cell.command = text.texts(command, "\"command\"").value_or(std::vector<std::string>());
    }
    if (command && (cell.command.empty() || cell.command.front().empty() || cell.command.back().empty())) { text.wrong(command.path, "\"command\" is empty, or has an empty program"); }
    cell.directory = text.text(look("directory"), "\"directory\"").value_or(".");
    if (cell.directory.empty()) { text.wrong(look("directory").path, "\"directory\" is empty"); }
    cell.metric = read_metric_source(text, look("metric"));
    cell.artifacts = text.texts(look("artifacts"), "\"artifacts\"").value_or(std::vector<std::string>());
    cell.inputs = text.texts(look("inputs"), "\"inputs\"");
    for (const std::string& path : cell.artifacts) { check_path(text, look("artifacts"), "an artifact", path); }
    if (cell.inputs) {
        for (const std::string& path : *cell.inputs) { check_path(text, look("inputs"), "an input", path); }
    }
    cell.pins = read_pins(text, look("pins"));
    cell.limits = read_limits(text, look("limits"));
    if (const auto replicas = text.integer(look("replicas"), "\"replicas\"", 2, k_most_replicas)) { cell.replicas = static_cast<int>(*replicas); }
    cell.canonical = read_canonical(text, look("canonical"));
    cell.envelope = read_envelope_settings(text, look("envelope"));
    cell.provenance = read_provenance(text, look("provenance"));
    return cell;
}

}  // namespace runlake::replay

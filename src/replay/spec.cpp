// SPDX-License-Identifier: Apache-2.0
// Reads the frame of a replay spec; cells are read in spec_cell.cpp.
#include "replay/spec.hpp"

#include <algorithm>
#include <set>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "replay/outcome.hpp"
#include "replay/spec_text.hpp"

namespace runlake::replay {
namespace {

using core::cat;
using core::Json;

constexpr std::uint64_t k_most_bytes = 16U << 20U;
constexpr std::size_t k_most_cells = 100'000;
constexpr std::size_t k_most_mistakes = 1000;

bool is_dimension_key(std::string_view name) {
    return !name.empty() && name.size() <= 64 && name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == std::string_view::npos;
}

// The points of a cell's dimensions: each list gives one cell an entry. Nothing (with a mistake) when there are too many.
std::vector<Dimensions> points_of(SpecText& text, const Node& node) {
    std::vector<Dimensions> points{Dimensions{}};
    if (!node) { return points; }
    if (!node.value->is_object()) {
        text.wrong(node.path, "\"dimensions\" is a mapping of names to values");
        return {};
    }
    for (const auto& [name, value] : *node.value->as_object()) {
        const Node one{.value = &value, .path = cat(node.path, '/', name)};
        if (!is_dimension_key(name)) { text.wrong(one.path, cat('"', core::cut_utf8(name, 60), "\" is no name of a dimension: letters, digits, _ and -")); }
        const auto values = text.texts(value.is_null() ? Node{} : one, cat('"', core::cut_utf8(name, 60), '"'));
        if (!values || values->empty()) {
            text.wrong(one.path, cat("dimension \"", core::cut_utf8(name, 60), "\" has no value"));
            return {};
        }
        if (points.size() * values->size() > k_most_cells) {
            text.wrong(one.path, cat("the dimensions give more than ", k_most_cells, " cells"));
            return {};
        }
        std::vector<Dimensions> more;
        for (const Dimensions& point : points) {
            for (const std::string& filled : *values) {
                more.push_back(point);
                more.back().emplace_back(name, filled);
            }
        }
        points = std::move(more);
    }
    return points;
}

void read_cells(SpecText& text, core::Mistakes& mistakes, const Node& root, ReplaySpec& spec) {
    const Node cells = text.member(root, "cells");
    const core::JsonArray* list = cells ? cells.value->as_array() : nullptr;
    if (list == nullptr || list->empty()) { return text.wrong(cells ? cells.path : "", "\"cells\" is a list of at least one cell"); }
    std::set<std::string> names;
    for (std::size_t i = 0; i < list->size() && mistakes.count() < k_most_mistakes; ++i) {
        const Node given{.value = &(*list)[i], .path = cat(cells.path, '/', i)};
        if (!text.check_object(given, "a cell", cell_keys())) { continue; }
        static const Dimensions k_none_yet;
        text.use(k_none_yet);
        for (Dimensions& point : points_of(text, text.member(given, "dimensions"))) {
            Cell cell = read_cell(text, root, given, std::move(point));
            if (!cell.name.empty() && !names.insert(cell.name).second) { text.wrong(given.path, cat("there are two cells \"", core::cut_utf8(cell.name, 60), '"')); }
            spec.cells.push_back(std::move(cell));
            if (spec.cells.size() > k_most_cells) { return text.wrong(given.path, cat("there are more than ", k_most_cells, " cells")); }
            if (mistakes.count() >= k_most_mistakes) { return; }
        }
    }
}

ParityPolicy read_policy(SpecText& text, const Node& node) {
    static const std::vector<std::string> k_keys{"strict", "informational"};
    if (!node || !text.check_object(node, "\"parity\"", k_keys)) { return default_policy(); }
    const auto names = [&](std::string_view key) {
        const Node list = text.member(node, key);
        auto found = text.texts(list, cat('"', key, '"')).value_or(std::vector<std::string>());
        for (const std::string& name : found) {
            if (!is_dimension_name(name)) { text.wrong(list.path, cat('"', core::cut_utf8(name, 60), "\" is no name of a dimension: a-z, 0-9 and _")); }
        }
        return found;
    };
    const std::vector<std::string> strict = names("strict");
    const std::vector<std::string> informational = names("informational");
    for (const std::string& name : strict) {
        if (std::find(informational.begin(), informational.end(), name) != informational.end()) { text.wrong(node.path, cat('"', name, "\" is both strict and informational")); }
    }
    return policy_with(strict, informational);
}

}  // namespace

core::Result<ReplaySpec> parse_spec(std::string_view whole, const std::string& path) {
    auto document = core::parse_yaml(whole, path);
    if (!document.ok()) { return core::yaml_mistake(document.error(), path); }
    core::Mistakes mistakes(path);
    SpecText text(document.value(), mistakes);
    const Node root{.value = &document.value().root, .path = ""};
    if (!root.value->is_object()) {
        mistakes.add({1, 1}, root.value->is_null() ? "the file is empty: a replay spec has \"cells\"" : "the file is no mapping: a replay spec has \"cells\"");
        return mistakes.error();
    }
    if (const Json* version = root.value->find("version"); version != nullptr && !version->is_null()) {
        const std::int64_t* number = version->as_integer();
        if (number == nullptr || *number < 1) {
            text.wrong("/version", "\"version\" is the version of this format: 1");
        } else if (*number > 1) {
            return core::Error(core::Errc::unsupported, cat(path, ": version ", *number, " of the replay spec is newer than this Runlake, which reads version 1"));
        }
    }
    std::vector<std::string> known{"version", "eps_num", "order", "parity", "cells"};
    for (const std::string& key : cell_keys()) {
        if (key != "dimensions") { known.push_back(key); }
    }
    text.check_object(root, "the file", known);
    ReplaySpec spec;
    spec.path = path;
    spec.digest = core::sha256(whole).hex();
    const Node eps = text.member(root, "eps_num");
    spec.eps_num = text.number(eps, "\"eps_num\"").value_or(0);
    if (spec.eps_num < 0) { text.wrong(eps.path, "\"eps_num\" is not negative"); }
    if (const Node order = text.member(root, "order")) {
        const std::string word = text.plain_text(order, "\"order\"").value_or("sequential");
        static const std::vector<std::string> k_orders{"parallel", "sequential"};
        if (word != "parallel" && word != "sequential") { text.wrong(order.path, cat("unknown order \"", core::cut_utf8(word, 60), '"', nearest_of(word, k_orders))); }
        spec.parallel = word == "parallel";
    }
    spec.policy = read_policy(text, text.member(root, "parity"));
    read_cells(text, mistakes, root, spec);
    if (mistakes.any()) { return mistakes.error(); }
    return spec;
}

core::Result<ReplaySpec> load_spec(const std::string& path) {
    auto text = os::read_file(path, k_most_bytes);
    if (!text.ok()) { return std::move(text).take_error().context("reading the replay spec"); }
    return parse_spec(text.value(), path);
}

const std::vector<std::string>& preset_names() {
    static const std::vector<std::string> k_names{"lightgbm", "numpy", "openmp", "python", "pytorch", "tensorflow", "xgboost"};
    return k_names;
}

std::string config_digest(const Cell& cell, bool uncapped) {
    core::FieldHash hash("replay-config/1");
    for (const std::string& word : cell.command) { hash.field("command", word); }
    hash.field("directory", cell.directory).field("metric", cell.metric.name).field("metric_file", cell.metric.file).field("metric_path", cell.metric.pointer + cell.metric.prefix);
    const std::map<std::string, std::string>& variables = uncapped ? cell.envelope.environment : cell.pins.environment;
    for (const auto& [name, value] : variables) { hash.field("variable", name).field("value", value); }
    // A parameter that is not finite has no canonical text, and no parser lets one through.
    hash.field("parameters", core::canonical_json(uncapped ? cell.envelope.parameters : cell.pins.parameters).value_or(""));
    if (!uncapped) {
        for (const std::string& preset : cell.pins.presets) { hash.field("preset", preset); }
        hash.field("threads", std::to_string(cell.pins.threads.value_or(1))).field("aslr", cell.pins.aslr.value_or(true) ? "on" : "off");
        hash.field("locale", cell.pins.locale).field("time_zone", cell.pins.time_zone).field("umask", std::to_string(cell.pins.umask.value_or(-1)));
    }
    return "replay-config/1:" + hash.finish().hex();
}

std::optional<std::string> inputs_digest(const std::vector<FileDigest>& inputs) {
    if (inputs.empty()) { return std::string(k_none); }
    core::FieldHash hash("replay-inputs/1");
    for (const FileDigest& file : inputs) {
        if (!file.digest) { return std::nullopt; }
        hash.field("path", file.path).field("digest", std::string_view(*file.digest));
    }
    return "replay-inputs/1:" + hash.finish().hex();
}

}  // namespace runlake::replay

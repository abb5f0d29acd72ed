// SPDX-License-Identifier: Apache-2.0
// Names inside a run directory: instances of stages, paths of the layout.
#include <algorithm>
#include <array>

#include "core/percent.hpp"
#include "core/text.hpp"
#include "rundir/layout.hpp"
#include "rundir/parts.hpp"

namespace runlake::rundir {
namespace {

constexpr std::size_t k_longest_stage = 64;
constexpr std::size_t k_longest_instance = 200;
constexpr std::size_t k_longest_flat = 150;     // ".break-..." of a lease comes behind it
constexpr std::array<std::string_view, 5> k_ours = {".stages", "attempts", "run.json", "config_resolved.yaml", "pinned"};

bool is_plain(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'; }

std::string encoded(std::string_view text) { return core::percent_encoded(text, is_plain); }

std::optional<std::string> decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_plain(text[i])) {
            out += text[i];
            continue;
        }
        const auto byte = core::percent_at(text, i, core::k_upper_hex);
        if (!byte) { return std::nullopt; }
        out += *byte;
        i += 2;
    }
    return out;
}

}  // namespace

std::string instance_name(std::vector<std::pair<std::string, std::string>> dimensions) {
    if (dimensions.empty()) { return "-"; }
    std::sort(dimensions.begin(), dimensions.end());
    std::string name;
    for (const auto& [dimension, value] : dimensions) {
        if (!name.empty()) { name += ','; }
        name += core::cat(encoded(dimension), '=', encoded(value));
    }
    return name;
}

core::Result<std::vector<std::pair<std::string, std::string>>> parse_instance(std::string_view name) {
    std::vector<std::pair<std::string, std::string>> dimensions;
    if (name == "-") { return dimensions; }
    const auto refuse = [&] { return core::Error(core::Errc::corrupt, core::cat("reading the name of a stage's instance: \"", core::valid_utf8(name), "\" is none")); };
    for (const std::string_view piece : core::split(name, ',')) {
        const std::size_t equals = piece.find('=');
        if (equals == std::string_view::npos || equals == 0) { return refuse(); }
        std::optional<std::string> dimension = decoded(piece.substr(0, equals));
        std::optional<std::string> value = decoded(piece.substr(equals + 1));
        if (!dimension || !value || (!dimensions.empty() && dimensions.back().first >= *dimension)) { return refuse(); }
        dimensions.emplace_back(std::move(*dimension), std::move(*value));
    }
    // One name for one point, so that no two folders mean the same.
    if (instance_name(dimensions) != name) { return refuse(); }
    return dimensions;
}

core::Status check_instance(const StageInstance& which) {
    const bool plain = std::all_of(which.stage.begin(), which.stage.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; });
    if (which.stage.empty() || !plain || which.stage.size() > k_longest_stage) {
        return core::Error(core::Errc::usage, core::cat("naming stage \"", core::valid_utf8(which.stage), "\": a name is made of a-z, 0-9, _ and -, and has at most ", k_longest_stage, " characters"));
    }
    if (!parse_instance(which.instance).ok()) {
        return core::Error(core::Errc::usage, core::cat("naming stage ", which.stage, ": \"", core::valid_utf8(which.instance), "\" is no point of a matrix"));
    }
    if (which.instance.size() > k_longest_instance) {
        return core::Error(core::Errc::usage, core::cat("naming ", which.str(), ": the names and values of its dimensions are longer than ", k_longest_instance, " characters together"));
    }
    return core::ok();
}

std::string flat_name(const StageInstance& which) {
    const std::string whole = core::cat(which.stage, '@', which.instance);
    if (whole.size() <= k_longest_flat) { return whole; }
    return core::cat(whole.substr(0, k_longest_flat - 17), '~', core::sha256(whole).hex().substr(0, 16));
}

core::Status check_layout_path(std::string_view path) {
    const auto refuse = [&](std::string_view why) { return core::Error(core::Errc::usage, core::cat("path \"", core::valid_utf8(path), "\": ", why)); };
    if (path.starts_with('/')) { return refuse("a path in the run directory is relative"); }
    if (!is_tree_path(path)) { return refuse("a path is made of names, none of them empty, \".\" or \"..\", without control characters, in UTF-8"); }
    const std::string_view first = core::split(path, '/')[0];
    if (std::find(k_ours.begin(), k_ours.end(), first) != k_ours.end()) { return refuse(core::cat("\"", first, "\" belongs to the run directory itself")); }
    return core::ok();
}

}  // namespace runlake::rundir

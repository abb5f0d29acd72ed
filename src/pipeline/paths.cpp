// SPDX-License-Identifier: Apache-2.0
// Takes declared paths apart, and matches files with them.
#include "pipeline/paths.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "fingerprint/glob.hpp"

namespace runlake::pipeline {
namespace {

constexpr std::string_view k_workspace = "workspace:";
constexpr std::size_t k_longest_path = 4000;
constexpr std::size_t k_longest_part = 255;

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

enum class Match : std::uint8_t {
    none,
    toward,   // something below the path may match
    whole,    // the path, or a folder around it
};

// Parts of the pattern against parts of the path, all states at once.
Match match_parts(const std::vector<std::string_view>& pattern, const std::vector<std::string_view>& path) {
    std::vector<char> active(pattern.size() + 1, 0);
    active[0] = 1;
    const auto spread = [&] {
        for (std::size_t i = 0; i < pattern.size(); ++i) {
            if (active[i] != 0 && pattern[i] == "**") { active[i + 1] = 1; }
        }
    };
    spread();
    for (const std::string_view part : path) {
        if (active[pattern.size()] != 0) { return Match::whole; }
        std::vector<char> next(pattern.size() + 1, 0);
        for (std::size_t i = 0; i < pattern.size(); ++i) {
            if (active[i] == 0) { continue; }
            if (pattern[i] == "**") {
                if (!part.starts_with('.')) { next[i] = 1; }
            } else if (part_matches(pattern[i], part)) {
                next[i + 1] = 1;
            }
        }
        active = std::move(next);
        spread();
    }
    if (active[pattern.size()] != 0) { return Match::whole; }
    return std::find(active.begin(), active.end(), char{1}) != active.end() ? Match::toward : Match::none;
}


// Whether `path` lies in `folder`, both without a final '/'.
bool lies_in(std::string_view path, std::string_view folder) { return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/'; }

}  // namespace

PlacedText place_of(std::string_view text, const std::vector<std::string>& roots) {
    if (text.starts_with(k_workspace)) { return {Place::workspace, "", std::string(text.substr(k_workspace.size()))}; }
    for (const std::string& root : roots) {
        const std::string start = core::cat('{', root, "}");
        if (!text.starts_with(start)) { continue; }
        std::string_view rest = text.substr(start.size());
        if (rest.empty() || rest == "/") { return {Place::root, root, ""}; }
        if (rest.starts_with('/')) { return {Place::root, root, std::string(rest.substr(1))}; }
    }
    return {Place::run_dir, "", std::string(text)};
}

std::string_view without_slash(std::string_view path) { return path.ends_with('/') ? path.substr(0, path.size() - 1) : path; }

std::optional<std::string> path_problem(std::string_view path, Place place, bool may_be_pattern) {
    if (path.empty()) { return "the path is empty"; }
    if (core::valid_utf8(path) != path) { return "the path is not valid UTF-8"; }
    if (has_control(path)) { return "the path holds a control character"; }
    if (path.size() > k_longest_path) { return core::cat("the path is longer than ", k_longest_path, " bytes"); }
    if (path.find("://") != std::string_view::npos) { return "it is no path but a remote address"; }
    if (path.front() == '/') {
        return place == Place::run_dir ? "the path is absolute: name its folder in \"roots\", or write workspace:PATH for one in the project" : "the path is absolute";
    }
    if (path.find('\\') != std::string_view::npos) { return "the path holds a '\\'"; }
    const bool pattern = fingerprint::is_glob(path);
    if (pattern && !may_be_pattern) { return "a glob stands where one path is wanted"; }
    const std::vector<std::string_view> parts = core::split(path.ends_with('/') ? path.substr(0, path.size() - 1) : path, '/');
    for (const std::string_view part : parts) {
        if (part.empty()) { return "the path has an empty part"; }
        if (part == "." || part == "..") { return core::cat("the path has the part \"", part, '"'); }
        if (part.size() > k_longest_part) { return core::cat("a part of the path is longer than ", k_longest_part, " bytes"); }
        if (part != "**" && part.find("**") != std::string_view::npos) { return "\"**\" is a whole part of a path"; }
    }
    if (place == Place::run_dir && (path.starts_with(k_workspace) || path.starts_with('{'))) {
        return "a path in the run directory begins neither with \"workspace:\" nor with a brace";
    }
    if (place == Place::workspace && (parts.front() == ".runlake" || parts.front() == ".git")) {
        return core::cat(parts.front(), " is not for stages to read or write");
    }
    return std::nullopt;
}

bool part_matches(std::string_view pattern, std::string_view name) {
    if (name.starts_with('.') && !pattern.starts_with('.')) { return false; }
    if (pattern == "*") { return true; }
    if (!fingerprint::is_glob(pattern)) { return pattern == name; }
    // The usual case, one star between two plain texts, is not worth the general matcher.
    const std::size_t star = pattern.find('*');
    if (star != std::string_view::npos && !fingerprint::is_glob(pattern.substr(0, star)) && !fingerprint::is_glob(pattern.substr(star + 1))) {
        return name.size() + 1 >= pattern.size() && name.starts_with(pattern.substr(0, star)) && name.ends_with(pattern.substr(star + 1));
    }
    return core::glob_match(pattern, name);
}

bool covers(std::string_view declared, std::string_view file) {
    const std::string_view path = without_slash(declared);
    if (!fingerprint::is_glob(path)) { return file == path || lies_in(file, path); }
    return match_parts(core::split(path, '/'), core::split(file, '/')) == Match::whole;
}

bool is_about(std::string_view read, std::string_view write) {
    const std::string_view path = without_slash(read);
    const std::string_view written = without_slash(write);
    const bool folder = write.ends_with('/');
    if (!fingerprint::is_glob(path)) { return path == written || lies_in(written, path) || (folder && lies_in(path, written)); }
    const Match match = match_parts(core::split(path, '/'), core::split(written, '/'));
    return match == Match::whole || (folder && match == Match::toward);
}

}  // namespace runlake::pipeline

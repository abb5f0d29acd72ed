// SPDX-License-Identifier: Apache-2.0
// Reads the notes on files, and tells data from software.
#include "replay/reads.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::replay {
namespace {

constexpr std::size_t k_longest_number = 12;
constexpr std::int64_t k_last_second = 253'402'300'799;   // of the year 9999

bool is_below(std::string_view path, std::string_view folder) {
    return !folder.empty() && path.starts_with(folder) && (path.size() == folder.size() || folder.back() == '/' || path[folder.size()] == '/');
}

// Modules of interpreters wherever they are: the environment's document has their versions.
bool is_software(std::string_view path) {
    constexpr std::array k_parts = std::to_array<std::string_view>({"/site-packages/", "/dist-packages/", "/__pycache__/", "/node_modules/", "/lib/python3.", "/lib64/python3.", "/.git/"});
    return path.ends_with("/pyvenv.cfg") || std::ranges::any_of(k_parts, [&](std::string_view part) { return path.find(part) != std::string_view::npos; });
}

std::optional<ReadFile> parse_file(std::string_view note) {
    const std::size_t space = note.find(' ');
    const std::size_t dot = note.find('.');
    if (space == std::string_view::npos || dot > space || dot > k_longest_number || space - dot != 10 || space + 1 >= note.size() || note[space + 1] != '/') { return std::nullopt; }
    const auto seconds = core::parse_integer(note.substr(0, dot));
    const auto nanoseconds = core::parse_integer(note.substr(dot + 1, 9));
    if (!seconds || !nanoseconds || *seconds < 0 || *seconds > k_last_second || *nanoseconds < 0) { return std::nullopt; }
    return ReadFile{.path = std::string(note.substr(space + 1)), .changed_at = core::Timestamp{*seconds * 1'000'000 + *nanoseconds / 1000}};
}

}  // namespace

SeenReads parse_reads(std::string_view text) {
    SeenReads seen;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\0', at);
        if (end == std::string_view::npos) {
            seen.whole = false;
            break;
        }
        const std::string_view note = text.substr(at, end - at);
        at = end + 1;
        if (note.starts_with('p')) {
            if (const auto pid = core::parse_integer(note.substr(1))) {
                seen.processes.insert(*pid);
                continue;
            }
        }
        auto file = note.starts_with('r') ? parse_file(note.substr(1)) : std::nullopt;
        if (file) { seen.files.push_back(std::move(*file)); }
        else { seen.whole = false; }
    }
    return seen;
}

std::vector<ReadFile> undeclared_reads(const SeenReads& seen, const ReadRules& rules, const std::string& project) {
    const auto in = [](const std::vector<std::string>& folders, const std::string& path) { return std::ranges::any_of(folders, [&](const std::string& folder) { return is_below(path, folder); }); };
    std::vector<ReadFile> found;
    for (const ReadFile& file : seen.files) {
        if (file.changed_at > rules.begun || is_software(file.path) || in(rules.declared, file.path) || in(rules.own, file.path) || in(rules.software, file.path)) { continue; }
        found.push_back({.path = os::relative_inside(file.path, project).value_or(file.path), .changed_at = file.changed_at});
    }
    std::ranges::sort(found, {}, &ReadFile::path);
    // Another process of the program notes a file again.
    found.erase(std::unique(found.begin(), found.end(), [](const ReadFile& a, const ReadFile& b) { return a.path == b.path; }), found.end());
    return found;
}

std::vector<std::string> software_folders(std::string_view search_path, const std::string& program, const std::string& project, const std::string& home) {
    std::vector<std::string> bins;
    for (const std::string_view folder : core::split(search_path, ':')) { bins.emplace_back(folder); }
    if (program.starts_with('/')) { bins.push_back(os::parent_path(program)); }
    std::vector<std::string> folders;
    for (const std::string& bin : bins) {
        if (!bin.starts_with('/')) { continue; }
        const std::string prefix = os::parent_path(os::lexically_normal(bin));
        if (prefix == "/" || prefix == home || is_below(project, prefix) || is_below(home, prefix) || is_below(prefix, project)) { continue; }
        folders.push_back(prefix);
        // Notes have links resolved.
        if (auto real = os::absolute_path(prefix); real.ok() && real.value() != prefix) { folders.push_back(std::move(real).take()); }
    }
    return folders;
}

}  // namespace runlake::replay

// SPDX-License-Identifier: Apache-2.0
// Reads and writes the kept groups.
#include "fingerprint/environment_cache.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/stamp.hpp"
#include "os/system.hpp"

namespace runlake::fingerprint {
namespace {

constexpr std::string_view k_summary_head = "runlake environment cache 1\n";
constexpr std::string_view k_groups_head = "runlake environment groups 1\n";
constexpr std::size_t k_max_bytes = 16U << 20U;
constexpr std::size_t k_max_keys = 64;

std::string with_checksum(std::string text) {
    std::array<char, 16> line{};
    std::snprintf(line.data(), line.size(), "crc %08x\n", static_cast<unsigned>(core::crc32(text)));
    return text + line.data();
}

// The text between its head and its checksum.
core::Result<std::string_view> checked_body(std::string_view text, std::string_view head) {
    constexpr std::size_t k_line = 13;  // "crc 01234567\n"
    if (!text.starts_with(head) || text.size() < head.size() + k_line || with_checksum(std::string(text.substr(0, text.size() - k_line))) != text) {
        return core::Error(core::Errc::corrupt, "reading the kept environment: it is not as it was written");
    }
    return text.substr(head.size(), text.size() - head.size() - k_line);
}

core::Error corrupt() { return {core::Errc::corrupt, "reading the kept environment: a line is not of its form"}; }

std::string file_of(const record::Store& store, const EnvironmentSource& source) { return core::cat(store.cache(), "/environment/", cache_key(source)); }

bool is_whole_digest(std::string_view text) { return core::Digest::parse(text).ok(); }

// Other keys (boots, virtual environments) pile up slowly; the oldest go.
void remove_oldest(const std::string& folder) {
    auto entries = os::list_dir(folder);
    if (!entries.ok() || entries.value().size() <= 2 * k_max_keys) { return; }
    std::vector<std::pair<std::int64_t, std::string>> ages;
    for (const os::DirEntry& entry : entries.value()) {
        const std::string path = os::join_path(folder, entry.name);
        if (const auto info = os::stat_link(path)) { ages.emplace_back(os::Stamp::of(*info).mtime_ns, path); }
    }
    std::sort(ages.begin(), ages.end());
    for (std::size_t i = 0; i + k_max_keys < ages.size(); ++i) { static_cast<void>(os::remove_file(ages[i].second, os::point::environment_write)); }
}

}  // namespace

std::string write_summary(const KeptSummary& summary) {
    std::string text(k_summary_head);
    for (const Group& group : summary.groups) { text += core::cat("group ", group.name, ' ', group.digest, '\n'); }
    for (const auto& [path, stamp] : summary.read_from) { text += core::cat("read ", stamp, ' ', path, '\n'); }
    return with_checksum(std::move(text));
}

core::Result<KeptSummary> read_summary(std::string_view text) {
    RL_ASSIGN(std::string_view body, checked_body(text, k_summary_head));
    KeptSummary summary;
    while (!body.empty()) {
        const std::size_t end = body.find('\n');
        if (end == std::string_view::npos) { return corrupt(); }
        const std::string_view line = body.substr(0, end);
        body.remove_prefix(end + 1);
        const std::size_t first = line.find(' ');
        const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
        if (second == std::string_view::npos) { return corrupt(); }
        const std::string_view kind = line.substr(0, first);
        const std::string_view middle = line.substr(first + 1, second - first - 1);
        const std::string_view rest = line.substr(second + 1);
        if (kind == "group" && is_whole_digest(rest)) {
            summary.groups.push_back(Group{.name = std::string(middle), .text = "", .digest = std::string(rest)});
        } else if (kind == "read") {
            summary.read_from.emplace(rest, middle);
        } else {
            return corrupt();
        }
    }
    return summary;
}

std::string write_groups(const std::vector<Group>& groups) {
    std::string text(k_groups_head);
    for (const Group& group : groups) { text += core::cat(group.name, ' ', group.digest, ' ', group.text.size(), '\n', group.text, '\n'); }
    return with_checksum(std::move(text));
}

core::Result<std::vector<Group>> read_groups(std::string_view text) {
    RL_ASSIGN(std::string_view body, checked_body(text, k_groups_head));
    std::vector<Group> groups;
    while (!body.empty()) {
        const std::size_t end = body.find('\n');
        if (end == std::string_view::npos) { return corrupt(); }
        const auto words = core::split(body.substr(0, end), ' ');
        body.remove_prefix(end + 1);
        const auto length = words.size() == 3 ? core::parse_integer(words[2]) : std::nullopt;
        if (!length || *length < 0 || !is_whole_digest(words[1])) { return corrupt(); }
        const auto bytes = static_cast<std::uint64_t>(*length);
        if (bytes >= body.size() || body[bytes] != '\n') { return corrupt(); }
        groups.push_back(Group{.name = std::string(words[0]), .text = std::string(body.substr(0, bytes)), .digest = std::string(words[1])});
        body.remove_prefix(bytes + 1);
    }
    return groups;
}

std::string cache_key(const EnvironmentSource& source) {
    const Probe probe(source);
    core::FieldHash hash("environment-cache/1");
    hash.field("machine", std::string_view(os::machine_id())).field("boot", std::string_view(os::boot_id())).field("root", std::string_view(source.root));
    hash.field("interpreter", source.interpreter).field("compilers", source.run_compilers ? "run" : "not run");
    for (const char* name : {"PATH", "HOME", "VIRTUAL_ENV", "CONDA_PREFIX"}) { hash.field(name, probe.variable(name)); }
    return hash.finish().hex().substr(0, 32);
}

std::optional<KeptSummary> load_summary(const record::Store& store, const EnvironmentSource& source) {
    auto text = os::read_file(file_of(store, source), k_max_bytes);
    if (!text.ok()) { return std::nullopt; }
    auto summary = read_summary(text.value());
    if (!summary.ok() || summary.value().groups.empty()) { return std::nullopt; }
    for (const auto& [path, stamp] : summary.value().read_from) {
        if (stamp_text(path) != stamp) { return std::nullopt; }
    }
    return std::move(summary).take();
}

std::optional<std::vector<Group>> load_groups(const record::Store& store, const EnvironmentSource& source) {
    auto text = os::read_file(file_of(store, source) + ".groups", k_max_bytes);
    if (!text.ok()) { return std::nullopt; }
    auto groups = read_groups(text.value());
    if (!groups.ok()) { return std::nullopt; }
    return std::move(groups).take();
}

void keep(const record::Store& store, const Probe& probe, const std::vector<Group>& groups, std::int64_t begun_ns) {
    KeptSummary summary{.groups = groups, .read_from = probe.read_from()};
    for (const auto& [path, stamp] : summary.read_from) {
        if (path.find('\n') != std::string::npos) { return; }
        const auto info = os::stat_path(path);
        // What changed in the tick in which it was read, or since, could change again without another stamp.
        if (info && os::Stamp::of(*info).newest_ns() >= begun_ns) { return; }
        if (stamp_text(path) != stamp) { return; }
    }
    const std::string file = file_of(store, probe.source());
    const std::string folder = os::parent_path(file);
    if (!os::make_dirs(folder, 0777, os::point::environment_write).ok()) { return; }
    // The values first: a summary must never name digests whose values are not there.
    const auto publish = [](const std::string& path, std::string_view text) {
        return os::publish_file(path, text, 0666, os::Existing::replace, os::Durability::process, os::point::environment_write).ok();
    };
    if (!publish(file + ".groups", write_groups(groups))) { return; }
    static_cast<void>(publish(file, write_summary(summary)));
    remove_oldest(folder);
}

}  // namespace runlake::fingerprint

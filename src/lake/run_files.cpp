// SPDX-License-Identifier: Apache-2.0
#include "lake/run_files.hpp"

#include <dirent.h>

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/folder_stat.hpp"

namespace runlake::lake {
namespace {

using core::cat;

constexpr int k_deepest = 32;
constexpr std::string_view k_gz = ".gz";

struct KindRow {
    ArtifactKind kind;
    std::string_view name;
    std::string_view suffix;  // "" for what is told otherwise
};
// In the order in which suffixes are tried: the longer of two that end alike first.
constexpr auto k_kinds = std::to_array<KindRow>({
    {ArtifactKind::search_trace_graph, "search_trace_graph", "_search_trace_graph.json"},
    {ArtifactKind::proof_graph, "proof_graph", "_proof_graph.json"},
    {ArtifactKind::graph, "graph", "_graph.json"},
    {ArtifactKind::mcts_trace, "mcts_trace", "_mcts_trace.jsonl"},
    {ArtifactKind::mcts_tree, "mcts_tree", "_mcts_tree.json"},
    {ArtifactKind::history, "history", "_history.json"},
    {ArtifactKind::assembly, "assembly", "_assembly.json"},
    {ArtifactKind::process_trace, "process_trace", "_process_trace.json"},
    {ArtifactKind::proof_term, "proof_term", "_proof_term.json"},
    {ArtifactKind::comparison, "comparison", "_comparison.json"},
    {ArtifactKind::metrics, "metrics", "_metrics.json"},
    {ArtifactKind::basin_analysis, "basin_analysis", ""},
    {ArtifactKind::other_json, "other_json", ""},
});

std::optional<RunFile> file_at(const std::string& run_dir, std::string rel_path, os::FolderStat& folder) {
    RunFile file;
    file.path = os::join_path(run_dir, rel_path);
    const auto info = folder.look(file.path);
    if (!info || !S_ISREG(info->st_mode)) { return std::nullopt; }
    file.is_packed = rel_path.ends_with(k_gz);
    file.rel_path = std::move(rel_path);
    file.stamp = os::Stamp::of(*info);
    return file;
}

// Whether the packed form of a file stands beside it; the entries are sorted.
bool has_packed(const std::vector<os::DirEntry>& entries, std::string_view name) {
    const std::string packed = cat(name, k_gz);
    const auto found = std::lower_bound(entries.begin(), entries.end(), packed, [](const os::DirEntry& entry, const std::string& wanted) { return entry.name < wanted; });
    return found != entries.end() && found->name == packed;
}

class Walk {
  public:
    Walk(const std::string& run_dir, RunFiles& out) : run_dir_(run_dir), out_(out) {}

    void folder(const std::string& rel, const std::string& theorem, int depth) {
        auto entries = os::list_dir(os::join_path(run_dir_, rel));
        if (!entries.ok()) {
            if (entries.error().code() != core::Errc::not_found) { out_.unreadable.push_back({rel, entries.error().message()}); }
            return;
        }
        os::FolderStat stats;
        for (const auto& entry : entries.value()) {
            if (entry.name.starts_with('.')) { continue; }
            std::string rel_path = os::join_path(rel, entry.name);
            if (is_own_folder(entry, rel_path)) {
                if (entry.name.starts_with("provider=")) { continue; }
                if (depth == 0) {
                    out_.unreadable.push_back({rel_path, cat("it lies more than ", k_deepest, " levels deep")});
                } else {
                    folder(rel_path, theorem, depth - 1);
                }
                continue;
            }
            auto name = parse_artifact_name(entry.name);
            if (!name) { continue; }
            auto file = file_at(run_dir_, std::move(rel_path), stats);
            if (!file) { continue; }
            Artifact artifact;
            artifact.file = std::move(*file);
            artifact.theorem = theorem;
            artifact.variant = std::move(name->variant);
            artifact.kind = name->kind;
            artifact.is_fallback = !name->is_packed && has_packed(entries.value(), entry.name);
            out_.artifacts.push_back(std::move(artifact));
        }
    }

    // A folder, not a link to one: those could lead round in a circle, or out of the run.
    bool is_own_folder(const os::DirEntry& entry, const std::string& rel_path) const {
        if (entry.type != DT_UNKNOWN) { return entry.type == DT_DIR; }
        const auto info = os::stat_link(os::join_path(run_dir_, rel_path));
        return info && S_ISDIR(info->st_mode);
    }

  private:
    const std::string& run_dir_;
    RunFiles& out_;
};

}  // namespace

std::string_view artifact_kind_name(ArtifactKind kind) {
    for (const auto& row : k_kinds) {
        if (row.kind == kind) { return row.name; }
    }
    return "other_json";
}

std::optional<ArtifactName> parse_artifact_name(std::string_view file_name) {
    if (file_name.starts_with('.')) { return std::nullopt; }
    ArtifactName name;
    name.is_packed = file_name.ends_with(k_gz);
    if (name.is_packed) { file_name.remove_suffix(k_gz.size()); }
    if (!file_name.ends_with(".json") && !file_name.ends_with(".jsonl")) { return std::nullopt; }
    if (file_name == "basin_analysis.json") {
        name.kind = ArtifactKind::basin_analysis;
        return name;
    }
    for (const auto& row : k_kinds) {
        if (row.suffix.empty() || !file_name.ends_with(row.suffix)) { continue; }
        name.kind = row.kind;
        file_name.remove_suffix(row.suffix.size());
        if (!file_name.empty()) { name.variant = std::string(file_name); }
        return name;
    }
    return name;
}

core::Result<RunFiles> list_run_files(const std::string& run_dir, bool is_provider_run) {
    RL_ASSIGN(const auto entries, os::list_dir(run_dir));
    RunFiles out;
    Walk walk(run_dir, out);
    os::FolderStat stats;
    for (const auto& entry : entries) {
        if (entry.name.starts_with('.')) { continue; }
        if (std::find(k_run_file_names.begin(), k_run_file_names.end(), entry.name) != k_run_file_names.end()) {
            if (auto file = file_at(run_dir, entry.name, stats)) { out.registered.push_back(std::move(*file)); }
        } else if (!entry.name.starts_with("provider=") && walk.is_own_folder(entry, entry.name)) {
            walk.folder(entry.name, entry.name, k_deepest);
        }
    }
    constexpr std::string_view k_report = "postprocess_metrics.json";
    for (const auto& file : out.registered) {
        if (file.rel_path == k_report) { out.postprocess = file; }
    }
    if (!out.postprocess && is_provider_run) {
        out.postprocess = file_at(os::parent_path(run_dir), std::string(k_report), stats);
    }
    // The walk goes folder by folder, which is not the order of the paths.
    std::sort(out.artifacts.begin(), out.artifacts.end(), [](const Artifact& a, const Artifact& b) { return a.file.rel_path < b.file.rel_path; });
    return out;
}

}  // namespace runlake::lake

// SPDX-License-Identifier: Apache-2.0
// The files of one proof-search run: which there are, what each is by its name, and which of a plain and a packed form is read.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "os/stamp.hpp"

namespace runlake::lake {

struct RunFile {
    std::string rel_path;  // below the run's folder
    std::string path;      // absolute
    os::Stamp stamp;       // of what a link points to
    bool is_packed = false;  // ends in .gz
};

enum class ArtifactKind : std::uint8_t {
    search_trace_graph, proof_graph, graph, mcts_trace, mcts_tree, history, assembly, process_trace, proof_term, comparison, metrics, basin_analysis, other_json,
};
std::string_view artifact_kind_name(ArtifactKind kind);  // as the column artifact_kind has it

// What a file of a theorem's folder is, by its name alone; nothing for what is no JSON.
struct ArtifactName {
    ArtifactKind kind = ArtifactKind::other_json;
    std::optional<std::string> variant;  // what stands before the suffix
    bool is_packed = false;
};
std::optional<ArtifactName> parse_artifact_name(std::string_view file_name);

struct Artifact {
    RunFile file;
    std::string theorem;   // the folder directly below the run's
    std::optional<std::string> variant;
    ArtifactKind kind = ArtifactKind::other_json;
    // The other form stands beside this one and is preferred: this one is read only where the packed one can't be unpacked.
    bool is_fallback = false;
};

// The names that a run registers, in the order of the table run_files.
inline constexpr std::array<std::string_view, 15> k_run_file_names = {
    "run_config.json", "run_status.json", "summary.json.gz", "summary.json", "goal_cache.json.gz", "goal_cache.json", "postprocess_metrics.json",
    "root_goal_similarity.json", "external_statement_similarity.json", "providers_summary.json", "basin_analysis.json", "failure_analysis.json",
    "attractor_clusters.json", "sheaf_analysis.json", "search_metrics.json",
};

struct RunFiles {
    std::vector<RunFile> registered;   // by name; those of k_run_file_names that are there
    // A provider's run has its report of postprocess in the folder above: here when it has none of its own.
    std::optional<RunFile> postprocess;
    std::vector<Artifact> artifacts;   // by rel_path
    struct Unreadable {
        std::string rel_path;
        std::string why;
    };
    std::vector<Unreadable> unreadable;  // folders that could not be listed, by rel_path
};

// Lists a run's folder. Hidden files and folders (with them the sidecars "._*" that some systems leave), folders provider=* and links to folders are left out. A file that
// goes away meanwhile is one that is not there. Errc::not_found: the run's folder is gone.
core::Result<RunFiles> list_run_files(const std::string& run_dir, bool is_provider_run);

}  // namespace runlake::lake

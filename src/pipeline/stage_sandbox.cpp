// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stage_sandbox.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/text.hpp"
#include "fingerprint/glob.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "pipeline/input_digests.hpp"

namespace runlake::pipeline {
namespace {

using core::cat;

// What a program needs before it reads anything of a project: docs/guide/pipelines.md lists it.
constexpr std::array<std::string_view, 11> k_toolchain = {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/opt", "/proc", "/dev", "/sys"};
constexpr std::size_t k_most_told = 5;

void add_if_there(std::vector<std::string>& paths, const std::string& path) {
    if (os::exists(path)) { paths.push_back(path); }
}

std::vector<std::string> toolchain_folders() {
    std::vector<std::string> folders;
    for (const std::string_view folder : k_toolchain) { add_if_there(folders, std::string(folder)); }
    const std::string home = os::env("HOME").value_or("");
    const std::string search_path = os::env("PATH").value_or("");
    for (const std::string_view entry : core::split(search_path, ':')) {
        const std::string folder(entry);
        if (!folder.starts_with('/') || folder == "/") { continue; }
        // ".../bin" belongs to a tree of its own, as a virtual environment's does; the home folder is none.
        const std::string above = os::parent_path(folder);
        const bool is_tree = os::base_name(folder) == "bin" && above != "/" && above != home;
        add_if_there(folders, is_tree ? above : folder);
    }
    for (const char* const name : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
        if (const auto folder = os::env(name); folder && folder->starts_with('/') && *folder != "/") { add_if_there(folders, *folder); }
    }
    return folders;
}

// The program itself, when it is named by a path into a tree of tools: ".venv/bin/python".
void add_program(const StagePlaces& places, const Instance& instance, std::vector<std::string>& readable) {
    if (instance.command.empty() || instance.command.front().find('/') == std::string::npos) { return; }
    const std::string program = os::join_path(places.resolved.file.project_root, fill_places(instance.command.front(), {{"project", places.resolved.file.project_root}}));
    const std::string folder = os::parent_path(program);
    add_if_there(readable, os::base_name(folder) == "bin" && os::relative_inside(os::parent_path(folder), places.resolved.file.project_root).has_value() &&
                                   os::parent_path(folder) != places.resolved.file.project_root
                               ? os::parent_path(folder)
                               : program);
}

// Run directories: those of this pipeline's base, and ours.
std::vector<std::string> closed_folders(const StagePlaces& places) {
    std::vector<std::string> closed = {places.run_dir.path()};
    const std::string& base = places.resolved.run_dir_base;
    if (!base.starts_with('/') || !os::is_dir(base)) { return closed; }
    const auto holds_others = [&](const std::string& path) { return !path.empty() && os::relative_inside(path, base).has_value(); };
    const bool is_shared = holds_others(places.resolved.file.project_root) || holds_others(places.store.dir) ||
                           std::any_of(places.resolved.roots.begin(), places.resolved.roots.end(), [&](const auto& root) { return holds_others(root.second); });
    if (!is_shared) {
        closed.push_back(base);
        return closed;
    }
    const core::Result<std::vector<std::string>> others = rundir::list_run_dirs(base);
    if (others.ok()) { closed.insert(closed.end(), others.value().begin(), others.value().end()); }
    return closed;
}

void add_made_inputs(const StagePlaces& places, const Instance& instance, const Results& results, std::vector<std::string>& readable) {
    std::set<std::string> files;
    for (const DeclaredPath& read : instance.reads) {
        if (read.place != Place::run_dir) { continue; }
        for (const std::size_t writer : read.writers) {
            if (results[writer] == nullptr) { continue; }
            const Available& made = *results[writer];
            // The copy in this directory: a result that was reused has been published here by now.
            const std::string out = cat(places.run_dir.published(made.done.which, made.done.key.key), "/out");
            for (const rundir::ManifestEntry& entry : made.manifest.entries) {
                if (!covers(read.path, entry.path)) { continue; }
                files.insert(os::join_path(out, entry.path));
                files.insert(os::join_path(places.run_dir.path(), entry.path));   // a copy, where links can't be
            }
        }
    }
    for (const std::string& file : files) { add_if_there(readable, file); }
}

}  // namespace

core::Status make_workspace_folders(const StagePlaces& places, const Instance& instance) {
    for (const DeclaredPath& write : instance.writes) {
        if (write.place == Place::workspace) { RL_TRY(os::make_dirs(os::parent_path(absolute(places.resolved, write)), 0777, os::point::stage_workspace_create)); }
    }
    return core::ok();
}

os::SandboxRules sandbox_rules(const StagePlaces& places, const Instance& instance, const CodeIdentity& code, const Results& results, const std::string& out, const std::string& tmp) {
    os::SandboxRules rules;
    rules.writable = {out, tmp};
    for (const DeclaredPath& write : instance.writes) {
        if (write.place == Place::workspace) { rules.writable.push_back(os::parent_path(absolute(places.resolved, write))); }
    }
    // A stage may record what it does: `runlake log` and `runlake run` in it.
    for (const std::string& folder : {places.store.journal(), places.store.patches(), places.store.environments(), cat(places.store.dir, "/output")}) {
        if (!places.store.dir.empty()) { add_if_there(rules.writable, folder); }
    }
    rules.closed = closed_folders(places);
    add_made_inputs(places, instance, results, rules.readable);
    for (const std::string_view name : {"run.json", "config_resolved.yaml", "attempts"}) { add_if_there(rules.readable, os::join_path(places.run_dir.path(), name)); }
    const StageDecl& stage = places.resolved.file.stages[instance.stage];
    const auto is_closed = [&](const std::string& path) { return std::any_of(rules.closed.begin(), rules.closed.end(), [&](const std::string& folder) { return os::relative_inside(path, folder).has_value(); }); };
    for (const DeclaredPath& read : instance.reads) {
        if (read.place == Place::run_dir) { continue; }
        // Of a pattern the folder before its first wildcard.
        const std::string path = fingerprint::is_glob(read.path) ? os::parent_path(os::join_path(place_folder(places.resolved, read), read.path.substr(0, read.path.find_first_of("*?["))) + "x")
                                                       : absolute(places.resolved, read);
        if (stage.strict_sandbox || is_closed(path)) { add_if_there(rules.readable, path); }
    }
    if (stage.strict_sandbox) {
        rules.strict = true;
        rules.listable = {places.resolved.file.project_root, places.run_dir.path()};
        const std::vector<std::string> tools = toolchain_folders();
        rules.readable.insert(rules.readable.end(), tools.begin(), tools.end());
        add_program(places, instance, rules.readable);
        for (const std::string& name : code.file_names()) { add_if_there(rules.readable, os::join_path(places.resolved.file.project_root, name)); }
        add_if_there(rules.readable, places.store.dir);
    }
    return rules;
}

std::string describe_denials(const StagePlaces& places, const std::vector<os::Denial>& denials) {
    std::string text;
    std::size_t told = 0;
    const std::string& project = places.resolved.file.project_root;
    for (const os::Denial& denial : denials) {
        if (denial.path.find("/__pycache__") != std::string::npos) { continue; }
        if (told++ == k_most_told) {
            text += "\nand more";
            break;
        }
        text += cat("\nthe sandbox denied ", denial.write ? "writing " : "reading ", denial.path, ": ");
        std::optional<std::string> in_run = os::relative_inside(denial.path, places.run_dir.path());
        if (in_run && in_run->starts_with(".stages/")) {
            // ".stages/<stage>/<instance>/<key>/out/<path>": the path as it is declared.
            const std::size_t out = in_run->find("/out/");
            if (out != std::string::npos) { in_run = in_run->substr(out + 5); }
        }
        const std::optional<std::string> in_project = os::relative_inside(denial.path, project);
        if (denial.write) {
            text += in_run       ? "write below {out} ($RUNLAKE_OUT), and declare it in `writes:`"
                    : in_project ? cat("write below {out}, or declare \"workspace:", *in_project, "\" in `writes:`")
                                 : "write below {out} or $TMPDIR, or say `sandbox: off`";
        } else if (in_run) {
            text += cat("declare \"", *in_run, "\" in `reads:`");
        } else if (in_project) {
            text += cat("declare \"workspace:", *in_project, "\" in `reads:`");
        } else {
            text += "declare it in `reads:` below a named root, or say `sandbox: off`";
        }
    }
    return text;
}

}  // namespace runlake::pipeline

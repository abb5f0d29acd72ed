// SPDX-License-Identifier: Apache-2.0
#include "ops/install.hpp"

#include <algorithm>
#include <array>

#include "core/digest.hpp"
#include "core/shell.hpp"
#include "core/text.hpp"
#include "git/merge_driver.hpp"
#include "git/repository.hpp"
#include "jobs/run_store.hpp"
#include "kb/scaffold.hpp"
#include "ledger/text.hpp"
#include "ops/install_text.hpp"
#include "ops/version.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "record/installed.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;

constexpr std::uint64_t k_most_bytes = 16U << 20U;

constexpr std::string_view k_ignore =
    "# What runlake keeps here stays on this machine,\n"
    ".runlake/*\n"
    "# except what machines share through git:\n"
    "!.runlake/config.yaml\n"
    "!.runlake/ledger/\n"
    "!.runlake/ledger-extra/\n"
    "!.runlake/runs-index/\n"
    "!.runlake/epsilon/\n";
constexpr std::string_view k_attributes =
    "# Two machines that finished one job: a rule says whose entry stands. Packs are never merged.\n"
    ".runlake/ledger/*.json merge=runlake-ledger text eol=lf\n"
    ".runlake/ledger-extra/*.json merge=runlake-ledger text eol=lf\n"
    ".aexp/ledger/*.json merge=runlake-ledger text eol=lf\n"
    ".runlake/ledger/packs/* binary\n";
constexpr std::string_view k_instructions =
    "## Runlake\n"
    "\n"
    "This repository records its experiments with `runlake`. Jobs that ended are told to other machines through git, in `.runlake/ledger/`; findings in `kb/` cite them.\n"
    "\n"
    "- Make and run jobs: `runlake job new`, `runlake job run`, `runlake queue add`, `runlake queue run`. Look at them: `runlake job list`, `runlake ledger show`.\n"
    "- Notes of the knowledge base are made by `runlake kb new`, so that ids and links are right.\n"
    "- Before committing: `runlake validate` and `runlake ledger verify`. A citation of a run that is on another machine is not broken: pull, or promote it there; do not edit it away.\n"
    "- Never edit files below `.runlake/ledger/` by hand.\n";

struct TextFile {
    std::string_view name;
    Block block;
    bool create;
};
const std::array<TextFile, 3>& text_files() {
    static const std::array<TextFile, 3> files = {
        TextFile{".gitignore", {"# runlake:begin", "# runlake:end", std::string(k_ignore)}, true},
        TextFile{".gitattributes", {"# runlake:begin", "# runlake:end", std::string(k_attributes)}, true},
        TextFile{"AGENTS.md", {"<!-- runlake:begin -->", "<!-- runlake:end -->", std::string(k_instructions)}, false},
    };
    return files;
}

git::MergeDriver merge_driver() {
    // Where this program has gone, git's own merge makes a text with both sides, which every reader understands.
    return {.name = "runlake-ledger",
            .description = "which of two entries of one job or run stands",
            .command = cat(core::shell_quoted(os::executable_path()), " __merge-ledger %O %A %B || git merge-file -q %A %O %B")};
}

// "<path> NUL <content> NUL" of each file by path, as aexp makes its own.
std::string scaffold_sha() {
    core::Sha256 hash;
    const auto add = [&](std::string_view path, std::string_view text) { hash.update(path).update(std::string_view("\0", 1)).update(text).update(std::string_view("\0", 1)); };
    for (const TextFile& file : text_files()) { add(file.name, file.block.text); }
    for (const kb::ScaffoldFile& file : kb::scaffold_files()) { add(file.path, file.text); }
    return hash.finish().hex();
}

std::string with_lf(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\r') {
            out += text[i];
        } else if (i + 1 == text.size() || text[i + 1] != '\n') {
            out += '\n';
        }
    }
    return out;
}

class Installation {
  public:
    explicit Installation(const InstallRequest& request) : request_(request), store_(request.store) {}

    core::Result<InstallResponse> go() {
        RL_TRY(check());
        response_.root = store_.root;
        response_.dry_run = request_.dry_run;
        if (store_.created_now || !os::is_dir(store_.dir)) { act("wrote", store_.dir, "made the store", true); }
        RL_TRY(scaffold());
        for (const TextFile& file : text_files()) { RL_TRY(merge(file)); }
        RL_TRY(set_driver());
        RL_TRY(mark());
        RL_TRY(make_run_store());
        return std::move(response_);
    }

  private:
    void act(std::string_view kind, const std::string& path, std::string_view detail, bool change) {
        response_.actions.push_back({std::string(kind), os::relative_inside(path, store_.root).value_or(path), std::string(detail)});
        response_.changed = response_.changed || change;
    }
    std::string at(std::string_view name) const { return os::join_path(store_.root, name); }

    core::Status check() {
        if (store_.root.empty()) { return Error(Errc::usage, "installing: the store was named by itself and belongs to no project; go into the project and leave --store out"); }
        if (request_.machine_label) { RL_TRY(record::check_label(*request_.machine_label)); }
        if (request_.run_store && request_.run_store->empty()) { return Error(Errc::usage, "installing: --run-store names no folder"); }
        RL_ASSIGN(where_, git::find_repository(store_.root));
        if (!where_ && request_.require_git) { return Error(Errc::not_found, cat("installing into ", store_.root, ": it is in no git repository (`git init` makes one)")); }
        auto before = record::read_installed(store_);
        if (before.ok()) {
            before_ = std::move(before).take();
        } else if (before.error().code() == Errc::unsupported && !request_.force) {
            return std::move(before).take_error().context("installing (--force does it all the same)");
        }
        // All that can be wrong with the user's files is found before any is written.
        for (const TextFile& file : text_files()) {
            if (auto merged = merged_text(file); !merged.ok()) { return std::move(merged).take_error(); }
        }
        return core::ok();
    }

    core::Status write(const std::string& path, std::string_view text) {
        if (request_.dry_run) { return core::ok(); }
        RL_TRY(os::make_dirs(os::parent_path(path), 0777, os::point::install_write));
        const auto before = os::stat_path(path);
        const mode_t mode = before ? before->st_mode & 07777 : 0666;
        return os::publish_file(path, text, mode, os::Existing::replace, os::Durability::power, os::point::install_write);
    }

    // A link is followed: what it points to is the user's file, and stays linked.
    static std::string target_of(const std::string& path) {
        auto whole = os::absolute_path(path);
        return whole.ok() ? std::move(whole).take() : path;
    }

    core::Status scaffold() {
        for (const kb::ScaffoldFile& file : kb::scaffold_files()) {
            const std::string path = at(file.path);
            const bool is_keep = os::base_name(path) == ".gitkeep";
            if (is_keep && os::is_dir(os::parent_path(path))) {
                act("identical", os::parent_path(path), "", false);
                continue;
            }
            if (!os::stat_link(path)) {
                RL_TRY(write(path, file.text));
                act("wrote", path, "", true);
                continue;
            }
            const auto text = os::read_file(path, k_most_bytes);
            const bool same = text.ok() && with_lf(text.value()) == file.text;
            act(same ? "identical" : "preserved", path, same ? "" : "yours, left as it is", false);
        }
        return core::ok();
    }

    struct Merged {
        std::string before;
        std::string after;
        bool exists = false;
    };
    core::Result<std::optional<Merged>> merged_text(const TextFile& file) const {
        Merged merged;
        auto text = os::read_file(at(file.name), k_most_bytes);
        if (text.ok()) {
            merged.before = std::move(text).take();
            merged.exists = true;
        } else if (text.error().code() != Errc::not_found) {
            return std::move(text).take_error();
        } else if (!file.create) {
            return std::optional<Merged>();
        }
        auto after = with_block(merged.before, file.block);
        if (!after.ok()) { return std::move(after).take_error().context(cat("installing into ", at(file.name))); }
        merged.after = std::move(after).take();
        return std::optional(std::move(merged));
    }

    core::Status merge(const TextFile& file) {
        RL_ASSIGN(const std::optional<Merged> merged, merged_text(file));
        if (!merged) { return core::ok(); }
        const std::string path = at(file.name);
        if (merged->before == merged->after) {
            act("identical", path, "", false);
        } else {
            RL_TRY(write(target_of(path), merged->after));
            act(merged->exists ? "merged" : "wrote", path, merged->exists ? "the block between runlake's markers; all else is as it was" : "", true);
        }
        if (file.name == ".gitignore" && merged->exists) { warn_of_hidden(path, merged->before); }
        return core::ok();
    }

    void warn_of_hidden(const std::string& path, std::string_view text) {
        for (const std::string_view folder : {std::string_view(".runlake"), std::string_view(".aexp")}) {
            if (folder == ".aexp" && !record::is_aexp_repository(store_)) { continue; }
            for (const IgnoredLine& line : lines_that_hide(text, folder)) {
                act("migration_warning", path,
                    cat("line ", line.number, " (", line.text, ") hides the whole folder from git, so that the ledger in it is never committed: remove the line; what must stay here is ignored by the block"),
                    false);
            }
        }
    }

    core::Status set_driver() {
        if (!where_) {
            act("note", store_.root, "no git repository: nothing is shared with other machines until there is one; install again then", false);
            return core::ok();
        }
        const git::MergeDriver driver = merge_driver();
        RL_ASSIGN(const bool set, git::is_merge_driver_set(*where_, driver));
        const std::string path = where_->common_dir + "/config";
        if (!set && !request_.dry_run) { RL_TRY(git::set_merge_driver(*where_, driver)); }
        act(set ? "identical" : "merged", path, set ? "" : "the merge driver of the ledger", !set);
        return core::ok();
    }

    // Before the run store is made: that asks the marker where it shall be.
    core::Status mark() {
        record::Installed marker;
        if (before_) { marker = *before_; }
        if (request_.run_store) {
            marker.run_store_path = *request_.run_store;
        } else if (marker.run_store_path.empty()) {
            const std::string found = record::run_store_path(store_);
            marker.run_store_path = os::relative_inside(found, store_.root).value_or(found);
        }
        response_.machine_label = request_.machine_label.value_or(record::machine_label(store_));
        marker.labels[os::machine_id()] = response_.machine_label;
        marker.scaffold_sha = scaffold_sha();
        marker.version = ops::version().version;
        response_.run_store = os::join_path(store_.root, marker.run_store_path);
        const bool moved = before_ && before_->run_store_path != marker.run_store_path && os::is_dir(os::join_path(store_.root, before_->run_store_path));
        if (moved && !request_.force) {
            return Error(Errc::conflict, cat("installing with the run store ", marker.run_store_path, ": the jobs are in ", before_->run_store_path,
                                             "; move that folder there first, or say --force to begin another one"));
        }
        const bool same = before_ && before_->labels == marker.labels && before_->scaffold_sha == marker.scaffold_sha && before_->version == marker.version &&
                          before_->run_store_path == marker.run_store_path;
        const std::string path = record::installed_file(store_);
        if (same) {
            act("identical", path, "", false);
            return core::ok();
        }
        marker.installed_at = ledger::entry_time(request_.now);
        RL_TRY(write(path, record::installed_text(marker)));
        act("wrote_marker", path, cat("this machine is called ", response_.machine_label), true);
        return core::ok();
    }

    core::Status make_run_store() {
        const bool there = os::exists(response_.run_store + "/.signac/config");
        if (!there && !request_.dry_run) { RL_TRY(jobs::RunStore::create(store_)); }
        act(there ? "identical" : "initialized_runs", response_.run_store, "", !there);
        return core::ok();
    }

    const InstallRequest& request_;
    const record::Store& store_;
    std::optional<git::Location> where_;
    std::optional<record::Installed> before_;
    InstallResponse response_;
};

}  // namespace

core::Result<InstallResponse> install(const InstallRequest& request) { return Installation(request).go(); }

core::Json to_json(const InstallResponse& response) {
    core::Json actions = core::Json::array();
    for (const InstallAction& action : response.actions) {
        core::Json one = core::Json::object();
        actions.push(one.set("kind", action.kind).set("path", action.path).set("detail", action.detail));
    }
    core::Json json = core::Json::object();
    json.set("root", response.root).set("machine_label", response.machine_label).set("run_store", response.run_store).set("dry_run", response.dry_run);
    return json.set("changed", response.changed).set("actions", std::move(actions));
}

}  // namespace runlake::ops

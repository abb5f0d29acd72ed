// SPDX-License-Identifier: Apache-2.0
#include "pipeline/code_identity.hpp"

#include <dirent.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <set>
#include <utility>

#include "core/json_lists.hpp"
#include "core/text.hpp"
#include "fingerprint/digest_cache.hpp"
#include "fingerprint/file_hash.hpp"
#include "fingerprint/glob.hpp"
#include "git/repository.hpp"
#include "git/tracked.hpp"
#include "os/files.hpp"

namespace runlake::pipeline {
namespace {

using core::cat;
using rundir::ComponentKind;
using rundir::KeyComponent;

constexpr std::array<std::string_view, 5> k_own_folders = {".runlake", ".runs", ".aexp", ".git", "__pycache__"};

// --- digests ------------------------------------------------------------------------------------------------------------------------------

// Files by name, digested together.
core::Result<std::vector<CodeFile>> digest_files(const std::string& root, const std::vector<std::string>& names, fingerprint::DigestCache& cache) {
    std::vector<CodeFile> files;
    std::vector<fingerprint::FileToHash> unknown;
    std::vector<std::size_t> places;
    files.reserve(names.size());
    for (const std::string& name : names) {
        CodeFile& file = files.emplace_back(CodeFile{name, "", std::nullopt});
        const std::string path = os::join_path(root, name);
        const auto info = os::stat_link(path);
        if (!info) { continue; }
        if (S_ISLNK(info->st_mode)) {
            file.digest = cat("link/1:", core::sha256(os::read_link(path).value_or("")).hex());
            file.stamp = os::Stamp::of(*info);
        } else if (S_ISREG(info->st_mode)) {
            file.stamp = os::Stamp::of(*info);
            if (const auto known = cache.find(*file.stamp)) {
                file.digest = cat("file/1:", known->hex());
            } else {
                unknown.push_back({path, *file.stamp});
                places.push_back(files.size() - 1);
            }
        }
    }
    RL_ASSIGN(const auto hashed, fingerprint::hash_files(unknown, 0, {}));
    for (std::size_t i = 0; i < hashed.size(); ++i) {
        files[places[i]].digest = cat("file/1:", hashed[i].digest.hex());
        cache.add(unknown[i].path, unknown[i].stamp, hashed[i].read_at_ns, hashed[i].digest);
    }
    return files;
}

CodeSet make_set(std::vector<CodeFile> files, std::string_view name) {
    CodeSet set;
    set.files = std::move(files);
    if (set.files.size() <= k_most_code_components) {
        for (const CodeFile& file : set.files) {
            set.components.push_back({ComponentKind::code, file.name, file.digest.empty() ? std::nullopt : std::optional(file.digest)});
        }
        return set;
    }
    core::Json list = core::Json::array();
    for (const CodeFile& file : set.files) { list.push(core::Json::array().push(file.name).push(file.digest)); }
    set.listing = core::to_json(core::Json::object().set("version", 1).set("files", std::move(list))) + "\n";
    set.components.push_back({ComponentKind::code, std::string(name), cat("code/1:", core::sha256(set.listing).hex())});
    return set;
}

// --- which files --------------------------------------------------------------------------------------------------------------------------

bool has_own_folder(std::string_view name) {
    const std::vector<std::string_view> parts = core::split(name, '/');
    return std::any_of(parts.begin(), parts.end(), [](std::string_view part) { return std::find(k_own_folders.begin(), k_own_folders.end(), part) != k_own_folders.end(); });
}

// The beginning of a pattern that is the same for all that it matches: a folder to walk, or the path itself.
std::string fixed_part(std::string_view pattern) {
    std::string fixed;
    for (const std::string_view part : core::split(pattern, '/')) {
        if (fingerprint::is_glob(part)) { return fixed; }
        if (!fixed.empty()) { fixed += '/'; }
        fixed += part;
    }
    return fixed;
}

void walk(const std::string& root, const std::string& folder, const std::string& pattern, std::set<std::string>& found) {
    const core::Result<std::vector<os::DirEntry>> entries = os::list_dir(os::join_path(root, folder));
    if (!entries.ok()) { return; }
    for (const os::DirEntry& entry : entries.value()) {
        const std::string name = folder.empty() ? entry.name : cat(folder, '/', entry.name);
        if (has_own_folder(entry.name) || entry.name.ends_with(".pyc")) { continue; }
        const bool is_folder = entry.type == DT_DIR || (entry.type == DT_UNKNOWN && os::is_dir(os::join_path(root, name)));
        if (is_folder) {
            walk(root, name, pattern, found);
        } else if (covers(pattern, name)) {
            found.insert(name);
        }
    }
}

// Files that a `code:` entry names. One that names nothing stands for itself: when it appears, the code is another.
std::set<std::string> declared_files(const Resolved& resolved, const StageDecl& stage) {
    const std::string& root = resolved.file.project_root;
    std::set<std::string> found;
    for (std::string pattern : code_paths(resolved, stage)) {
        if (pattern.ends_with('/')) { pattern.pop_back(); }
        if (!fingerprint::is_glob(pattern) && !os::is_dir(os::join_path(root, pattern))) {
            found.insert(pattern);
            continue;
        }
        const std::size_t before = found.size();
        walk(root, fixed_part(pattern), pattern, found);
        if (found.size() == before) { found.insert(pattern); }
    }
    return found;
}

core::Status add_tracked(const git::Location& where, const std::string& project_root, std::vector<std::string>& names, int depth) {
    RL_ASSIGN(const std::vector<git::TrackedPath> paths, git::tracked_paths(where));
    for (const git::TrackedPath& one : paths) {
        const std::string path = os::join_path(where.work_tree, one.path);
        const std::optional<std::string> name = os::relative_inside(path, project_root);
        if (!name || name->empty()) { continue; }
        if (!one.repository) {
            names.push_back(*name);
            continue;
        }
        const core::Result<std::optional<git::Location>> inner = git::find_repository(path);
        if (depth < 8 && inner.ok() && inner.value() && inner.value()->work_tree == path) { RL_TRY(add_tracked(*inner.value(), project_root, names, depth + 1)); }
    }
    return core::ok();
}

class Index final : public CodeIndex {
  public:
    Index(const Resolved& resolved, const Graph& graph, const std::optional<std::string>& digest_cache)
        : resolved_(resolved), graph_(graph), root_(resolved.file.project_root), cache_(digest_cache) {}

    core::Status look() {
        const bool any_default = std::any_of(graph_.instances.begin(), graph_.instances.end(), [&](const Instance& one) { return !stage_of(one).code; });
        RL_TRY(look_at_git(any_default));
        std::vector<std::shared_ptr<const CodeSet>> declared(resolved_.file.stages.size());
        for (const Instance& instance : graph_.instances) {
            const StageDecl& stage = stage_of(instance);
            if (stage.code && declared[instance.stage] == nullptr) {
                const std::set<std::string> names = declared_files(resolved_, stage);
                RL_ASSIGN(std::vector<CodeFile> files, digest_files(root_, {names.begin(), names.end()}, cache_));
                declared[instance.stage] = std::make_shared<const CodeSet>(make_set(std::move(files), "code files"));
            }
            RL_ASSIGN(CodeIdentity identity, identity_of(instance, declared[instance.stage]));
            identities_.push_back(std::move(identity));
        }
        cache_.save();
        return core::ok();
    }

    const CodeIdentity& of(std::size_t instance) const override { return identities_[instance]; }
    const std::vector<std::string>& tracked() const override {
        std::call_once(listed_, [this] { list_tracked(); });
        return tracked_;
    }

    bool is_unchanged(std::size_t instance) const override {
        const auto same = [&](const CodeFile& file) {
            const auto info = os::stat_link(os::join_path(root_, file.name));
            return file.stamp ? info && os::Stamp::of(*info) == *file.stamp : !info || S_ISDIR(info->st_mode);
        };
        const CodeIdentity& identity = identities_[instance];
        return std::all_of(identity.named.files.begin(), identity.named.files.end(), same) &&
               (identity.base == nullptr || std::all_of(identity.base->files.begin(), identity.base->files.end(), same));
    }

  private:
    const StageDecl& stage_of(const Instance& instance) const { return resolved_.file.stages[instance.stage]; }

    core::Status look_at_git(bool needed) {
        const core::Result<std::optional<git::Location>> repository = git::find_repository(root_);
        if (!repository.ok()) {
            git_problem_ = repository.error().message();
            return core::ok();
        }
        if (!repository.value()) { return core::ok(); }
        in_git_ = true;
        repository_ = *repository.value();
        if (!needed) { return core::ok(); }
        static_cast<void>(tracked());
        if (!git_problem_.empty()) { return core::ok(); }
        std::vector<std::string> code;
        const std::optional<std::string> pipeline_file = os::relative_inside(resolved_.file.path, root_);
        const std::optional<std::string> runs = os::relative_inside(resolved_.run_dir_base, root_);
        std::vector<std::string> outputs;
        for (const Instance& instance : graph_.instances) {
            for (const DeclaredPath& write : instance.writes) {
                if (write.place == Place::workspace) { outputs.push_back(write.path); }
            }
        }
        for (const std::string& name : tracked_) {
            const bool is_output = std::any_of(outputs.begin(), outputs.end(), [&](const std::string& output) { return covers(output, name); });
            const bool is_run = runs && !runs->empty() && (name == *runs || name.starts_with(cat(*runs, '/')));
            if (!is_output && !is_run && !is_no_code(name) && (!pipeline_file || name != *pipeline_file)) { code.push_back(name); }
        }
        RL_ASSIGN(std::vector<CodeFile> files, digest_files(root_, code, cache_));
        default_ = std::make_shared<const CodeSet>(make_set(std::move(files), "tracked files"));
        return core::ok();
    }

    void list_tracked() const {
        if (!in_git_) { return; }
        const core::Status listed = add_tracked(repository_, root_, tracked_, 0);
        if (!listed.ok()) { git_problem_ = listed.error().message(); }
        std::sort(tracked_.begin(), tracked_.end());
    }

    core::Result<CodeIdentity> identity_of(const Instance& instance, const std::shared_ptr<const CodeSet>& declared) {
        CodeIdentity identity;
        if (declared) {
            identity.base = declared;
            return identity;
        }
        identity.base = default_;
        if (in_git_ && default_ == nullptr) {
            identity.known = false;
            identity.note = cat("what git tracks can't be told (", git_problem_, "): declare `code:`");
        }
        std::vector<std::string> names = files_in_command(resolved_, instance);
        if (default_ != nullptr) {
            std::erase_if(names, [&](const std::string& name) {
                const auto& files = default_->files;
                const auto at = std::lower_bound(files.begin(), files.end(), name, [](const CodeFile& file, const std::string& wanted) { return file.name < wanted; });
                return at != files.end() && at->name == name;
            });
        }
        RL_ASSIGN(std::vector<CodeFile> files, digest_files(root_, names, cache_));
        identity.named = make_set(std::move(files), "named files");
        if (!in_git_ && names.empty()) {
            identity.known = false;
            identity.note = "the project is not in git and the command names none of its files: declare `code:`";
        }
        return identity;
    }

    const Resolved& resolved_;
    const Graph& graph_;
    std::string root_;
    fingerprint::DigestCache cache_;
    git::Location repository_;
    mutable std::once_flag listed_;
    mutable std::vector<std::string> tracked_;
    std::shared_ptr<const CodeSet> default_;
    std::vector<CodeIdentity> identities_;
    mutable std::string git_problem_;
    bool in_git_ = false;
};

}  // namespace

std::vector<KeyComponent> CodeIdentity::components() const {
    std::vector<KeyComponent> all = base ? base->components : std::vector<KeyComponent>();
    all.insert(all.end(), named.components.begin(), named.components.end());
    return all;
}

std::vector<std::string> CodeIdentity::file_names() const {
    std::vector<std::string> names;
    if (base) {
        for (const CodeFile& file : base->files) { names.push_back(file.name); }
    }
    for (const CodeFile& file : named.files) { names.push_back(file.name); }
    return names;
}

bool is_no_code(std::string_view name) {
    const std::string base = os::base_name(name);
    return has_own_folder(name) || base.ends_with(".md") || base.ends_with(".rst") || base.starts_with("LICENSE") || base == ".gitignore" || base == ".gitattributes";
}

std::vector<std::string> files_in_command(const Resolved& resolved, const Instance& instance) {
    const std::string& root = resolved.file.project_root;
    std::set<std::string> found;
    const auto try_word = [&](std::string_view word) {
        if (word.empty() || word.size() > 4096) { return; }
        const std::optional<std::string> name = os::relative_inside(os::lexically_normal(os::join_path(root, word)), root);
        if (!name || name->empty() || has_own_folder(*name)) { return; }
        const auto is_it = [&](const DeclaredPath& declared) { return declared.place == Place::workspace && covers(declared.path, *name); };
        if (std::any_of(instance.reads.begin(), instance.reads.end(), is_it) || std::any_of(instance.writes.begin(), instance.writes.end(), is_it)) { return; }
        const auto info = os::stat_path(os::join_path(root, *name));
        if (info && S_ISREG(info->st_mode)) { found.insert(*name); }
    };
    for (const std::string& given : instance.command) {
        const std::string text = fill_places(given, {{"project", root}, {"run_dir", "{run_dir}"}, {"out", "{out}"}});
        try_word(text);
        // A shell's words, and the values of options.
        std::string word;
        for (const char c : text + " ") {
            if (std::string_view(" \t\n;|&<>()\"'=`$").find(c) == std::string_view::npos) {
                word += c;
            } else {
                try_word(std::exchange(word, ""));
            }
        }
    }
    return {found.begin(), found.end()};
}

core::Result<std::unique_ptr<CodeIndex>> CodeIndex::begin(const Resolved& resolved, const Graph& graph, const std::optional<std::string>& digest_cache) {
    auto index = std::make_unique<Index>(resolved, graph, digest_cache);
    RL_TRY(index->look());
    return std::unique_ptr<CodeIndex>(std::move(index));
}

core::Result<std::vector<std::pair<std::string, std::string>>> parse_code_listing(std::string_view text, std::string_view what) {
    RL_ASSIGN(const core::Json json, core::parse_json(text, what));
    const core::JsonArray* const list = core::find_list(json, "files");
    if (list == nullptr) { return core::Error(core::Errc::corrupt, cat("reading ", what, ": it is no list of code files")); }
    std::vector<std::pair<std::string, std::string>> files;
    for (const core::Json& entry : *list) {
        const core::JsonArray* const pair = entry.as_array();
        if (pair == nullptr || pair->size() != 2 || (*pair)[0].as_string() == nullptr || (*pair)[1].as_string() == nullptr) {
            return core::Error(core::Errc::corrupt, cat("reading ", what, ": it is no list of code files"));
        }
        files.emplace_back(*(*pair)[0].as_string(), *(*pair)[1].as_string());
    }
    return files;
}

}  // namespace runlake::pipeline

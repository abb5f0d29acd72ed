// SPDX-License-Identifier: Apache-2.0
// Compares what dvc.lock says with what is there: the stages that DVC would not run again.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "core/md5.hpp"
#include "core/text.hpp"
#include "core/yaml.hpp"
#include "os/files.hpp"
#include "pipeline/dvc.hpp"
#include "pipeline/dvc_values.hpp"

namespace runlake::pipeline {
namespace {

using core::cat;
using core::Json;

constexpr std::uint64_t k_most_bytes = 256U << 20U;
constexpr std::size_t k_block = 1U << 20U;
constexpr int k_most_levels = 400;

core::Result<std::string> file_digest(const std::string& path) {
    RL_ASSIGN(const os::Fd file, os::open_read(path));
    core::Md5 md5;
    std::string block(k_block, '\0');
    for (;;) {
        const ssize_t got = ::read(file.get(), block.data(), block.size());
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) { return os::system_error(errno, "reading", path); }
        if (got == 0) { return md5.finish(); }
        md5.update({block.data(), static_cast<std::size_t>(got)});
    }
}

// Every file below a folder with its digest, by its path in it.
core::Status list_folder(const std::string& folder, const std::string& prefix, int levels, std::map<std::string, std::string>& files) {
    if (levels == 0) { return core::Error(core::Errc::unsupported, cat("reading ", folder, ": folders more than ", k_most_levels, " deep")); }
    RL_ASSIGN(const std::vector<os::DirEntry> entries, os::list_dir(folder));
    for (const os::DirEntry& entry : entries) {
        const std::string path = os::join_path(folder, entry.name);
        if (os::is_dir(path)) {
            // What DVC itself passes over.
            if (entry.name == ".git" || entry.name == ".hg" || entry.name == ".dvc") { continue; }
            RL_TRY(list_folder(path, cat(prefix, entry.name, '/'), levels - 1, files));
        } else {
            RL_ASSIGN(files[prefix + entry.name], file_digest(path));
        }
    }
    return core::ok();
}

bool same_value(const Json& a, const Json& b) {
    const auto one = core::canonical_json(a);
    const auto two = core::canonical_json(b);
    return one.ok() && two.ok() && one.value() == two.value();
}

class Lock {
  public:
    Lock(const Json& stages, std::vector<std::string>& remarks) : stages_(stages), remarks_(remarks) {}

    bool is_done(const DvcStage& stage) {
        const Json* locked = stages_.find(stage.dvc_name);
        if (locked == nullptr || !stage.complete) { return false; }
        const Json* command = locked->find("cmd");
        return command != nullptr && same_value(*command, stage.command) && same_params(stage, *locked) && same_paths(stage, stage.deps, locked->find("deps")) &&
               same_paths(stage, stage.outs, locked->find("outs"));
    }

  private:
    bool same_params(const DvcStage& stage, const Json& locked) {
        const Json* files = locked.find("params");
        const std::size_t count = files == nullptr || files->as_object() == nullptr ? 0 : files->as_object()->size();
        if (count != stage.params.size()) { return false; }
        for (const DvcParams& params : stage.params) {
            const Json* values = files->find(params.file.written);
            const auto now = read_values(params.file.path);
            if (values == nullptr || !now.ok()) { return false; }
            if (params.keys.empty()) {
                if (!same_value(*values, now.value())) { return false; }
                continue;
            }
            if (!values->is_object() || values->as_object()->size() != params.keys.size()) { return false; }
            for (const std::string& key : params.keys) {
                const Json* before = values->find(key);
                const auto after = interpolate(cat("${", key, '}'), now.value());
                if (before == nullptr || !after.ok() || !same_value(*before, after.value())) { return false; }
            }
        }
        return true;
    }

    bool same_paths(const DvcStage& stage, const std::vector<DvcPath>& declared, const Json* locked) {
        const core::JsonArray* entries = locked == nullptr ? nullptr : locked->as_array();
        if ((entries == nullptr ? 0 : entries->size()) != declared.size()) { return false; }
        return std::all_of(declared.begin(), declared.end(), [&](const DvcPath& path) {
            const auto found = std::find_if(entries->begin(), entries->end(), [&](const Json& entry) { return entry.string_at("path") == path.written; });
            return found != entries->end() && same_content(stage, path, *found);
        });
    }

    bool same_content(const DvcStage& stage, const DvcPath& path, const Json& entry) {
        const auto digest = entry.string_at("md5");
        if (!digest || entry.string_at("hash") != "md5") {
            remarks_.push_back(cat("the stage \"", stage.name, "\" counts as not done: dvc.lock has no MD5 of the bytes of ", path.written, " (DVC 3 writes it)"));
            return false;
        }
        const auto [known, is_new] = digests_.try_emplace(path.path);
        if (is_new) { known->second = dvc_digest(path.path).value_or(""); }
        return known->second == *digest;
    }

    const Json& stages_;
    std::vector<std::string>& remarks_;
    std::map<std::string, std::string> digests_;
};

}  // namespace

core::Result<std::string> dvc_digest(const std::string& path) {
    if (!os::exists(path)) { return core::Error(core::Errc::not_found, cat("there is no ", path)); }
    if (!os::is_dir(path)) { return file_digest(path); }
    std::map<std::string, std::string> files;
    RL_TRY(list_folder(path, "", k_most_levels, files));
    Json list = Json::array();
    for (const auto& [name, digest] : files) {
        Json one = Json::object();
        list.push(one.set("md5", digest).set("relpath", name));
    }
    RL_ASSIGN(const std::string text, core::canonical_json(list));
    core::Md5 md5;
    return md5.update(text).finish() + ".dir";
}

core::Result<std::vector<std::size_t>> dvc_done(const DvcPipeline& pipeline, std::vector<std::string>& remarks) {
    std::vector<std::size_t> done;
    const auto text = os::read_file(pipeline.lock_path, k_most_bytes);
    if (!text.ok() && text.error().code() == core::Errc::not_found) { return done; }
    if (!text.ok()) { return core::Error(text.error()); }
    RL_ASSIGN(const core::YamlDocument document, core::parse_yaml(text.value(), pipeline.lock_path));
    const Json* stages = document.root.find("stages");
    if (stages == nullptr || !document.root.string_at("schema").value_or("").starts_with("2.")) {
        remarks.push_back("every stage counts as not done: dvc.lock is not of schema 2");
        return done;
    }
    Lock lock(*stages, remarks);
    for (std::size_t i = 0; i < pipeline.stages.size(); ++i) {
        if (lock.is_done(pipeline.stages[i])) { done.push_back(i); }
    }
    return done;
}

}  // namespace runlake::pipeline

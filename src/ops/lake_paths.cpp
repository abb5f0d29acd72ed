// SPDX-License-Identifier: Apache-2.0
#include "ops/lake_paths.hpp"

#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::ops {

core::Result<lake::Roots> lake_roots(const record::Store& store) {
    return lake::resolve_roots({.base = store.root.empty() ? os::parent_path(store.dir) : store.root,
                                .store = store.dir,
                                .variable = [](const char* name) { return os::env(name); },
                                .is_folder = [](const std::string& path) { return os::is_dir(path); }});
}

core::Result<LakePathsResponse> lake_paths(const LakePathsRequest& request) {
    RL_ASSIGN(auto roots, lake_roots(request.store));
    LakePathsResponse response;
    const auto here = [&](std::string_view name, const std::string& path, std::string_view why) {
        response.paths.push_back({std::string(name), path, std::string(why), os::exists(path)});
    };
    here("lake", roots.lake.path, roots.lake.why);
    here("database", roots.database, "in the lake");
    here("exports", roots.exports, "in the lake");
    here("jobs", roots.jobs, "in the lake");
    here("reference", roots.references, "in the lake");
    here("logs", roots.logs.path, roots.logs.why);
    const bool is_here = roots.remote && roots.remote->kind == lake::RemoteKind::folder;
    const auto there = [&](std::string_view name, const std::optional<lake::Root>& root) {
        if (!root) { return; }
        response.paths.push_back({std::string(name), root->path, root->why, is_here ? std::optional(os::exists(root->path)) : std::nullopt});
    };
    there("remote_lake", roots.remote_lake);
    there("remote_logs", roots.remote_logs);
    there("remote_log_archives", roots.remote_log_archives);
    response.remote = std::move(roots.remote);
    response.notes = std::move(roots.notes);
    return response;
}

core::Json to_json(const LakePathsResponse& response) {
    auto paths = core::Json::array();
    for (const auto& path : response.paths) {
        auto record = core::Json::object();
        record.set("name", path.name).set("path", path.path).set("why", path.why).set("exists", core::Json(path.exists));
        paths.push(std::move(record));
    }
    core::Json remote;
    if (response.remote) {
        const auto text = [](const std::string& value) { return value.empty() ? core::Json() : core::Json(value); };
        remote.set("kind", lake::remote_kind_name(response.remote->kind)).set("user", text(response.remote->user)).set("host", text(response.remote->host));
        remote.set("port", response.remote->port == 0 ? core::Json() : core::Json(response.remote->port)).set("name", text(response.remote->name));
        remote.set("why", response.remote->why);
    }
    auto notes = core::Json::array();
    for (const auto& note : response.notes) { notes.push(note); }
    auto record = core::Json::object();
    return record.set("paths", std::move(paths)).set("remote", std::move(remote)).set("notes", std::move(notes));
}

std::string remote_text(const lake::Remote& remote) {
    switch (remote.kind) {
        case lake::RemoteKind::folder: return "folders on this machine";
        case lake::RemoteKind::ssh: return core::cat(remote.user, '@', remote.host, ':', remote.port);
        case lake::RemoteKind::rclone: return core::cat("rclone ", remote.name);
    }
    return "";
}

}  // namespace runlake::ops

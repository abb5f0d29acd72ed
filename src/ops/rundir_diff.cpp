// SPDX-License-Identifier: Apache-2.0
// `rundir diff`.
#include "ops/rundir_diff.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "ops/remote_run_dir.hpp"
#include "ops/rundir_shared.hpp"

namespace runlake::ops {
namespace {

struct Side {
    std::string path;
    rundir::Manifest manifest;
    std::map<std::string, ShownFile> files;
};

core::Result<Side> read_side(const std::string& path, const std::vector<std::string>& globs) {
    RL_ASSIGN(const RunDirToRead at, RunDirToRead::open(path, rundir::FetchDepth::records));
    RL_ASSIGN(const rundir::RunDir run_dir, rundir::RunDir::open(at.path()));
    Side side{.path = at.address().value_or(run_dir.path()), .manifest = {}, .files = {}};
    RL_ASSIGN(side.files, shown_files(run_dir));
    for (const auto& [name, file] : side.files) {
        const bool wanted = globs.empty() || std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return core::glob_match(glob, name); });
        if (wanted) { side.manifest.entries.push_back(file.entry); }
    }
    return side;
}

}  // namespace

core::Result<RundirDiffResponse> rundir_diff(const RundirDiffRequest& request) {
    RL_ASSIGN(const Side a, read_side(request.a, request.globs));
    RL_ASSIGN(const Side b, read_side(request.b, request.globs));
    RundirDiffResponse response{.a = a.path, .b = b.path, .differences = rundir::compare(a.manifest, b.manifest), .stages = {}, .equal = a.manifest.entries.size()};
    for (const rundir::Difference& difference : response.differences) {
        if (difference.kind != rundir::DifferenceKind::added) { --response.equal; }
        const auto& files = difference.kind == rundir::DifferenceKind::missing ? a.files : b.files;
        response.stages.push_back(files.at(difference.path).which.str());
    }
    return response;
}

core::Json to_json(const RundirDiffResponse& response) {
    core::Json list = core::Json::array();
    for (std::size_t i = 0; i < response.differences.size(); ++i) {
        core::Json one = to_json(response.differences[i]);
        one.set("stage", response.stages[i]);
        list.push(std::move(one));
    }
    core::Json json = core::Json::object();
    json.set("a", response.a).set("b", response.b).set("same", response.differences.empty()).set("equal_files", response.equal).set("differences", std::move(list));
    return json;
}

}  // namespace runlake::ops

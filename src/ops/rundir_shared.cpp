// SPDX-License-Identifier: Apache-2.0
// What the operations on run directories have in common.
#include "ops/rundir_shared.hpp"

#include <array>
#include <utility>

#include "core/text.hpp"

namespace runlake::ops {
namespace {

core::Json to_json(const std::optional<rundir::ManifestEntry>& entry) {
    if (!entry) { return {}; }
    core::Json json = core::Json::object();
    json.set("bytes", entry->bytes).set("digest", core::cat("file/1:", entry->digest.hex())).set("executable", entry->executable);
    return json;
}

}  // namespace

core::Result<std::map<std::string, ShownFile>> shown_files(const rundir::RunDir& run_dir) {
    RL_ASSIGN(const std::vector<rundir::DoneRecord> results, rundir::current_results(run_dir));
    std::map<std::string, ShownFile> files;
    for (const rundir::DoneRecord& done : results) {
        RL_ASSIGN(const rundir::Manifest manifest, rundir::read_manifest(run_dir, done));
        for (const rundir::ManifestEntry& entry : manifest.entries) { files.insert_or_assign(entry.path, ShownFile{entry, done.which, done.key.key}); }
    }
    return files;
}

std::string_view difference_name(rundir::DifferenceKind kind) {
    constexpr std::array<std::string_view, 3> k_names = {"missing", "added", "changed"};
    return k_names.at(static_cast<std::size_t>(kind));
}

core::Json to_json(const rundir::Difference& difference) {
    core::Json json = core::Json::object();
    json.set("kind", difference_name(difference.kind)).set("path", difference.path).set("before", to_json(difference.before)).set("after", to_json(difference.after));
    return json;
}

core::Json to_json(const rundir::InstanceStatus& status) {
    core::Json json = core::Json::object();
    json.set("stage", status.which.stage).set("instance", status.which.instance).set("state", rundir::state_name(status.state));
    core::Json done;
    if (status.done) {
        done.set("key", status.done->key.key.hex())
            .set("recipe", status.done->key.recipe)
            .set("manifest", status.done->manifest.hex())
            .set("files", status.done->files)
            .set("bytes", status.done->bytes)
            .set("run_id", status.done->run_id.str())
            .set("published_by", status.done->published_by.str())
            .set("cached_from", status.done->cached_from)
            .set("started_at", core::format_iso(status.done->started_at))
            .set("finished_at", core::format_iso(status.done->finished_at))
            .set("isolation", status.done->isolation)
            .set("inputs_changed", status.done->inputs_changed)
            .set("blessed_because", status.done->blessed_because);
    }
    core::Json holder;
    if (status.holder) {
        holder.set("machine", status.holder->process.machine)
            .set("pid", std::int64_t{status.holder->process.pid})
            .set("purpose", status.holder->purpose)
            .set("since", core::format_iso(status.holder->taken_at));
    }
    core::Json differences = core::Json::array();
    for (const rundir::Difference& difference : status.differences) { differences.push(to_json(difference)); }
    return json.set("done", std::move(done)).set("holder", std::move(holder)).set("problem", status.problem).set("differences", std::move(differences));
}

}  // namespace runlake::ops

// SPDX-License-Identifier: Apache-2.0
// Results of other run directories of the same store: pointers by key, and bringing the files over.
#include <set>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "rundir/parts.hpp"
#include "rundir/publish.hpp"

namespace runlake::rundir {
namespace {

namespace point = os::point;

constexpr std::uint64_t k_max_pointer_bytes = 64U << 10U;

std::string pointers(const std::string& store_dir) { return store_dir + "/cache/stages"; }

// How a file came over. What did not work once is not tried again.
class Bringer {
  public:
    core::Status bring(const std::string& from, const std::string& to, bool executable) {
        const mode_t mode = executable ? 0555 : 0444;
        if (may_clone_) {
            RL_ASSIGN(const bool cloned, os::clone_file(from, to, mode, point::stage_bring));
            if (cloned) { return core::ok(); }
            may_clone_ = false;
        }
        if (may_link_) {
            core::Status linked = os::hard_link(from, to, point::stage_bring);
            if (linked.ok() || linked.error().code() != core::Errc::io) { return linked; }
            may_link_ = false;
        }
        return os::copy_file(from, to, mode, point::stage_bring);
    }

  private:
    bool may_clone_ = true;
    bool may_link_ = true;
};

}  // namespace

core::Status remember(const std::string& store_dir, const RunDir& run_dir, const DoneRecord& done) {
    if (done.inputs_changed) { return core::ok(); }
    RL_TRY(os::make_dirs(pointers(store_dir), 0777, point::stage_cache_write));
    core::Json json = core::Json::object();
    json.set("version", 1).set("run_dir", run_dir.path()).set("stage", done.which.stage).set("instance", done.which.instance);
    return os::publish_file(core::cat(pointers(store_dir), '/', done.key.key.hex()), core::to_json(json) + "\n", 0644, os::Existing::replace, os::Durability::process,
                            point::stage_cache_write);
}

core::Result<std::optional<Elsewhere>> find_elsewhere(const std::string& store_dir, const core::Digest& key) {
    const std::optional<Elsewhere> nothing;
    const std::string path = core::cat(pointers(store_dir), '/', key.hex());
    const core::Result<std::string> text = os::read_file(path, k_max_pointer_bytes);
    if (!text.ok()) {
        if (text.error().code() == core::Errc::not_found) { return nothing; }
        return text.error();
    }
    // Derived: whatever is wrong with it, there is no pointer.
    const core::Result<core::Json> json = core::parse_json(text.value(), path);
    if (!json.ok()) { return nothing; }
    const StageInstance which{.stage = json.value().string_at("stage").value_or(""), .instance = json.value().string_at("instance").value_or("")};
    const core::Result<RunDir> run_dir = RunDir::open(json.value().string_at("run_dir").value_or(""));
    if (!run_dir.ok() || !check_instance(which).ok()) { return nothing; }
    core::Result<std::optional<DoneRecord>> done = read_done(run_dir.value(), which, key);
    if (!done.ok() || !done.value() || done.value()->inputs_changed) { return nothing; }
    const core::Result<bool> marked = is_nondeterministic(run_dir.value(), which);
    if (!marked.ok() || marked.value()) { return nothing; }
    return std::optional<Elsewhere>(Elsewhere{.run_dir = run_dir.value().path(), .done = *std::move(done).take()});
}

core::Status bring(const Elsewhere& from, Staging& staging) {
    RL_ASSIGN(const RunDir run_dir, RunDir::open(from.run_dir));
    RL_ASSIGN(const Manifest manifest, read_manifest(run_dir, from.done));
    const std::string out = run_dir.published(from.done.which, from.done.key.key) + "/out";
    Bringer bringer;
    std::set<std::string> made;
    for (const ManifestEntry& entry : manifest.entries) {
        const std::string to = os::join_path(staging.out(), entry.path);
        const std::string folder = os::parent_path(to);
        if (made.insert(folder).second) { RL_TRY(os::make_dirs(folder, 0777, point::stage_bring)); }
        RL_TRY(bringer.bring(os::join_path(out, entry.path), to, entry.executable));
    }
    return core::ok();
}

}  // namespace runlake::rundir

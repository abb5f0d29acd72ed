// SPDX-License-Identifier: Apache-2.0
// A side that rclone reaches. It creates nothing exclusively, so all writing is done under the lock; where what is written is seen before it is whole, it goes by way of a staging folder.
#include <algorithm>
#include <set>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "rundir/rclone.hpp"
#include "sync/names.hpp"
#include "sync/side.hpp"

namespace runlake::sync {
namespace {

namespace point = os::point;
using rundir::Rclone;

constexpr std::size_t k_token_digits = 16;

std::vector<Outcome> all_failed(std::size_t count, const core::Error& error) { return std::vector<Outcome>(count, Outcome{Fate::failed, error.message(), std::nullopt, std::nullopt}); }

class RcloneSide : public Side {
  public:
    RcloneSide(Rclone rclone, rundir::StoreKind kind, std::string place, std::string here)
        : rclone_(std::move(rclone)), kind_(kind), shown_(std::move(place)), root_(std::move(here)), here_(open_folder(root_)) {}

    const std::string& shown() const override { return shown_; }

    core::Result<Tree> list(const PathFilter& takes) override {
        RL_ASSIGN(const rundir::StampedList objects, rclone_.list_stamped());
        Tree tree;
        tree.is_there = !objects.empty();
        for (const auto& [path, object] : objects) {
            if (!is_safe_path(path)) {
                tree.passed_over.push_back({path, "no path that a folder could hold"});
                continue;
            }
            if (is_own(path) || !takes(path)) { continue; }
            Attributes of{.what = What::file, .bytes = object.bytes, .mtime_ns = object.mtime_ns, .executable = false, .stamp = {}};
            tree.files.push_back({path, of, std::nullopt});
        }
        return tree;
    }

    core::Result<std::vector<std::pair<std::string, std::string>>> segments() override {
        RL_ASSIGN(const rundir::ObjectList names, rclone_.below(core::cat(k_own_folder, "/segments")).list());
        std::vector<std::pair<std::string, std::string>> found;
        for (const auto& [name, bytes] : names) {
            if (name.find('/') != std::string::npos) { continue; }
            RL_ASSIGN(std::string text, rclone_.read(core::cat(k_own_folder, "/segments/", name)));
            found.emplace_back(name, std::move(text));
        }
        return found;
    }
    core::Status write_segment(const std::string& name, const std::string& text) override { return put(core::cat(k_own_folder, "/segments/", name), text); }

    core::Result<bool> ignores_case() override { return kind_.ignores_case; }
    std::optional<std::string> refuses(std::string_view path) const override {
        if (is_plain_name(path)) { return std::nullopt; }
        return "rclone is told names as lines of text, and this one is none";
    }
    bool creates_exclusively() const override { return false; }
    std::int64_t mtime_there(std::int64_t mtime_ns) const override { return mtime_ns; }

    rundir::LockPlace lock_place() override {
        rundir::LockPlace place;
        place.prefix = core::cat(k_own_folder, "/locks/");
        place.put = [this](const std::string& name, const std::string& text) { return put(name, text); };
        place.list = [this]() -> core::Result<std::vector<std::string>> {
            RL_ASSIGN(const rundir::ObjectList found, rclone_.below(core::cat(k_own_folder, "/locks")).list());
            std::vector<std::string> names;
            for (const auto& [name, bytes] : found) { names.push_back(core::cat(k_own_folder, "/locks/", name)); }
            return names;
        };
        place.read = [this](const std::string& name) { return rclone_.read(name); };
        place.remove = [this](const std::vector<std::string>& names) { return rclone_.remove(names); };
        place.what = core::cat("pushing to ", shown_);
        place.shown = [this](const std::string& name) { return core::cat(shown_, '/', name); };
        return place;
    }

    core::Status identify(const Tree& here, Tree& there, const std::vector<std::size_t>& which) override {
        std::vector<std::string> names;
        for (const std::size_t i : which) { names.push_back(there.files[i].path); }
        std::erase_if(names, [](const std::string& name) { return !is_plain_name(name); });
        RL_ASSIGN(const std::vector<std::string> same, rclone_.same(root_, names));
        const std::set<std::string_view> equal(same.begin(), same.end());
        for (const std::size_t i : which) {
            TreeFile& file = there.files[i];
            if (!equal.contains(file.path)) { continue; }
            const auto ours = std::lower_bound(here.files.begin(), here.files.end(), file.path, [](const TreeFile& a, const std::string& path) { return a.path < path; });
            if (ours != here.files.end() && ours->path == file.path) { file.digest = ours->digest; }
        }
        return core::ok();
    }

    std::vector<Outcome> send(const std::string& writer, const std::vector<Job>& jobs) override {
        if (jobs.empty()) { return {}; }
        std::vector<std::string> names;
        for (const Job& job : jobs) { names.push_back(job.path); }
        // Beside the root and not in it: rclone moves nothing from a place into one that holds it.
        const Rclone target = kind_.has_folders ? rclone_.beside(core::cat(k_own_folder, '-', shown_.substr(shown_.find_last_of("/:") + 1), '/', writer)) : rclone_;
        if (const core::Status sent = target.send(root_, names, Rclone::Compare::content); !sent.ok()) { return all_failed(jobs.size(), sent.error()); }
        const core::Result<std::vector<std::string>> arrived = target.same(root_, names);
        if (!arrived.ok()) { return all_failed(jobs.size(), arrived.error()); }
        const std::set<std::string> equal(arrived.value().begin(), arrived.value().end());
        std::vector<Outcome> outcomes;
        std::vector<std::string> whole;
        for (const Job& job : jobs) {
            // It was compared with what is here now: that has to be still what was to be sent.
            const auto now = here_->look(job.path);
            const bool is_same_here = now.ok() && now.value().bytes == job.bytes && now.value().mtime_ns == job.mtime_ns;
            if (!is_same_here) {
                outcomes.push_back({Fate::held, core::cat("sending ", job.path, ": it changed while it was sent"), std::nullopt, std::nullopt});
            } else if (!equal.contains(job.path)) {
                outcomes.push_back({Fate::failed, core::cat("sending ", job.path, ": other bytes arrived"), std::nullopt, std::nullopt});
            } else {
                outcomes.push_back({Fate::done, {}, job.digest, std::nullopt});
                whole.push_back(job.path);
            }
        }
        if (!kind_.has_folders) { return outcomes; }
        if (const core::Status moved = target.move(whole, rclone_); !moved.ok()) {
            for (Outcome& outcome : outcomes) {
                if (outcome.fate == Fate::done) { outcome = {Fate::failed, moved.error().message(), std::nullopt, std::nullopt}; }
            }
        }
        return outcomes;
    }

    std::vector<Outcome> receive(const std::string& writer, const std::vector<Job>& jobs) override {
        if (jobs.empty()) { return {}; }
        const std::string staging = core::cat(partial_folder(writer), "/in");   // what an earlier try left is replaced where it differs
        const std::string folder = core::cat(root_, '/', staging);
        std::vector<std::string> names;
        for (const Job& job : jobs) { names.push_back(job.path); }
        if (const core::Status made = os::make_dirs(folder, 0777, point::sync_copy); !made.ok()) { return all_failed(jobs.size(), made.error()); }
        if (const core::Status received = rclone_.receive(names, folder); !received.ok()) { return all_failed(jobs.size(), received.error()); }
        std::vector<Outcome> outcomes;
        for (const Job& job : jobs) { outcomes.push_back(take_in(core::cat(staging, '/', job.path), job)); }
        static_cast<void>(os::remove_tree(folder, point::sync_copy).ok());
        if (const core::Status settled = here_->settle(); !settled.ok()) { return all_failed(jobs.size(), settled.error()); }
        return outcomes;
    }

  private:
    Outcome take_in(const std::string& staged, const Job& job) {
        const auto held = [](const core::Error& error) {
            return Outcome{error.code() == core::Errc::conflict || error.code() == core::Errc::not_found ? Fate::held : Fate::failed, error.message(), std::nullopt, std::nullopt};
        };
        const core::Result<Attributes> there = here_->look(staged);
        if (!there.ok()) { return held(there.error()); }
        const core::Result<core::Digest> digest = digest_of(*here_, staged);
        if (!digest.ok()) { return held(digest.error()); }
        if (there.value().bytes != job.bytes || (job.digest && *job.digest != digest.value())) {
            return {Fate::held, core::cat("receiving ", escape_name(job.path), ": it is another one than was listed"), std::nullopt, std::nullopt};
        }
        if (const core::Status placed = put_in_place(*here_, staged, job); !placed.ok()) { return held(placed.error()); }
        return {Fate::done, {}, digest.value(), std::nullopt};
    }

    // By way of a file here, which is what rclone sends.
    core::Status put(const std::string& name, const std::string& text) {
        const std::string folder = core::cat(os::env("TMPDIR").value_or("/tmp"), "/runlake-sync-", os::random_hex(k_token_digits));
        const std::string path = core::cat(folder, '/', name);
        RL_TRY(os::make_dirs(os::parent_path(path), 0700, point::sync_manifest_write));
        core::Status sent = os::publish_file(path, text, 0600, os::Existing::keep, os::Durability::process, point::sync_manifest_write);
        if (sent.ok()) { sent = rclone_.send(folder, {name}, Rclone::Compare::never); }
        static_cast<void>(os::remove_tree(folder, point::sync_manifest_write).ok());
        return sent;
    }

    Rclone rclone_;
    rundir::StoreKind kind_;
    std::string shown_;
    std::string root_;
    std::unique_ptr<Files> here_;
};

}  // namespace

core::Result<std::unique_ptr<Side>> rclone_side(const std::string& place, const std::string& here) {
    RL_ASSIGN(Rclone rclone, Rclone::at(place));
    RL_ASSIGN(const rundir::StoreKind kind, rclone.kind());
    return std::unique_ptr<Side>(std::make_unique<RcloneSide>(std::move(rclone), kind, place, here));
}

}  // namespace runlake::sync

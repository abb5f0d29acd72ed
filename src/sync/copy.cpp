// SPDX-License-Identifier: Apache-2.0
#include "sync/copy.hpp"

#include <algorithm>
#include <atomic>
#include <numeric>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/parallel.hpp"
#include "sync/names.hpp"
#include "sync/tree.hpp"

namespace runlake::sync {
namespace {

constexpr std::size_t k_most_failures = 20;
constexpr std::size_t k_name_digits = 16;

// One path and one content: what is found under the name is a beginning of that content. Of a content that is not known, nothing can be gone on with.
std::string staged_name(const std::string& writer, const Job& job) {
    return core::cat(partial_folder(writer), '/', job.digest ? job.digest->hex() : "unknown", '-', core::sha256(job.path).hex().substr(0, k_name_digits));
}

core::Error changed(const Files& from, const Job& job) { return {core::Errc::busy, core::cat("copying ", from.shown(job.path), ": it changed while it was read")}; }

struct Staged {
    core::Digest digest;
    Attributes attributes;
};

core::Result<Staged> stage_from(Files& from, Files& to, const Job& job, const std::string& name, std::uint64_t offset) {
    RL_ASSIGN(const std::unique_ptr<Reader> reader, from.open(job.path, offset));
    RL_ASSIGN(const std::unique_ptr<Writer> writer, to.append(name, offset, job.executable, os::point::sync_copy));
    core::Sha256 hash;
    std::uint64_t at = offset;
    for (;;) {
        RL_ASSIGN(const std::string_view piece, reader->next());
        if (piece.empty()) { break; }
        at += piece.size();
        if (at > job.bytes) { return changed(from, job); }
        if (!job.digest) { hash.update(piece); }
        RL_TRY(writer->write(piece));
    }
    if (at != job.bytes) { return changed(from, job); }
    RL_ASSIGN(const Attributes attributes, writer->finish(job.mtime_ns));
    RL_ASSIGN(const core::Digest arrived, digest_of(to, name));
    return Staged{arrived, attributes};
}

core::Result<Staged> stage(Files& from, Files& to, const Job& job, const std::string& name) {
    std::uint64_t offset = 0;
    if (const auto begun = to.look(name); begun.ok()) {
        const Attributes& there = begun.value();
        offset = job.digest && there.what == What::file && there.bytes <= job.bytes ? there.bytes : 0;
        if (offset == 0) { RL_TRY(to.remove(name)); }
    } else if (begun.error().code() != core::Errc::not_found) {
        return begun.error();
    }
    for (;;) {
        core::Result<Staged> staged = stage_from(from, to, job, name, offset);
        if (!staged.ok()) {
            // A change at the source: what was copied is the beginning of nothing.
            if (staged.error().code() == core::Errc::busy) { static_cast<void>(to.remove(name).ok()); }
            return staged;
        }
        if (!job.digest || staged.value().digest == *job.digest) { return staged; }
        RL_TRY(to.remove(name));
        if (offset == 0) { return changed(from, job); }
        offset = 0;   // the beginning was damaged
    }
}

Outcome copy_one(Files& from, Files& to, const std::string& writer, const Job& job) {
    const auto ended = [](const core::Error& error) {
        const bool is_held = error.code() == core::Errc::conflict || error.code() == core::Errc::busy || error.code() == core::Errc::not_found;
        return Outcome{is_held ? Fate::held : Fate::failed, error.message(), std::nullopt, std::nullopt};
    };
    const std::string name = staged_name(writer, job);
    const core::Result<Staged> staged = stage(from, to, job, name);
    if (!staged.ok()) { return ended(staged.error()); }
    const core::Status placed = put_in_place(to, name, job);
    if (!placed.ok()) {
        if (placed.error().code() == core::Errc::conflict) { static_cast<void>(to.remove(name).ok()); }
        return ended(placed.error());
    }
    return {Fate::done, {}, staged.value().digest, staged.value().attributes};
}

bool is_mark(std::string_view path) {
    constexpr std::string_view k_marks[] = {"manifest.json", "dashboard_manifest.json", "DONE.json", "run_config.json", "run_status.json", "job_run.json", "index.html"};
    return std::find(std::begin(k_marks), std::end(k_marks), path.substr(path.rfind('/') + 1)) != std::end(k_marks);
}

// Partial copies of contents that nobody wants any more.
void sweep(Files& to, const std::string& writer, const std::vector<Job>& jobs) {
    auto found = to.list(partial_folder(writer));
    if (!found.ok()) { return; }
    std::vector<std::string> wanted;
    for (const Job& job : jobs) { wanted.push_back(staged_name(writer, job)); }
    std::sort(wanted.begin(), wanted.end());
    for (const Named& entry : found.value()) {
        const std::string path = core::cat(partial_folder(writer), '/', entry.name);
        if (entry.attributes.what == What::file && !std::binary_search(wanted.begin(), wanted.end(), path)) { static_cast<void>(to.remove(path).ok()); }
    }
}

}  // namespace

std::string partial_folder(const std::string& writer) { return core::cat(k_own_folder, "/partial/", writer); }

core::Status put_in_place(Files& to, const std::string& staged, const Job& job) {
    RL_TRY(make_way(to, job.path));
    if (!job.replaces) { return to.rename(staged, job.path, Files::Existing::keep); }
    RL_ASSIGN(const Attributes now, to.look(job.path));
    if (now.what != What::file || now.bytes != job.replaces->bytes || now.mtime_ns != job.replaces->mtime_ns) {
        return core::Error(core::Errc::conflict, core::cat("replacing ", to.shown(job.path), ": it was changed since it was listed"));
    }
    return to.rename(staged, job.path, Files::Existing::replace);
}

std::vector<Outcome> copy_all(Files& from, Files& to, const std::string& writer, const std::vector<Job>& jobs) {
    std::vector<Outcome> outcomes(jobs.size(), Outcome{Fate::failed, "not tried, after so many others failed", std::nullopt, std::nullopt});
    if (jobs.empty()) { return outcomes; }
    const auto ready = [&]() -> core::Status {
        RL_TRY(to.make_folder(""));
        const std::string folder = partial_folder(writer);
        RL_TRY(make_way(to, folder + "/x"));
        return core::ok();
    }();
    if (!ready.ok()) {
        std::fill(outcomes.begin(), outcomes.end(), Outcome{Fate::failed, ready.error().message(), std::nullopt, std::nullopt});
        return outcomes;
    }
    std::vector<std::size_t> order(jobs.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto marks = std::stable_partition(order.begin(), order.end(), [&](std::size_t i) { return !is_mark(jobs[i].path); });
    std::atomic<std::size_t> failures{0};
    const auto run = [&](std::size_t begin, std::size_t end) {
        std::atomic<std::size_t> next{begin};
        const auto work = [&] {
            for (std::size_t i = next.fetch_add(1); i < end && failures < k_most_failures; i = next.fetch_add(1)) {
                outcomes[order[i]] = copy_one(from, to, writer, jobs[order[i]]);
                if (outcomes[order[i]].fate == Fate::failed) { ++failures; }
            }
        };
        const auto helpers = std::min<std::size_t>(static_cast<std::size_t>(std::max({from.workers(), to.workers(), 1})), end - begin);
        os::on_threads(helpers, work);
    };
    const auto before_marks = static_cast<std::size_t>(marks - order.begin());
    run(0, before_marks);
    run(before_marks, order.size());
    // On disk before anybody is told that it is there. What may not have got there counts as not sent.
    if (const core::Status settled = to.settle(); !settled.ok()) {
        for (Outcome& outcome : outcomes) {
            if (outcome.fate == Fate::done) { outcome = {Fate::failed, settled.error().message(), std::nullopt, std::nullopt}; }
        }
    }
    sweep(to, writer, jobs);
    return outcomes;
}

}  // namespace runlake::sync

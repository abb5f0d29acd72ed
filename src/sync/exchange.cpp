// SPDX-License-Identifier: Apache-2.0
#include "sync/exchange.hpp"

#include <time.h>

#include <algorithm>
#include <map>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/lease.hpp"
#include "os/system.hpp"
#include "sync/database.hpp"
#include "sync/names.hpp"

namespace runlake::sync {
namespace {

namespace point = os::point;

constexpr std::uint64_t k_longest_own = std::uint64_t{1} << 32U;
constexpr int k_lock_tries = 20;

const TreeFile* find_file(const Tree& tree, std::string_view path) {
    const auto found = std::lower_bound(tree.files.begin(), tree.files.end(), path, [](const TreeFile& a, std::string_view wanted) { return a.path < wanted; });
    return found != tree.files.end() && found->path == path ? &*found : nullptr;
}

// A moment of another length each time, so that two who met do not meet again.
void wait_a_moment() {
    unsigned char dice = 0;
    os::random_bytes(&dice, sizeof dice);
    const struct timespec pause {.tv_sec = 0, .tv_nsec = (20 + dice % 128) * 1'000'000L};
    ::nanosleep(&pause, nullptr);
}

core::Result<rundir::PushLock> take_lock(const rundir::LockPlace& place) {
    for (int left = k_lock_tries;; --left) {
        core::Result<rundir::PushLock> lock = rundir::PushLock::take(place);
        if (lock.ok() || lock.error().code() != core::Errc::busy || left <= 1) { return lock; }
        wait_a_moment();
    }
}

// What both sides hold at one moment, and what is known of it.
struct Survey {
    Tree here;
    Tree there;
    Knowledge known{{}, {}};
    std::vector<Difference> drift;
    std::map<std::string, std::string> unread;
    std::string own_segment;          // its text there; "" when there is none
};

class Exchange {
  public:
    Exchange(const Pair& pair, Side& side, Mode mode) : pair_(pair), side_(side), mode_(mode), writer_(writer_name(pair.here)) {
        report_.name = pair.name;
        report_.here = pair.here;
        report_.there = side.shown();
    }

    core::Result<PairReport> run() {
        report_.is_here = os::is_dir(pair_.here);
        if (!report_.is_here && mode_ == Mode::push) {
            report_.notes.push_back(core::cat("there is no ", pair_.here, ": nothing to push"));
            return std::move(report_);
        }
        const bool works_here = mode_ != Mode::look && (report_.is_here || pair_.comes_back);
        if (works_here) { RL_TRY(prepare_here()); }
        std::optional<rundir::PushLock> lock;
        if (mode_ != Mode::look && !side_.creates_exclusively()) {
            RL_ASSIGN(rundir::PushLock taken, take_lock(side_.lock_place()));
            lock.emplace(std::move(taken));
        }
        if (!pair_.database.empty()) { hold_ = hold_database(core::cat(pair_.here, '/', pair_.database)); }
        RL_ASSIGN(Survey survey, look());
        if (mode_ == Mode::look) {
            RL_TRY(annotate(survey));
        } else {
            RL_ASSIGN(const bool moved, act(survey));
            if (moved) {
                RL_ASSIGN(survey, look());
                RL_TRY(annotate(survey));
            }
            // What was moved is told all the same; the next one learns of it from the plan, or by reading.
            if (const core::Status kept = keep_segment(survey); !kept.ok()) { report_.failures.push_back({core::cat(k_own_folder, "/segments/", writer_), kept.error().message()}); }
        }
        finish(survey);
        return std::move(report_);
    }

  private:
    // --- What there is -----------------------------------------------------------------------------------------------
    core::Status prepare_here() {
        const std::string folder = own_folder();
        RL_TRY(os::make_dirs(folder, 0777, point::sync_manifest_write));
        const core::Status ignored = os::publish_file(folder + "/.gitignore", "*\n", 0666, os::Existing::keep, os::Durability::process, point::sync_manifest_write);
        if (!ignored.ok() && ignored.error().code() != core::Errc::conflict) { return ignored; }
        auto lease = os::Lease::take(folder + "/lease", {.purpose = "sync"});
        if (!lease.ok()) { return std::move(lease).take_error().context(core::cat("synchronising ", pair_.here)); }
        lease_ = std::move(lease).take();
        return core::ok();
    }

    bool takes_database() const { return std::holds_alternative<HeldDatabase>(hold_); }

    core::Result<Survey> look() {
        Survey survey;
        const PathFilter takes = [&](std::string_view path) { return pair_.takes(path) && (path != pair_.database || takes_database()); };
        const std::unique_ptr<Files> files = open_folder(pair_.here);
        RL_ASSIGN(survey.here, list_tree(*files, takes));
        digest_here(survey);
        RL_ASSIGN(survey.there, side_.list(takes));
        RL_ASSIGN(const std::vector<Manifest> segments, read_segments(survey));
        survey.known = Knowledge(segments, writer_);
        survey.known.add(fresh_);
        survey.known.tell(survey.there);
        RL_TRY(side_.identify(survey.here, survey.there, unknown_files(survey.here, survey.there, survey.known)));
        survey.drift = compare(survey.here, survey.there, survey.known);
        find_continued(survey, *files);
        return survey;
    }

    // A file that begins with all that stands there was only appended to since: nothing is lost by sending it, whatever was agreed on.
    static void find_continued(Survey& survey, Files& files) {
        for (Difference& one : survey.drift) {
            if (one.state != State::differing || !one.here || !one.there || one.here->bytes <= one.there->bytes) { continue; }
            const TreeFile* const theirs = find_file(survey.there, one.path);
            if (theirs == nullptr || !theirs->digest || !find_file(survey.here, one.path)->digest) { continue; }
            const core::Result<core::Digest> beginning = digest_of(files, one.path, one.there->bytes);
            if (!beginning.ok() || beginning.value() != *theirs->digest) { continue; }
            one.state = State::newer;
            one.newer = Newer::here;
        }
    }

    void digest_here(Survey& survey) {
        const std::string path = own_folder() + "/own";
        std::vector<Entry> known;
        if (const auto text = os::read_file(path, k_longest_own); text.ok()) {
            auto manifest = parse_manifest(text.value(), path);
            // One that can't be read costs the reading of the files.
            if (manifest.ok() && manifest.value().kind == ManifestKind::own) { known = std::move(manifest.value().entries); }
        }
        std::vector<PassedOver> unread;
        const auto now = digest_tree(pair_.here, survey.here, known, unread);
        for (PassedOver& one : unread) { survey.unread.emplace(std::move(one.path), std::move(one.why)); }
        if (!now.ok() || now.value() == known || !os::is_dir(own_folder())) { return; }
        const Manifest manifest{.kind = ManifestKind::own, .writer = writer_, .entries = now.value()};
        static_cast<void>(os::publish_file(path, write_manifest(manifest), 0666, os::Existing::replace, os::Durability::process, point::sync_manifest_write).ok());
    }

    core::Result<std::vector<Manifest>> read_segments(Survey& survey) {
        RL_ASSIGN(auto texts, side_.segments());
        std::vector<Manifest> segments;
        for (auto& [name, text] : texts) {
            if (name == writer_) { survey.own_segment = text; }
            auto manifest = parse_manifest(text, core::cat("the manifest ", escape_name(name), " of ", side_.shown()));
            if (!manifest.ok()) {
                if (manifest.error().code() == core::Errc::unsupported && name == writer_) { return std::move(manifest).take_error(); }
                note(core::cat(manifest.error().message(), "; what it would tell is read from the files"));
                continue;
            }
            // Under another's name nobody speaks for this side.
            if (manifest.value().kind == ManifestKind::segment && manifest.value().writer == name) { segments.push_back(std::move(manifest).take()); }
        }
        return segments;
    }

    void note(std::string text) {
        if (std::find(report_.notes.begin(), report_.notes.end(), text) == report_.notes.end()) { report_.notes.push_back(std::move(text)); }
    }

    // --- What is to be done ------------------------------------------------------------------------------------------
    static bool goes_there(const Difference& one) { return one.state == State::missing || (one.state == State::newer && one.newer == Newer::here); }
    bool comes_here(const Difference& one) const {
        return pair_.comes_back && mode_ == Mode::both && one.path != pair_.database && (one.state == State::extra || (one.state == State::newer && one.newer == Newer::there));
    }

    // Says of each difference why it stays, as far as that is known.
    core::Status annotate(Survey& survey) {
        CaseClashes clashes;
        RL_ASSIGN(const bool ignores_case, side_.ignores_case());
        if (ignores_case) {
            for (const TreeFile& file : survey.there.files) { clashes.add(file.path); }
        }
        for (Difference& one : survey.drift) {
            if (const auto found = held_.find(one.path); found != held_.end()) { one.held = found->second; }
            if (const auto found = survey.unread.find(one.path); found != survey.unread.end()) { one.held = found->second; }
            if (!goes_there(one) || !one.held.empty()) { continue; }
            if (auto why = side_.refuses(one.path)) { one.held = std::move(*why); }
            if (ignores_case) {
                if (const auto other = clashes.add(one.path)) { one.held = core::cat("the remote ignores case and would take it for ", escape_name(*other)); }
            }
        }
        return core::ok();
    }

    Job job_to_send(const Survey& survey, const Difference& one) const {
        const TreeFile& file = *find_file(survey.here, one.path);
        return {.path = one.path, .digest = file.digest, .bytes = file.attributes.bytes, .mtime_ns = file.attributes.mtime_ns, .executable = file.attributes.executable, .replaces = one.there};
    }

    // Whether anything was tried.
    core::Result<bool> act(Survey& survey) {
        const bool wants_to_send = std::any_of(survey.drift.begin(), survey.drift.end(), goes_there);
        if (wants_to_send) { RL_TRY(write_plan(survey)); }
        RL_TRY(annotate(survey));
        std::vector<Job> to_send;
        std::vector<Job> to_replace;
        std::vector<Job> to_receive;
        for (const Difference& one : survey.drift) {
            if (!one.held.empty()) { continue; }
            if (goes_there(one)) {
                Job job = job_to_send(survey, one);
                (job.replaces && side_.creates_exclusively() ? to_replace : to_send).push_back(std::move(job));
            } else if (comes_here(one)) {
                const TreeFile& file = *find_file(survey.there, one.path);
                to_receive.push_back({.path = one.path, .digest = file.digest, .bytes = file.attributes.bytes, .mtime_ns = file.attributes.mtime_ns, .executable = file.attributes.executable, .replaces = one.here});
            }
        }
        send(to_send);
        if (!to_replace.empty()) { replace(to_replace); }
        receive(survey, to_receive);
        return !to_send.empty() || !to_replace.empty() || !to_receive.empty();
    }

    void replace(const std::vector<Job>& jobs) {
        const core::Result<rundir::PushLock> lock = take_lock(side_.lock_place());
        if (lock.ok()) { return send(jobs); }
        for (const Job& job : jobs) {
            held_[job.path] = lock.error().message();
            if (lock.error().code() != core::Errc::busy) { report_.failures.push_back({job.path, lock.error().message()}); }
        }
    }

    void send(const std::vector<Job>& jobs) {
        const std::vector<Outcome> outcomes = side_.send(writer_, jobs);
        for (std::size_t i = 0; i < outcomes.size(); ++i) {
            if (!count(jobs[i], outcomes[i], report_.pushed)) { continue; }
            if (jobs[i].path == pair_.database) { report_.database = DatabaseState::pushed; }
            if (outcomes[i].there && outcomes[i].digest) { remember(jobs[i].path, *outcomes[i].digest, *outcomes[i].there); }
        }
    }

    void receive(const Survey& survey, const std::vector<Job>& jobs) {
        const std::vector<Outcome> outcomes = side_.receive(writer_, jobs);
        for (std::size_t i = 0; i < outcomes.size(); ++i) {
            if (count(jobs[i], outcomes[i], report_.pulled) && outcomes[i].digest) { remember(jobs[i].path, *outcomes[i].digest, find_file(survey.there, jobs[i].path)->attributes); }
        }
    }

    bool count(const Job& job, const Outcome& outcome, Moved& moved) {
        if (outcome.fate == Fate::done) {
            ++moved.files;
            moved.bytes += job.bytes;
            return true;
        }
        held_[job.path] = outcome.why;
        if (outcome.fate == Fate::failed) { report_.failures.push_back({job.path, outcome.why}); }
        return false;
    }

    void remember(const std::string& path, const core::Digest& digest, const Attributes& there) {
        fresh_.push_back({.path = path, .digest = digest, .bytes = there.bytes, .mtime_ns = there.mtime_ns});
    }

    // --- What is written there ---------------------------------------------------------------------------------------
    // What both have, and what they last agreed on where they differ by now.
    std::vector<Entry> agreed_entries(const Survey& survey) const {
        std::vector<Entry> entries;
        for (const TreeFile& theirs : survey.there.files) {
            const TreeFile* const ours = find_file(survey.here, theirs.path);
            if (ours != nullptr && ours->digest && theirs.digest && *ours->digest == *theirs.digest) {
                entries.push_back({.path = theirs.path, .digest = *theirs.digest, .bytes = theirs.attributes.bytes, .mtime_ns = theirs.attributes.mtime_ns});
            } else if (const Entry* const base = survey.known.agreed(theirs)) {
                entries.push_back(*base);
                entries.back().planned = false;
            }
        }
        return entries;
    }

    core::Status write_segment(Survey& survey, std::vector<Entry> entries) {
        const std::string text = write_manifest({.kind = ManifestKind::segment, .writer = writer_, .entries = std::move(entries)});
        if (text == survey.own_segment) { return core::ok(); }
        RL_TRY(side_.write_segment(writer_, text));
        survey.own_segment = text;
        return core::ok();
    }

    // Before anything is sent: so that after a kill what arrived need not be read to be known.
    core::Status write_plan(Survey& survey) {
        std::vector<Entry> entries = agreed_entries(survey);
        for (const Difference& one : survey.drift) {
            const TreeFile* const file = goes_there(one) ? find_file(survey.here, one.path) : nullptr;
            if (file == nullptr || !file->digest) { continue; }
            entries.push_back({.path = one.path, .digest = *file->digest, .bytes = file->attributes.bytes, .mtime_ns = side_.mtime_there(file->attributes.mtime_ns), .planned = true});
        }
        return write_segment(survey, std::move(entries));
    }

    core::Status keep_segment(Survey& survey) {
        std::vector<Entry> entries = agreed_entries(survey);
        if (entries.empty() && survey.own_segment.empty()) { return core::ok(); }
        return write_segment(survey, std::move(entries));
    }

    // --- What is told ------------------------------------------------------------------------------------------------
    void finish(Survey& survey) {
        report_.is_here = survey.here.is_there;
        report_.files_here = survey.here.files.size();
        report_.files_there = survey.there.files.size();
        for (Tree* tree : {&survey.here, &survey.there}) { report_.passed_over.insert(report_.passed_over.end(), tree->passed_over.begin(), tree->passed_over.end()); }
        report_.drift = std::move(survey.drift);
        tell_database(survey);
    }

    void tell_database(const Survey& survey) {
        if (const auto* why = std::get_if<std::string>(&hold_)) {
            report_.database = DatabaseState::skipped;
            report_.database_why = *why;
            return;
        }
        if (!takes_database()) { return; }
        const auto found = std::find_if(report_.drift.begin(), report_.drift.end(), [&](const Difference& one) { return one.path == pair_.database; });
        if (found == report_.drift.end()) {
            if (report_.database != DatabaseState::pushed) { report_.database = find_file(survey.here, pair_.database) != nullptr ? DatabaseState::same : DatabaseState::none; }
            return;
        }
        // It is derived: that it differs is no drift.
        report_.database = goes_there(*found) && found->held.empty() ? DatabaseState::to_push : DatabaseState::skipped;
        if (report_.database == DatabaseState::skipped) {
            report_.database_why = !found->held.empty() ? found->held
                                                        : "one that another machine made stands there, and databases are never merged; `sync now` brings the logs of all, and `lake reconcile` makes one of them";
        }
        report_.drift.erase(found);
    }

    std::string own_folder() const { return core::cat(pair_.here, '/', k_own_folder); }

    const Pair& pair_;
    Side& side_;
    Mode mode_;
    std::string writer_;
    PairReport report_;
    std::unique_ptr<os::Lease> lease_;
    DatabaseHold hold_;
    std::vector<Entry> fresh_;
    std::map<std::string, std::string> held_;
};

}  // namespace

std::string_view database_state_name(DatabaseState state) {
    switch (state) {
        case DatabaseState::none: return "none";
        case DatabaseState::same: return "same";
        case DatabaseState::pushed: return "pushed";
        case DatabaseState::to_push: return "to_push";
        case DatabaseState::skipped: return "skipped";
    }
    return "none";
}

std::string writer_name(const std::string& here) {
    const core::Digest digest = core::FieldHash("sync-writer/1").field("machine", std::string_view(os::machine_id())).field("root", std::string_view(here)).finish();
    return core::cat(os::machine_label(), '-', digest.hex().substr(0, 16));
}

core::Result<PairReport> exchange(const Pair& pair, Side& side, Mode mode) { return Exchange(pair, side, mode).run(); }

}  // namespace runlake::sync

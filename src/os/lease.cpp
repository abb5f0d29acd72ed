// SPDX-License-Identifier: Apache-2.0
// The lease file: taking, judging, breaking, renewing, releasing.
#include "os/lease.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "core/digest.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "os/files_calls.hpp"
#include "os/start_thread.hpp"

namespace runlake::os {
namespace {

constexpr std::uint64_t k_max_lease_bytes = 64U << 10U;
constexpr int k_rounds = 16;             // others that take and release all the time are not waited for
constexpr int k_deepest_claim = 4;       // breakers killed while they broke a breaker's claim, and so on

std::string to_text(const LeaseHolder& holder) {
    core::Json text = core::Json::object();
    text.set("version", 1)
        .set("machine", holder.process.machine)
        .set("boot", holder.process.boot)
        .set("pid_ns", holder.process.pid_ns)
        .set("pid", std::int64_t{holder.process.pid})
        .set("start_ticks", holder.process.start_ticks)
        .set("token", holder.token)
        .set("purpose", holder.purpose)
        .set("taken_at", core::format_iso(holder.taken_at));
    return core::to_json(text) + "\n";
}

core::Result<LeaseHolder> parse_holder(std::string_view text, const std::string& path) {
    RL_ASSIGN(const core::Json json, core::parse_json(text, path));
    const auto machine = json.string_at("machine");
    const auto boot = json.string_at("boot");
    const auto pid_ns = json.integer_at("pid_ns");
    const auto pid = json.integer_at("pid");
    const auto ticks = json.integer_at("start_ticks");
    const auto token = json.string_at("token");
    if (!machine || !boot || !pid_ns || !pid || *pid <= 0 || *pid > INT32_MAX || !ticks || !token || token->empty()) {
        return core::Error(core::Errc::corrupt, core::cat("reading lease ", path, ": a member is missing or of the wrong type"));
    }
    const core::Result<core::Timestamp> taken_at = core::parse_iso(json.string_at("taken_at").value_or(""));
    return LeaseHolder{ProcessId{*machine, *boot, static_cast<std::uint64_t>(*pid_ns), static_cast<pid_t>(*pid), static_cast<std::uint64_t>(*ticks)}, *token,
                       json.string_at("purpose").value_or(""), taken_at.ok() ? taken_at.value() : core::Timestamp{}};
}

// Age of the lease by the clock of whoever keeps the files: against a file made beside it now. Nothing when that can't be measured.
std::optional<std::int64_t> age_seconds(const std::string& path) {
    const std::string probe = core::cat(parent_path(path), "/.", base_name(path), '.', random_hex(8), ".probe");
    const core::Result<Fd> file = create_exclusive(probe, 0600, point::lease_create);
    if (!file.ok()) { return std::nullopt; }
    struct stat now{};
    const bool looked = ::fstat(file.value().get(), &now) == 0;
    ::unlink(probe.c_str());
    const std::optional<struct stat> then = stat_path(path);
    if (!looked || !then) { return std::nullopt; }
    return std::int64_t{now.st_mtim.tv_sec} - std::int64_t{then->st_mtim.tv_sec};
}

bool is_old(const std::string& path, std::chrono::seconds limit) {
    const std::optional<std::int64_t> age = age_seconds(path);
    return age && *age > limit.count();
}

// Leases of this process that it no longer holds, although their files would not go: it is alive, so by its pid it would wait for itself.
class GivenUp {
  public:
    static GivenUp& here() {
        static GivenUp all;
        return all;
    }
    void add(const std::string& token) {
        const std::lock_guard lock(mutex_);
        tokens_.insert(token);
    }
    bool has(const std::string& token) const {
        const std::lock_guard lock(mutex_);
        return tokens_.contains(token);
    }

  private:
    mutable std::mutex mutex_;
    std::set<std::string> tokens_;
};

// Whether the holder has certainly, or by the rule of the heartbeat, gone. A machine that started again is judged by its heartbeat too: two machines made from
// one image may carry the same id.
bool is_gone(const std::string& path, const LeaseHolder& holder, std::chrono::seconds limit) {
    if (GivenUp::here().has(holder.token)) { return true; }
    if (holder.process.boot == boot_id()) {
        const Liveness state = liveness(holder.process);
        if (state != Liveness::unknowable) { return state == Liveness::dead; }
    }
    return is_old(path, limit);
}

core::Error busy(const std::string& path, const std::string& purpose, const std::string& who) {
    return {core::Errc::busy, core::cat("taking the lease ", path, " to ", purpose, ": held by ", who)};
}

std::string describe(const LeaseHolder& holder) {
    return core::cat("process ", holder.process.pid, holder.process.machine == machine_id() ? "" : core::cat(" of machine ", holder.process.machine.substr(0, 8)),
                     " since ", core::format_iso(holder.taken_at), holder.purpose.empty() ? "" : core::cat(" (", holder.purpose, ')'));
}

// The thread that keeps a lease young. On the heap and alone, because a forked child must leave it as it is.
struct Heart {
    std::mutex mutex;
    std::condition_variable wake;
    bool stop = false;
    std::thread thread;
};

class HeldLease final : public Lease {
  public:
    HeldLease(std::string path, LeaseHolder holder) : path_(std::move(path)), holder_(std::move(holder)) {}
    HeldLease(const HeldLease&) = delete;
    HeldLease& operator=(const HeldLease&) = delete;

    ~HeldLease() override {
        if (::getpid() != holder_.process.pid) {
            // A forked child holds nothing: the thread does not exist here, and its condition variable would be waited for.
            static_cast<void>(heart_.release());
            return;
        }
        if (heart_) {
            {
                const std::lock_guard lock(heart_->mutex);
                heart_->stop = true;
            }
            heart_->wake.notify_all();
            heart_->thread.join();
        }
        if (!is_still_ours() || remove_file(path_, point::lease_remove).ok()) { return; }
        // Once more: others would wait for as long as this process lives.
        if (!remove_file(path_, point::lease_remove).ok()) { GivenUp::here().add(holder_.token); }
    }

    // On an error it is given up by the destructor.
    core::Status keep_young(const LeaseOptions& options) {
        if (!options.heartbeat) { return core::ok(); }
        const auto pause = std::max<std::chrono::milliseconds>(std::chrono::milliseconds(options.heartbeat_limit) / 3, std::chrono::milliseconds(10));
        auto heart = std::make_unique<Heart>();
        RL_ASSIGN(heart->thread, start_thread([this, heart = heart.get(), pause] { beat(*heart, pause); }));
        heart_ = std::move(heart);
        return core::ok();
    }

    bool is_still_ours() const override {
        if (::getpid() != holder_.process.pid) { return false; }
        const core::Result<std::optional<LeaseHolder>> now = lease_holder(path_);
        return now.ok() && now.value() && now.value()->token == holder_.token;
    }

    const LeaseHolder& holder() const override { return holder_; }

  private:
    void beat(Heart& heart, std::chrono::milliseconds pause) const {
        std::unique_lock lock(heart.mutex);
        while (!heart.wake.wait_for(lock, pause, [&] { return heart.stop; })) {
            lock.unlock();
            // UTIME_NOW: the file server's time, not ours. A failure shows as age, which is what it is.
            if (is_still_ours()) { static_cast<void>(call_at(point::lease_renew, [&] { return ::utimensat(AT_FDCWD, path_.c_str(), nullptr, 0); })); }
            lock.lock();
        }
    }

    std::string path_;
    LeaseHolder holder_;
    std::unique_ptr<Heart> heart_;
};

core::Result<std::unique_ptr<Lease>> take_at(const std::string& path, const LeaseOptions& options, int depth);

// Removes the lease of a holder that has gone. Only who holds the claim "<path>.break-<token>" (a lease of its own, exclusive for this one dead lease) may, so that
// of two breakers the slower one cannot remove what the faster one, or a third, has taken since.
core::Status break_lease(const std::string& path, const std::string& content, const LeaseOptions& options, int depth) {
    if (depth >= k_deepest_claim) { return busy(path, options.purpose, "a process that has gone, and so have those that would remove it"); }
    const std::string claim_path = core::cat(path, ".break-", core::sha256(content).hex().substr(0, 12));
    LeaseOptions claim_options = options;
    claim_options.purpose = "break";
    claim_options.heartbeat = false;
    RL_ASSIGN(const std::unique_ptr<Lease> claim, take_at(claim_path, claim_options, depth + 1));
    const core::Result<std::string> now = read_file(path, k_max_lease_bytes);
    if (!now.ok() || now.value() != content) { return core::ok(); }  // another broke it before
    return remove_file(path, point::lease_remove);
}

core::Result<std::unique_ptr<Lease>> take_at(const std::string& path, const LeaseOptions& options, int depth) {
    const LeaseHolder mine{this_process(), random_hex(32), options.purpose, system_clock().now()};
    const std::string text = to_text(mine);
    for (int round = 0; round < k_rounds; ++round) {
        const core::Status published = publish_file(path, text, 0644, Existing::keep, Durability::process, point::lease_create);
        if (published.ok()) {
            auto held = std::make_unique<HeldLease>(path, mine);
            RL_TRY(held->keep_young(options));
            return std::unique_ptr<Lease>(std::move(held));
        }
        if (published.error().code() != core::Errc::conflict) { return published.error(); }
        const core::Result<std::string> found = read_file(path, k_max_lease_bytes);
        if (!found.ok()) {
            if (found.error().code() == core::Errc::not_found) { continue; }  // released meanwhile
            return found.error();
        }
        const core::Result<LeaseHolder> holder = parse_holder(found.value(), path);
        if (holder.ok() ? !is_gone(path, holder.value(), options.heartbeat_limit) : !is_old(path, options.heartbeat_limit)) {
            return busy(path, options.purpose, holder.ok() ? describe(holder.value()) : "a file that can't be read as a lease");
        }
        RL_TRY(break_lease(path, found.value(), options, depth));
    }
    return busy(path, options.purpose, "others, one after the other");
}

}  // namespace

core::Result<std::unique_ptr<Lease>> Lease::take(const std::string& path, const LeaseOptions& options) { return take_at(path, options, 0); }

core::Result<std::optional<LeaseHolder>> lease_holder(const std::string& path) {
    const core::Result<std::string> text = read_file(path, k_max_lease_bytes);
    if (!text.ok()) {
        if (text.error().code() == core::Errc::not_found) { return std::optional<LeaseHolder>(); }
        return text.error();
    }
    RL_ASSIGN(LeaseHolder holder, parse_holder(text.value(), path));
    return std::optional<LeaseHolder>(std::move(holder));
}

core::Result<bool> lease_lives(const std::string& path, std::chrono::seconds heartbeat_limit) {
    const core::Result<std::optional<LeaseHolder>> holder = lease_holder(path);
    if (!holder.ok()) {
        if (holder.error().code() != core::Errc::corrupt) { return holder.error(); }
        return !is_old(path, heartbeat_limit);
    }
    return holder.value() && !is_gone(path, *holder.value(), heartbeat_limit);
}

}  // namespace runlake::os

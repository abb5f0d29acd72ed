// SPDX-License-Identifier: Apache-2.0
// Landlock rules: made in the parent, put on in the child.
#include "os/sandbox.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/sandbox_witness.hpp"

namespace runlake::os {
namespace {

// Rights that came with later kernels than the headers of this build.
constexpr std::uint64_t k_refer = 1ULL << 13U;
constexpr std::uint64_t k_truncate = 1ULL << 14U;

constexpr std::uint64_t k_read_file = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr std::uint64_t k_read = k_read_file | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t k_make = LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
                                 LANDLOCK_ACCESS_FS_MAKE_SYM;
constexpr std::uint64_t k_write_file = LANDLOCK_ACCESS_FS_WRITE_FILE | k_truncate;
constexpr std::uint64_t k_on_files = k_read_file | k_write_file;  // all that a rule of a file may hold

long landlock_version() { return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION); }

// All that this kernel can refuse of what we know.
std::uint64_t handled_rights(long version) {
    std::uint64_t rights = k_read | k_make | LANDLOCK_ACCESS_FS_WRITE_FILE;
    if (version >= 2) { rights |= k_refer; }
    if (version >= 3) { rights |= k_truncate; }
    return rights;
}

class RuleSet {
  public:
    static core::Result<RuleSet> make() {
        const long version = landlock_version();
        if (version < 1) { return core::Error(core::Errc::unsupported, "confining a program: this kernel has no Landlock"); }
        landlock_ruleset_attr handled{};
        handled.handled_access_fs = handled_rights(version);
        Fd fd(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, sizeof handled.handled_access_fs, 0)));
        if (!fd.is_open()) { return system_error(errno, "confining a program", "landlock_create_ruleset"); }
        return RuleSet(std::move(fd), handled.handled_access_fs);
    }

    enum class Missing : std::uint8_t { error, skip };
    // A link is skipped: what it leads to stands under the rules of its own place.
    core::Status allow(const std::string& path, std::uint64_t rights, Missing missing) {
        const Fd at(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
        if (!at.is_open()) { return missing == Missing::skip ? core::ok() : core::Status(system_error(errno, "confining a program to", path)); }
        struct stat info{};
        if (::fstat(at.get(), &info) != 0) { return system_error(errno, "confining a program to", path); }
        if (S_ISLNK(info.st_mode)) { return core::ok(); }
        landlock_path_beneath_attr rule{};
        rule.allowed_access = rights & handled_ & (S_ISDIR(info.st_mode) ? ~0ULL : k_on_files);
        rule.parent_fd = at.get();
        if (rule.allowed_access == 0 || ::syscall(SYS_landlock_add_rule, fd_.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0) { return core::ok(); }
        // Some file systems of the kernel itself know no rules; there is nothing in them to be kept from.
        return missing == Missing::skip ? core::ok() : core::Status(system_error(errno, "confining a program to", path));
    }
    int fd() const { return fd_.get(); }

  private:
    RuleSet(Fd fd, std::uint64_t handled) : fd_(std::move(fd)), handled_(handled) {}
    Fd fd_;
    std::uint64_t handled_;
};

// Landlock only allows. So that all may be read but what is closed, everything that stands beside the way down to a closed folder is allowed by itself.
core::Status allow_beside(RuleSet& rules, const std::vector<std::string>& closed) {
    std::set<std::string> on_the_way;
    for (const std::string& folder : closed) {
        for (std::string above = parent_path(folder);; above = parent_path(above)) {
            on_the_way.insert(above);
            if (above == "/") { break; }
        }
    }
    for (const std::string& folder : on_the_way) {
        if (std::any_of(closed.begin(), closed.end(), [&](const std::string& other) { return is_below(folder, other); })) { continue; }
        const core::Result<std::vector<DirEntry>> entries = list_dir(folder);
        if (!entries.ok()) { continue; }  // a folder that we may not list: nothing in it but the way is known to be there
        for (const DirEntry& entry : entries.value()) {
            const std::string path = join_path(folder, entry.name);
            if (entry.type == DT_LNK || on_the_way.contains(path) || std::find(closed.begin(), closed.end(), path) != closed.end()) { continue; }
            RL_TRY(rules.allow(path, k_read, RuleSet::Missing::skip));
        }
    }
    return core::ok();
}

core::Result<std::vector<std::string>> resolved(const std::vector<std::string>& paths) {
    std::vector<std::string> real;
    for (const std::string& path : paths) {
        if (!exists(path)) { return core::Error(core::Errc::not_found, core::cat("confining a program to ", path, ": there is no such file or folder")); }
        RL_ASSIGN(std::string one, absolute_path(path));
        real.push_back(std::move(one));
    }
    std::sort(real.begin(), real.end());
    real.erase(std::unique(real.begin(), real.end()), real.end());
    return real;
}

core::Result<ResolvedRules> resolve(const SandboxRules& rules) {
    ResolvedRules out;
    out.strict = rules.strict;
    RL_ASSIGN(out.writable, resolved(rules.writable));
    RL_ASSIGN(out.closed, resolved(rules.closed));
    RL_ASSIGN(out.readable, resolved(rules.readable));
    RL_ASSIGN(out.listable, resolved(rules.listable));
    if (is_dir("/dev/shm")) { out.writable.emplace_back("/dev/shm"); }
    out.devices = {"/dev", "/proc"};
    return out;
}

core::Result<RuleSet> make_rules(const ResolvedRules& rules) {
    RL_ASSIGN(RuleSet set, RuleSet::make());
    for (const std::string& path : rules.writable) { RL_TRY(set.allow(path, k_read | k_make | k_write_file | k_refer, RuleSet::Missing::error)); }
    for (const std::string& path : rules.devices) { RL_TRY(set.allow(path, k_read | k_write_file, RuleSet::Missing::skip)); }
    for (const std::string& path : rules.readable) { RL_TRY(set.allow(path, k_read, RuleSet::Missing::error)); }
    if (rules.strict) {
        for (const std::string& path : rules.listable) { RL_TRY(set.allow(path, LANDLOCK_ACCESS_FS_READ_DIR, RuleSet::Missing::error)); }
        return set;
    }
    if (rules.closed.empty()) {
        RL_TRY(set.allow("/", k_read, RuleSet::Missing::error));
        return set;
    }
    RL_TRY(set.allow("/", LANDLOCK_ACCESS_FS_READ_DIR, RuleSet::Missing::error));
    RL_TRY(allow_beside(set, rules.closed));
    return set;
}

class LandlockSandbox final : public Sandbox {
  public:
    LandlockSandbox(RuleSet rules, std::unique_ptr<Witness> witness) : rules_(std::move(rules)), witness_(std::move(witness)) {}

    int apply() override {
        if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) { return errno; }
        if (::syscall(SYS_landlock_restrict_self, rules_.fd(), 0) != 0) { return errno; }
        if (witness_) { witness_->install(); }
        return 0;
    }
    std::vector<Denial> denials() const override { return witness_ ? witness_->denials() : std::vector<Denial>(); }
    bool tells_names() const override { return witness_ && witness_->listens(); }

  private:
    RuleSet rules_;
    std::unique_ptr<Witness> witness_;
};

}  // namespace

SandboxSupport sandbox_support() {
    if (landlock_version() < 1) { return SandboxSupport::none; }
    return kernel_tells_names() ? SandboxSupport::landlock_and_names : SandboxSupport::landlock;
}

core::Result<std::unique_ptr<Sandbox>> Sandbox::prepare(const SandboxRules& rules) {
    if (landlock_version() < 1) { return core::Error(core::Errc::unsupported, "confining a program: this kernel has no Landlock"); }
    RL_ASSIGN(ResolvedRules real, resolve(rules));
    RL_ASSIGN(RuleSet set, make_rules(real));
    std::unique_ptr<Witness> witness;
    if (kernel_tells_names()) {
        core::Result<std::unique_ptr<Witness>> begun = Witness::begin(std::move(real));
        if (begun.ok()) { witness = std::move(begun).take(); }  // else without names
    }
    return std::unique_ptr<Sandbox>(std::make_unique<LandlockSandbox>(std::move(set), std::move(witness)));
}

}  // namespace runlake::os

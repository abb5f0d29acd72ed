// SPDX-License-Identifier: Apache-2.0
// The witness of a sandbox: a seccomp filter that tells of calls, and the thread that looks at them and always lets them go on.
//
// Why not the guard: between our look and the kernel's, the program can change the path. So every call continues, and Landlock alone refuses.
#include "os/sandbox_witness.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/start_thread.hpp"

namespace runlake::os {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t k_architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t k_architecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t k_architecture = 0;  // names are not told
#endif

constexpr std::uint32_t k_wait_killable = 1U << 5U;       // SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, Linux 5.19
constexpr std::uint64_t k_sync_wake_up = 1U;              // SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP, Linux 6.6
constexpr unsigned long k_set_flags = SECCOMP_IOW(4, __u64);
constexpr std::size_t k_most_denials = 32;
constexpr std::size_t k_most_folders = 4096;              // remembered

enum class Act : std::uint8_t { open, open_how, make, remove, rewrite, execute };

// A call that names a path: which argument is the folder that it starts from (-1: the working folder), which the path, which the flags.
struct Watched {
    long number;
    Act act;
    int folder;
    int path;
    int flags;
    bool second = false;   // a second folder and path follow the first (rename: both are changed)
};

constexpr auto k_watched = std::to_array<Watched>({
#ifdef SYS_open
    {SYS_open, Act::open, -1, 0, 1},
#endif
#ifdef SYS_creat
    {SYS_creat, Act::make, -1, 0, -1},
#endif
#ifdef SYS_mkdir
    {SYS_mkdir, Act::make, -1, 0, -1},
#endif
#ifdef SYS_mknod
    {SYS_mknod, Act::make, -1, 0, -1},
#endif
#ifdef SYS_rmdir
    {SYS_rmdir, Act::remove, -1, 0, -1},
#endif
#ifdef SYS_unlink
    {SYS_unlink, Act::remove, -1, 0, -1},
#endif
#ifdef SYS_rename
    {SYS_rename, Act::remove, -1, 0, -1, true},
#endif
#ifdef SYS_renameat
    {SYS_renameat, Act::remove, 0, 1, -1, true},
#endif
#ifdef SYS_symlink
    {SYS_symlink, Act::make, -1, 1, -1},
#endif
#ifdef SYS_link
    {SYS_link, Act::make, -1, 1, -1},
#endif
    {SYS_openat, Act::open, 0, 1, 2},
    {SYS_openat2, Act::open_how, 0, 1, 2},
    {SYS_mkdirat, Act::make, 0, 1, -1},
    {SYS_mknodat, Act::make, 0, 1, -1},
    {SYS_unlinkat, Act::remove, 0, 1, -1},
    {SYS_renameat2, Act::remove, 0, 1, -1, true},
    {SYS_symlinkat, Act::make, 1, 2, -1},
    {SYS_linkat, Act::make, 2, 3, -1},
    {SYS_truncate, Act::rewrite, -1, 0, -1},
    {SYS_execve, Act::execute, -1, 0, -1},
    {SYS_execveat, Act::execute, 0, 1, -1},
});

constexpr std::uint32_t k_writing_flags = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;

sock_filter statement(unsigned code, std::uint32_t value) { return sock_filter{static_cast<std::uint16_t>(code), 0, 0, value}; }
sock_filter jump(unsigned code, std::uint32_t value, std::uint8_t yes, std::uint8_t no) { return sock_filter{static_cast<std::uint16_t>(code), yes, no, value}; }

// The low half of an argument: flags are ints.
std::uint32_t argument_offset(int index) { return static_cast<std::uint32_t>(offsetof(seccomp_data, args)) + static_cast<std::uint32_t>(index) * 8U; }

int seccomp(unsigned operation, unsigned flags, void* argument) { return static_cast<int>(::syscall(SYS_seccomp, operation, flags, argument)); }

// The text at an address of another process, up to its end.
std::optional<std::string> text_of(pid_t process, std::uint64_t address) {
    std::array<char, PATH_MAX> buffer{};
    std::size_t count = 0;
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    while (count < buffer.size()) {
        // Not past the end of a page: the next one may not be there.
        const std::uint64_t at = address + count;
        const std::size_t most = std::min<std::size_t>(buffer.size() - count, static_cast<std::size_t>(page - at % page));
        iovec local{buffer.data() + count, most};
        iovec remote{reinterpret_cast<void*>(at), most};  // NOLINT: an address of another process
        const ssize_t got = ::process_vm_readv(process, &local, 1, &remote, 1, 0);
        if (got <= 0) { return std::nullopt; }
        const void* const end = std::memchr(buffer.data() + count, '\0', static_cast<std::size_t>(got));
        if (end != nullptr) { return std::string(buffer.data()); }
        count += static_cast<std::size_t>(got);
    }
    return std::nullopt;
}

// Turns paths into those that the kernel will find. Remembers folders: a program opens many files of few.
class PathFinder {
  public:
    // `follow`: a link at the end is followed.
    std::optional<std::string> find(pid_t process, int folder, const std::string& path, bool follow) {
        std::string whole = path;
        if (path.empty()) { return std::nullopt; }
        if (path.front() != '/') {
            const std::optional<std::string> base = read_link(folder == AT_FDCWD ? core::cat("/proc/", process, "/cwd") : core::cat("/proc/", process, "/fd/", folder));
            if (!base || base->front() != '/') { return std::nullopt; }
            whole = join_path(*base, path);
        }
        if (is_below(whole, "/proc") || is_below(whole, "/dev")) { return lexically_normal(whole); }  // "self" is another for each process
        for (int links = 0; links < 16; ++links) {
            const std::string name = base_name(whole);
            if (name == "." || name == ".." || name.empty()) { return real_folder(whole); }
            const std::optional<std::string> above = real_folder(parent_path(whole));
            if (!above) { return std::nullopt; }
            whole = join_path(*above, name);
            const std::optional<std::string> target = follow ? read_link(whole) : std::nullopt;
            if (!target) { return whole; }
            whole = join_path(*above, *target);
        }
        return std::nullopt;
    }

  private:
    std::optional<std::string> real_folder(const std::string& folder) {
        if (const auto known = folders_.find(folder); known != folders_.end()) { return known->second; }
        const core::Result<std::string> real = absolute_path(folder);
        if (!real.ok() || !is_dir(real.value())) { return std::nullopt; }  // the call fails of itself
        if (folders_.size() >= k_most_folders) { folders_.clear(); }
        folders_.emplace(folder, real.value());
        return real.value();
    }
    std::unordered_map<std::string, std::string> folders_;
};

class SeccompWitness final : public Witness {
  public:
    SeccompWitness(ResolvedRules rules, Fd wake, Fd ours, Fd childs)
        : rules_(std::move(rules)),
          wake_(std::move(wake)),
          ours_(std::move(ours)),
          childs_(std::move(childs)),
          filter_(witness_filter(rules_.strict || !rules_.closed.empty(), rules_.strict, rules_.strict)) {}
    SeccompWitness(const SeccompWitness&) = delete;
    SeccompWitness& operator=(const SeccompWitness&) = delete;
    ~SeccompWitness() override {
        const std::uint64_t one = 1;
        while (::write(wake_.get(), &one, sizeof one) < 0 && errno == EINTR) {}
        if (thread_.joinable()) { thread_.join(); }
    }

    core::Status begin() {
        RL_ASSIGN(thread_, start_thread([this] { listen(); }));
        return core::ok();
    }

    void install() override {
        sock_fprog program{static_cast<unsigned short>(filter_.size()), filter_.data()};
        int listener = seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER | k_wait_killable, &program);
        if (listener < 0 && errno == EINVAL) { listener = seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program); }
        if (listener < 0) { return; }  // one is listening to us already, or there may be none
        send_descriptor(listener);
        ::close(listener);
    }

    std::vector<Denial> denials() const override {
        const std::lock_guard lock(mutex_);
        return denials_;
    }
    bool listens() const override { return listens_ && !blind_; }

  private:
    void send_descriptor(int fd) const {
        char byte = 0;
        iovec data{&byte, 1};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
        msghdr message{};
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
        while (::sendmsg(childs_.get(), &message, MSG_NOSIGNAL) < 0 && errno == EINTR) {}
    }

    // --- in the thread ---------------------------------------------------------------------------------------------------------------------

    void listen() {
        const Fd listener = receive_descriptor();
        if (!listener.is_open()) { return; }
        listens_ = true;
        ::ioctl(listener.get(), k_set_flags, k_sync_wake_up);  // faster where it is known
        while (is_ready(listener.get(), POLLIN | POLLHUP)) {
            seccomp_notif call{};
            if (::ioctl(listener.get(), SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) {
                if (errno == ENOENT || errno == EINTR) { continue; }  // it was killed meanwhile
                return;
            }
            judge(listener.get(), call);
            seccomp_notif_resp answer{};
            answer.id = call.id;
            answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
            ::ioctl(listener.get(), SECCOMP_IOCTL_NOTIF_SEND, &answer);
        }
    }

    // False when we are to end, or when no program is left that could call.
    bool is_ready(int fd, short events) const {
        std::array<pollfd, 2> polled = {pollfd{fd, events, 0}, pollfd{wake_.get(), POLLIN, 0}};
        int ready = 0;
        do { ready = ::poll(polled.data(), polled.size(), -1); } while (ready < 0 && errno == EINTR);
        return ready > 0 && (polled[0].revents & POLLIN) != 0;
    }

    Fd receive_descriptor() const {
        if (!is_ready(ours_.get(), POLLIN)) { return {}; }
        char byte = 0;
        iovec data{&byte, 1};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
        msghdr message{};
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        if (::recvmsg(ours_.get(), &message, MSG_CMSG_CLOEXEC) <= 0) { return {}; }
        const cmsghdr* const header = CMSG_FIRSTHDR(&message);
        if (header == nullptr || header->cmsg_type != SCM_RIGHTS) { return {}; }
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
        return Fd(fd);
    }

    void judge(int listener, const seccomp_notif& call) {
        const auto* const watched = std::find_if(k_watched.begin(), k_watched.end(), [&](const Watched& one) { return one.number == call.data.nr; });
        if (watched == k_watched.end()) { return; }
        look_at(listener, call, *watched, watched->folder, watched->path, watched->act);
        if (watched->second) { look_at(listener, call, *watched, watched->folder < 0 ? -1 : 2, watched->folder < 0 ? 1 : 3, Act::make); }
    }

    void look_at(int listener, const seccomp_notif& call, const Watched& watched, int folder_at, int path_at, Act act) {
        const auto process = static_cast<pid_t>(call.pid);
        const auto argument = [&](int index) { return call.data.args[static_cast<std::size_t>(index)]; };
        std::uint64_t flags = watched.flags >= 0 ? argument(watched.flags) : 0;
        if (act == Act::open_how) {  // the flags are the first member of a struct
            iovec local{&flags, sizeof flags};
            iovec remote{reinterpret_cast<void*>(flags), sizeof flags};  // NOLINT
            if (::process_vm_readv(process, &local, 1, &remote, 1, 0) != static_cast<ssize_t>(sizeof flags)) { return; }
        }
        const std::optional<std::string> text = text_of(process, argument(path_at));
        if (!text) {
            blind_ = true;  // the system does not let us read another process's memory, or the program gave no address
            return;
        }
        const int folder = folder_at < 0 ? AT_FDCWD : static_cast<int>(argument(folder_at));
        const bool opens = act == Act::open || act == Act::open_how;
        const bool follow = act == Act::execute || act == Act::rewrite || (opens && (flags & O_NOFOLLOW) == 0);
        const std::optional<std::string> path = finder_.find(process, folder, *text, follow);
        // The process may be gone by now, and its number another's.
        if (!path || ::ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call.id) != 0) { return; }
        const std::optional<Denial> denial = opens ? judge_open(*path, flags) : judge_other(*path, act);
        if (denial) { note(*denial); }
    }

    std::optional<Denial> judge_open(const std::string& path, std::uint64_t flags) const {
        if ((flags & O_PATH) != 0) { return std::nullopt; }
        const std::optional<struct stat> there = stat_link(path);
        if (!there && (flags & O_CREAT) == 0) { return std::nullopt; }  // fails of itself
        const bool makes = !there || (flags & O_TMPFILE) == O_TMPFILE;
        const bool writes = makes || (flags & (O_WRONLY | O_RDWR | O_TRUNC)) != 0;
        if (writes && !rules_.may_write(path, makes)) { return Denial{path, true}; }
        const bool reads = (flags & O_ACCMODE) != O_WRONLY;
        const bool lists = there && S_ISDIR(there->st_mode);
        if (reads && !(lists ? rules_.may_list(path) : rules_.may_read(path))) { return Denial{path, false}; }
        return std::nullopt;
    }

    std::optional<Denial> judge_other(const std::string& path, Act act) const {
        const bool there = stat_link(path).has_value();
        switch (act) {
            case Act::make: return !rules_.may_write(path, true) && !there ? std::optional(Denial{path, true}) : std::nullopt;
            case Act::execute: return there && !rules_.may_read(path) ? std::optional(Denial{path, false}) : std::nullopt;
            default: return there && !rules_.may_write(path, act == Act::remove) ? std::optional(Denial{path, true}) : std::nullopt;
        }
    }

    void note(const Denial& denial) {
        const std::lock_guard lock(mutex_);
        if (denials_.size() < k_most_denials && std::find(denials_.begin(), denials_.end(), denial) == denials_.end()) { denials_.push_back(denial); }
    }

    ResolvedRules rules_;
    Fd wake_;
    Fd ours_;
    Fd childs_;
    std::vector<sock_filter> filter_;
    PathFinder finder_;
    mutable std::mutex mutex_;
    std::vector<Denial> denials_;
    std::atomic<bool> listens_{false};
    std::atomic<bool> blind_{false};
    std::thread thread_;
};

}  // namespace

bool is_below(std::string_view path, std::string_view folder) {
    if (folder == "/") { return true; }
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

bool ResolvedRules::may_write(std::string_view path, bool makes) const {
    const auto covers = [&](const std::string& folder) { return is_below(path, folder); };
    // What is made or removed is an entry of its folder.
    if (makes) { return std::any_of(writable.begin(), writable.end(), [&](const std::string& folder) { return path != folder && is_below(path, folder); }); }
    return std::any_of(writable.begin(), writable.end(), covers) || std::any_of(devices.begin(), devices.end(), covers);
}

bool ResolvedRules::may_read(std::string_view path) const {
    const auto covers = [&](const std::string& folder) { return is_below(path, folder); };
    if (std::any_of(readable.begin(), readable.end(), covers) || std::any_of(writable.begin(), writable.end(), covers)) { return true; }
    if (std::any_of(devices.begin(), devices.end(), covers)) { return true; }
    return !strict && std::none_of(closed.begin(), closed.end(), covers);
}

bool ResolvedRules::may_list(std::string_view path) const {
    return !strict || may_read(path) || std::any_of(listable.begin(), listable.end(), [&](const std::string& folder) { return is_below(path, folder); });
}

std::vector<sock_filter> witness_filter(bool reads, bool listings, bool execs) {
    std::vector<sock_filter> filter;
    filter.push_back(statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)));
    filter.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, k_architecture, 1, 0));
    filter.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    filter.push_back(statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
    for (const Watched& watched : k_watched) {
        if (watched.act == Act::execute && !execs) { continue; }
        const auto number = static_cast<std::uint32_t>(watched.number);
        if (watched.act != Act::open) {
            filter.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
            filter.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF));
            continue;
        }
        // Writing: told. Reading: told when asked for; without rules for listings, folders that are opened as such are not.
        filter.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 6));
        filter.push_back(statement(BPF_LD | BPF_W | BPF_ABS, argument_offset(watched.flags)));
        filter.push_back(jump(BPF_JMP | BPF_JSET | BPF_K, O_PATH, 2, 0));
        filter.push_back(jump(BPF_JMP | BPF_JSET | BPF_K, k_writing_flags, 2, 0));
        filter.push_back(jump(BPF_JMP | BPF_JSET | BPF_K, listings ? 0 : O_DIRECTORY, 0, reads ? 1 : 0));
        filter.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
        filter.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF));
    }
    filter.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    return filter;
}

bool kernel_tells_names() {
    std::uint32_t action = SECCOMP_RET_USER_NOTIF;
    seccomp_notif_sizes sizes{};
    // Not with a kernel whose records are larger than ours: it would write past them.
    return k_architecture != 0 && seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 && seccomp(SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == 0 &&
           sizes.seccomp_notif <= sizeof(seccomp_notif) && sizes.seccomp_notif_resp <= sizeof(seccomp_notif_resp) && sizes.seccomp_data <= sizeof(seccomp_data);
}

core::Result<std::unique_ptr<Witness>> Witness::begin(ResolvedRules rules) {
    std::array<int, 2> fds{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()) != 0) { return system_error(errno, "confining a program", "socketpair"); }
    Fd ours(fds[0]);
    Fd childs(fds[1]);
    Fd wake(::eventfd(0, EFD_CLOEXEC));
    if (!wake.is_open()) { return system_error(errno, "confining a program", "eventfd"); }
    auto witness = std::make_unique<SeccompWitness>(std::move(rules), std::move(wake), std::move(ours), std::move(childs));
    RL_TRY(witness->begin());
    return std::unique_ptr<Witness>(std::move(witness));
}

}  // namespace runlake::os

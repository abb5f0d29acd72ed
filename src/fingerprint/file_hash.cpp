// SPDX-License-Identifier: Apache-2.0
// Leaves are the unit of work: threads take the next one, the last thread on a file finishes it.
#include "fingerprint/file_hash.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/parallel.hpp"

namespace runlake::fingerprint {
namespace {

constexpr std::size_t k_block_bytes = 1U << 20U;
constexpr std::uint64_t k_alone_bytes = 2U << 20U;   // less than this is not worth a second thread

core::Digest finish_file(std::uint64_t size, std::string_view leaves) {
    return core::FieldHash("file/1").field("size", std::string_view(std::to_string(size))).field("leaves", leaves).finish();
}

void append_digest(std::string& out, const core::Digest& digest) {
    out.append(reinterpret_cast<const char*>(digest.bytes().data()), digest.bytes().size());
}

// The digest of a leaf of zeros: holes of sparse files need not be read.
const core::Digest& zero_leaf() {
    static const core::Digest digest = [] {
        core::Sha256 hash;
        hash.update("L");
        const std::string zeros(k_block_bytes, '\0');
        for (std::uint64_t done = 0; done < k_leaf_bytes; done += zeros.size()) { hash.update(zeros); }
        return hash.finish();
    }();
    return digest;
}

struct Task {
    std::size_t file;
    std::uint64_t leaf;
};

// One file on its way. The first thread that gets a leaf of it opens it, the last one closes and finishes it.
struct Work {
    std::mutex opening;
    bool opened = false;
    os::Fd fd;
    bool sparse = false;
    std::int64_t read_at_ns = 0;
    std::atomic<std::uint64_t> leaves_left{0};
    std::string leaves;             // 32 bytes a leaf, each written by one thread
    std::optional<core::Digest> digest;
};

class Hasher {
  public:
    Hasher(const std::vector<FileToHash>& files, const std::function<bool()>& stop) : files_(files), stop_(stop), work_(files.size()) {
        // Large files first: the short ones fill the gaps at the end.
        std::vector<std::size_t> order(files.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return files[a].stamp.size > files[b].stamp.size; });
        for (const std::size_t file : order) {
            const std::uint64_t leaves = (files[file].stamp.size + k_leaf_bytes - 1) / k_leaf_bytes;
            const std::uint64_t tasks = std::max<std::uint64_t>(leaves, 1);  // an empty file is opened too
            work_[file].leaves_left = tasks;
            work_[file].leaves.resize(leaves * 32);
            for (std::uint64_t leaf = 0; leaf < tasks; ++leaf) { tasks_.push_back(Task{.file = file, .leaf = leaf}); }
        }
    }

    std::size_t tasks() const { return tasks_.size(); }

    void work() {
        std::string block;
        for (;;) {
            const std::size_t next = next_.fetch_add(1);
            if (next >= tasks_.size() || ended_) { return; }
            const Task& task = tasks_[next];
            if (stop_ && stop_()) {
                fail(0, core::Error(core::Errc::interrupted, "hashing was stopped"));
                return;
            }
            core::Status done = hash_leaf(task, block);
            if (!done.ok()) { fail(task.file, std::move(done).take_error()); }
        }
    }

    core::Result<std::vector<HashedFile>> result() {
        if (error_) { return std::move(*error_); }
        std::vector<HashedFile> hashed;
        hashed.reserve(work_.size());
        for (const Work& work : work_) { hashed.push_back(HashedFile{.digest = *work.digest, .read_at_ns = work.read_at_ns}); }
        return hashed;
    }

  private:
    void fail(std::size_t file, core::Error error) {
        const std::scoped_lock lock(error_mutex_);
        if (!error_ || file < error_file_) {
            error_ = std::move(error);
            error_file_ = file;
        }
        ended_ = true;
    }

    static bool is_unchanged(const struct stat& info, const FileToHash& wanted) {
        os::Stamp now = os::Stamp::of(info);
        if (wanted.links_may_change) { now.ctime_ns = wanted.stamp.ctime_ns; }
        return now == wanted.stamp;
    }

    core::Error changed(std::size_t file) const {
        return {core::Errc::busy, core::cat("hashing ", files_[file].path, ": it changed while it was read; try again when nobody writes to it")};
    }

    core::Status open(std::size_t file) {
        Work& work = work_[file];
        const std::scoped_lock lock(work.opening);
        if (work.opened) { return core::ok(); }
        const FileToHash& wanted = files_[file];
        // Every change from now on gives another time of change, so that looking at it afterwards proves that there was none.
        os::settle(wanted.stamp.ctime_ns);
        work.read_at_ns = os::stamping_clock_ns();
        os::Fd fd(::open(wanted.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
        if (!fd.is_open()) { return os::system_error(errno, "opening", wanted.path); }
        struct stat info {};
        if (::fstat(fd.get(), &info) != 0) { return os::system_error(errno, "looking at", wanted.path); }
        if (!is_unchanged(info, wanted)) { return changed(file); }
        work.sparse = static_cast<std::uint64_t>(info.st_blocks) * 512 < wanted.stamp.size;
        work.fd = std::move(fd);
        work.opened = true;
        return core::ok();
    }

    core::Status hash_leaf(const Task& task, std::string& block) {
        Work& work = work_[task.file];
        RL_TRY(open(task.file));
        const std::uint64_t size = files_[task.file].stamp.size;
        const std::uint64_t begin = task.leaf * k_leaf_bytes;
        const std::uint64_t end = std::min(size, begin + k_leaf_bytes);
        if (size == 0) {
            RL_TRY(check_empty(task.file));
        } else {
            core::Result<core::Digest> leaf = is_hole(work, begin, end) ? core::Result(zero_leaf()) : read_leaf(task.file, begin, end, block);
            if (!leaf.ok()) { return std::move(leaf).take_error(); }
            const auto& digest = leaf.value().bytes();
            std::copy(digest.begin(), digest.end(), work.leaves.begin() + static_cast<std::ptrdiff_t>(task.leaf * digest.size()));
        }
        if (work.leaves_left.fetch_sub(1) != 1) { return core::ok(); }
        struct stat info {};
        if (::fstat(work.fd.get(), &info) != 0) { return os::system_error(errno, "looking at", files_[task.file].path); }
        if (!is_unchanged(info, files_[task.file])) { return changed(task.file); }
        work.digest = finish_file(size, work.leaves);
        work.leaves = std::string();
        work.fd = os::Fd();
        return core::ok();
    }

    // A whole leaf without data. Holes are only asked for where the file takes less room than it is long.
    static bool is_hole(const Work& work, std::uint64_t begin, std::uint64_t end) {
        if (!work.sparse || end - begin != k_leaf_bytes) { return false; }
        const off_t data = ::lseek(work.fd.get(), static_cast<off_t>(begin), SEEK_DATA);
        return data < 0 ? errno == ENXIO : static_cast<std::uint64_t>(data) >= end;
    }

    core::Status check_empty(std::size_t file) const {
        char byte = 0;
        ssize_t got = 0;
        do { got = ::pread(work_[file].fd.get(), &byte, 1, 0); } while (got < 0 && errno == EINTR);
        if (got < 0) { return os::system_error(errno, "reading", files_[file].path); }
        if (got == 0) { return core::ok(); }
        return core::Error(core::Errc::unsupported, core::cat("hashing ", files_[file].path, ": it has content but says that it is empty, as files of /proc do"));
    }

    core::Result<core::Digest> read_leaf(std::size_t file, std::uint64_t begin, std::uint64_t end, std::string& block) {
        if (block.empty()) { block.resize(std::min<std::uint64_t>(k_block_bytes, std::max<std::uint64_t>(end - begin, 65536))); }
        if (block.size() < k_block_bytes && end - begin > block.size()) { block.resize(k_block_bytes); }
        core::Sha256 hash;
        hash.update("L");
        for (std::uint64_t at = begin; at < end;) {
            const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), end - at));
            const ssize_t got = ::pread(work_[file].fd.get(), block.data(), want, static_cast<off_t>(at));
            if (got < 0) {
                if (errno == EINTR) { continue; }
                return os::system_error(errno, "reading", files_[file].path);
            }
            if (got == 0) { return changed(file); }
            hash.update(std::string_view(block.data(), static_cast<std::size_t>(got)));
            at += static_cast<std::uint64_t>(got);
        }
        return hash.finish();
    }

    const std::vector<FileToHash>& files_;
    const std::function<bool()>& stop_;
    std::vector<Task> tasks_;
    std::vector<Work> work_;
    std::atomic<std::size_t> next_{0};
    std::atomic<bool> ended_{false};
    std::mutex error_mutex_;
    std::optional<core::Error> error_;
    std::size_t error_file_ = 0;
};

}  // namespace

core::Result<std::vector<HashedFile>> hash_files(const std::vector<FileToHash>& files, int threads, const std::function<bool()>& stop) {
    Hasher hasher(files, stop);
    std::uint64_t bytes = 0;
    for (const FileToHash& file : files) { bytes += file.stamp.size; }
    const bool alone = bytes < k_alone_bytes && files.size() < 256;
    const std::size_t helpers = alone ? 0 : std::min<std::size_t>(static_cast<std::size_t>(std::max(threads, 1)), hasher.tasks()) - std::min<std::size_t>(1, hasher.tasks());
    os::on_threads(helpers + 1, [&hasher] { hasher.work(); });
    return hasher.result();
}

core::Digest hash_as_file(std::string_view bytes) {
    std::string leaves;
    for (std::string_view rest = bytes; !rest.empty();) {
        const std::string_view leaf = rest.substr(0, k_leaf_bytes);
        append_digest(leaves, core::Sha256().update("L").update(leaf).finish());
        rest.remove_prefix(leaf.size());
    }
    return finish_file(bytes.size(), leaves);
}

}  // namespace runlake::fingerprint

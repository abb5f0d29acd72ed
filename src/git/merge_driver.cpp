// SPDX-License-Identifier: Apache-2.0
#include "git/merge_driver.hpp"

#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::git {
namespace {

using core::cat;
using core::Errc;
using core::Error;

constexpr std::uint64_t k_most_bytes = 4U << 20U;

// A value in quotes, as git reads it.
std::string quoted(std::string_view value) {
    std::string out = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') { out += '\\'; }
        if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
    return out + '"';
}

std::string head_of(const MergeDriver& driver) { return cat("[merge \"", driver.name, "\"]"); }

std::string section_of(const MergeDriver& driver) {
    return cat(head_of(driver), "\n\tname = ", quoted(driver.description), "\n\tdriver = ", quoted(driver.command), "\n");
}

// Gives a lock back that was not renamed away.
class ConfigLock {
  public:
    explicit ConfigLock(std::string path) : path_(std::move(path)) {}
    ConfigLock(const ConfigLock&) = delete;
    ConfigLock& operator=(const ConfigLock&) = delete;
    ~ConfigLock() {
        if (held_) { static_cast<void>(os::remove_file(path_, os::point::merge_driver_write).ok()); }
    }
    void taken() { held_ = true; }
    void given() { held_ = false; }

  private:
    std::string path_;
    bool held_ = false;
};

}  // namespace

bool has_merge_driver(std::string_view config, const MergeDriver& driver) { return config.find(section_of(driver)) != std::string_view::npos; }

std::string with_merge_driver(std::string_view config, const MergeDriver& driver) {
    std::string out;
    const std::string head = head_of(driver);
    bool inside = false;
    while (!config.empty()) {
        const std::size_t end = config.find('\n');
        const std::string_view line = config.substr(0, end == std::string_view::npos ? config.size() : end + 1);
        config.remove_prefix(line.size());
        const std::string_view words = core::trim(line);
        if (words.starts_with('[')) { inside = words == head; }
        if (!inside) { out += line; }
    }
    if (!out.empty() && !out.ends_with('\n')) { out += '\n'; }
    return out + section_of(driver);
}

core::Result<bool> is_merge_driver_set(const Location& where, const MergeDriver& driver) {
    auto text = os::read_file(where.common_dir + "/config", k_most_bytes);
    if (!text.ok()) {
        if (text.error().code() == Errc::not_found) { return false; }
        return std::move(text).take_error();
    }
    return has_merge_driver(text.value(), driver);
}

core::Result<bool> set_merge_driver(const Location& where, const MergeDriver& driver) {
    RL_ASSIGN(const bool set, is_merge_driver_set(where, driver));
    if (set) { return false; }
    const std::string path = where.common_dir + "/config";
    ConfigLock lock(path + ".lock");
    auto file = os::create_exclusive(path + ".lock", 0666, os::point::merge_driver_write);
    if (!file.ok()) {
        if (file.error().code() != Errc::conflict) { return std::move(file).take_error(); }
        return Error(Errc::busy, cat("writing ", path, ": another program holds ", path, ".lock; when none runs, remove that file"));
    }
    lock.taken();
    // Under the lock nobody else changes it.
    auto text = os::read_file(path, k_most_bytes);
    if (!text.ok() && text.error().code() != Errc::not_found) { return std::move(text).take_error(); }
    const auto before = os::stat_path(path);
    if (before) { RL_TRY(os::set_mode(path + ".lock", before->st_mode & 07777, os::point::merge_driver_write)); }
    RL_TRY(os::write_all(file.value().get(), with_merge_driver(text.ok() ? text.value() : "", driver), os::point::merge_driver_write, path));
    RL_TRY(os::sync_file(file.value().get(), os::point::merge_driver_write, path));
    RL_TRY(os::rename_replace(path + ".lock", path, os::point::merge_driver_write));
    lock.given();
    return true;
}

}  // namespace runlake::git

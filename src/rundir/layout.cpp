// SPDX-License-Identifier: Apache-2.0
// Making, opening and listing run directories.
#include "rundir/layout.hpp"

#include <dirent.h>

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "rundir/parts.hpp"
#include "rundir/remote.hpp"

namespace runlake::rundir {
namespace {

namespace point = os::point;

constexpr std::int64_t k_version = 1;
constexpr int k_most_names = 10'000;
constexpr std::size_t k_longest_key = 100;
constexpr std::uint64_t k_max_config_bytes = 64U << 20U;
constexpr std::string_view k_digest_prefix = "sha256:";

std::string record_path(const std::string& dir) { return dir + "/run.json"; }
std::string config_path(const std::string& dir) { return dir + "/config_resolved.yaml"; }

core::Status check_key(std::string_view key) {
    const bool plain = std::all_of(key.begin(), key.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
    if (!key.empty() && plain && key.size() <= k_longest_key) { return core::ok(); }
    return core::Error(core::Errc::usage, core::cat("experiment_key \"", core::valid_utf8(key), "\": it is made of a-z, 0-9 and _, and has at most ", k_longest_key, " characters"));
}

// With the .gitignore inside, when it is made now or a maker was killed before it got there.
core::Status make_base(const std::string& base) {
    const auto is_empty = [&] {
        const auto entries = os::list_dir(base);
        return !entries.ok() || entries.value().empty();
    };
    if (!is_empty()) { return core::ok(); }
    RL_TRY(os::make_dirs(base, 0777, point::rundir_create));
    core::Status written = os::publish_file(base + "/.gitignore", "*\n", 0666, os::Existing::keep, os::Durability::process, point::rundir_create);
    if (!written.ok() && written.error().code() == core::Errc::conflict) { return core::ok(); }
    return written;
}

core::Result<std::string> make_leaf(const std::string& base, const std::string& name) {
    for (int i = 1; i < k_most_names; ++i) {
        std::string path = core::cat(base, '/', name, i == 1 ? "" : core::cat('-', i));
        core::Status made = os::make_dir(path, 0777, point::rundir_create);
        if (made.ok()) { return path; }
        if (made.error().code() != core::Errc::conflict) { return std::move(made).take_error(); }
    }
    return core::Error(core::Errc::conflict, core::cat("making a run directory in ", base, ": ", name, " and ", k_most_names, " more names are taken"));
}

std::string to_text(const RunDirInfo& info) {
    core::Json roots = core::Json::object();
    for (const auto& [name, at] : info.roots) { roots.set(name, at); }
    core::Json json = core::Json::object();
    json.set("version", k_version)
        .set("schema", "runlake.rundir/1")
        .set("run_id", info.run_id.str())
        .set("experiment_key", info.experiment_key)
        .set("created_at", core::format_iso(info.created_at))
        .set("host", info.host)
        .set("creator", to_json(info.creator))
        .set("config_digest", core::cat(k_digest_prefix, info.config_digest.hex()))
        .set("pipeline_file", info.pipeline_file)
        .set("roots", std::move(roots));
    return core::to_json_pretty(json);
}

core::Result<core::Digest> parse_prefixed(const std::optional<std::string>& text) {
    if (!text || !text->starts_with(k_digest_prefix)) { return core::Error(core::Errc::usage, "no digest"); }
    return core::Digest::parse(std::string_view(*text).substr(k_digest_prefix.size()));
}

// Everything of a new directory but the folder itself. run.json comes last: without it there is no run directory.
core::Status fill(const std::string& path, const RunDirInfo& info, const std::string& config) {
    RL_TRY(os::make_dir(path + "/.stages", 0777, point::rundir_create));
    RL_TRY(os::make_dir(path + "/.stages/.leases", 0777, point::rundir_create));
    RL_TRY(os::publish_file(config_path(path), config, 0444, os::Existing::keep, os::Durability::power, point::rundir_config_write));
    RL_TRY(os::publish_file(record_path(path), to_text(info), 0444, os::Existing::keep, os::Durability::power, point::rundir_record_write));
    return os::sync_dir(os::parent_path(path), point::rundir_record_write);
}

core::Result<std::string> read_config(const std::string& dir, const core::Digest& digest) {
    const std::string path = config_path(dir);
    core::Result<std::string> text = os::read_file(path, k_max_config_bytes);
    if (!text.ok()) {
        if (text.error().code() != core::Errc::not_found) { return text; }
        return core::Error(core::Errc::corrupt, core::cat("opening run directory ", dir, ": config_resolved.yaml is not there"));
    }
    if (core::sha256(text.value()) != digest) {
        return core::Error(core::Errc::corrupt, core::cat("opening run directory ", dir, ": config_resolved.yaml was changed: it is not as run.json's digest says"));
    }
    return text;
}

std::optional<int> attempt_number(const os::DirEntry& entry) {
    const std::optional<std::int64_t> number = core::parse_integer(entry.name);
    if (!number || *number < 1 || *number > INT32_MAX || std::to_string(*number) != entry.name) { return std::nullopt; }
    return static_cast<int>(*number);
}

core::Result<std::unique_ptr<os::Lease>> take(const std::string& folder, const std::string& path, std::string_view purpose) {
    RL_TRY(os::make_dirs(folder, 0777, point::lease_create));
    os::LeaseOptions options;
    options.purpose = purpose;
    return os::Lease::take(path, options);
}

// What processes that were killed left: taken, which breaks them, and given back.
void remove_dead_attempts(const std::string& folder) {
    const core::Result<std::vector<os::DirEntry>> entries = os::list_dir(folder);
    if (!entries.ok()) { return; }
    for (const os::DirEntry& entry : entries.value()) {
        if (!is_attempt_lease(entry.name)) { continue; }
        const std::string path = os::join_path(folder, entry.name);
        const core::Result<bool> lives = os::lease_lives(path);
        if (!lives.ok() || lives.value()) { continue; }
        os::LeaseOptions options;
        options.heartbeat = false;
        static_cast<void>(os::Lease::take(path, options).ok());
    }
}

}  // namespace

bool is_attempt_lease(std::string_view name) { return name.starts_with("attempt-") && name.ends_with(".lease"); }

core::Status check_version(const core::Json& json, std::int64_t newest, std::string_view what) {
    const std::optional<std::int64_t> version = json.integer_at("version");
    if (!version || *version < 1) { return core::Error(core::Errc::corrupt, core::cat("reading ", what, ": it says no version")); }
    if (*version > newest) {
        return core::Error(core::Errc::unsupported, core::cat("reading ", what, ": version ", *version, " of the format is newer than this program, which knows ", newest));
    }
    return core::ok();
}

core::Json to_json(const os::ProcessId& process) {
    core::Json json = core::Json::object();
    json.set("machine", process.machine)
        .set("boot", process.boot)
        .set("pid_ns", process.pid_ns)
        .set("pid", std::int64_t{process.pid})
        .set("start_ticks", process.start_ticks);
    return json;
}

os::ProcessId parse_process(const core::Json* json) {
    if (json == nullptr) { return {}; }
    const std::int64_t pid = json->integer_at("pid").value_or(0);
    return os::ProcessId{.machine = json->string_at("machine").value_or(""),
                         .boot = json->string_at("boot").value_or(""),
                         .pid_ns = static_cast<std::uint64_t>(json->integer_at("pid_ns").value_or(0)),
                         .pid = pid > 0 && pid <= INT32_MAX ? static_cast<pid_t>(pid) : 0,
                         .start_ticks = static_cast<std::uint64_t>(json->integer_at("start_ticks").value_or(0))};
}

core::Result<RunDirInfo> parse_run_json(std::string_view text, std::string_view what) {
    RL_ASSIGN(const core::Json json, core::parse_json(text, what));
    RL_TRY(check_version(json, k_version, what));
    const core::Result<core::RunId> run_id = core::RunId::parse(json.string_at("run_id").value_or(""));
    const core::Result<core::Timestamp> created_at = core::parse_iso(json.string_at("created_at").value_or(""));
    const core::Result<core::Digest> digest = parse_prefixed(json.string_at("config_digest"));
    const std::optional<std::string> key = json.string_at("experiment_key");
    if (!run_id.ok() || !created_at.ok() || !digest.ok() || !key || !check_key(*key).ok()) {
        return core::Error(core::Errc::corrupt, core::cat("reading ", what, ": run_id, created_at, config_digest or experiment_key is missing or malformed"));
    }
    RunDirInfo info{.run_id = run_id.value(),
                    .experiment_key = *key,
                    .created_at = created_at.value(),
                    .host = json.string_at("host").value_or(""),
                    .creator = parse_process(json.find("creator")),
                    .config_digest = digest.value(),
                    .pipeline_file = json.string_at("pipeline_file").value_or(""),
                    .roots = {}};
    const core::Json* const roots = json.find("roots");
    if (roots != nullptr && roots->is_object()) {
        for (const auto& [name, at] : *roots->as_object()) {
            if (at.is_string()) { info.roots.emplace_back(name, *at.as_string()); }
        }
    }
    return info;
}

core::Result<RunDir> RunDir::create(const std::string& base, const CreateOptions& options, const core::Clock& clock) {
    RL_TRY(check_key(options.experiment_key));
    RunDirInfo info{.run_id = options.run_id,
                    .experiment_key = options.experiment_key,
                    .created_at = clock.now(),
                    .host = os::host_name(),
                    .creator = os::this_process(),
                    .config_digest = core::sha256(options.config_text),
                    .pipeline_file = options.pipeline_file,
                    .roots = options.roots};
    std::sort(info.roots.begin(), info.roots.end());
    RL_TRY(make_base(base));
    RL_ASSIGN(const std::string whole, os::absolute_path(base));
    RL_ASSIGN(const std::string path, make_leaf(whole, core::cat(core::format_stamp(info.created_at), '_', info.experiment_key)));
    core::Status filled = fill(path, info, options.config_text);
    if (!filled.ok()) {
        static_cast<void>(os::remove_tree(path, point::rundir_create).ok());
        return std::move(filled).take_error().context("making a run directory");
    }
    return RunDir(path, std::move(info));
}

core::Result<RunDir> RunDir::open(const std::string& path) {
    if (RemoteUri::is_one(path)) { return core::Error(core::Errc::usage, core::cat("opening run directory ", path, ": it is in an object store, and this needs it in a folder")); }
    core::Result<std::string> whole = os::absolute_path(path);
    if (!whole.ok()) { return std::move(whole).take_error().context("opening a run directory"); }
    const core::Result<std::string> text = os::read_file(record_path(whole.value()), k_max_record_bytes);
    if (!text.ok()) {
        if (text.error().code() != core::Errc::not_found) { return text.error(); }
        return core::Error(core::Errc::not_found, core::cat("opening run directory ", path, ": ", os::is_dir(whole.value()) ? "it has no run.json" : "there is no such folder"));
    }
    RL_ASSIGN(RunDirInfo info, parse_run_json(text.value(), record_path(whole.value())));
    RL_TRY(read_config(whole.value(), info.config_digest));
    return RunDir(std::move(whole).take(), std::move(info));
}

core::Result<std::string> RunDir::config() const { return read_config(path_, info_.config_digest); }

core::Result<std::vector<int>> RunDir::attempts() const {
    std::vector<int> numbers;
    const core::Result<std::vector<os::DirEntry>> entries = os::list_dir(path_ + "/attempts");
    if (!entries.ok()) {
        if (entries.error().code() == core::Errc::not_found) { return numbers; }
        return entries.error();
    }
    for (const os::DirEntry& entry : entries.value()) {
        if (const std::optional<int> number = attempt_number(entry)) { numbers.push_back(*number); }
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

core::Result<int> RunDir::add_attempt(std::string_view config_text) const {
    RL_TRY(os::make_dirs(path_ + "/attempts", 0777, point::rundir_attempt_write));
    RL_ASSIGN(const std::vector<int> numbers, attempts());
    for (int k = numbers.empty() ? 1 : numbers.back() + 1;; ++k) {
        const std::string folder = core::cat(path_, "/attempts/", k);
        core::Status made = os::make_dir(folder, 0777, point::rundir_attempt_write);
        if (!made.ok() && made.error().code() == core::Errc::conflict) { continue; }  // another attempt began at the same time
        RL_TRY(std::move(made));
        RL_TRY(os::publish_file(folder + "/config_train.yaml", config_text, 0444, os::Existing::keep, os::Durability::power, point::rundir_attempt_write));
        return k;
    }
}

std::string RunDir::instance_dir(const StageInstance& which) const { return core::cat(stages(), '/', which.stage, '/', which.instance); }

std::string RunDir::published(const StageInstance& which, const core::Digest& key) const { return core::cat(instance_dir(which), '/', key.hex()); }

std::string RunDir::lease(const StageInstance& which) const { return core::cat(leases(), '/', flat_name(which), ".lease"); }

std::string RunDir::staging_name(const StageInstance& which) const { return core::cat(staging(), '/', flat_name(which), '.', os::random_hex(16)); }

core::Result<std::unique_ptr<os::Lease>> RunDir::take_lease(const StageInstance& which, std::string_view purpose) const {
    RL_TRY(check_instance(which));
    return take(leases(), lease(which), purpose);
}

core::Result<std::unique_ptr<os::Lease>> RunDir::enter(std::string_view purpose) const {
    remove_dead_attempts(leases());
    return take(leases(), core::cat(leases(), "/attempt-", os::random_hex(16), ".lease"), purpose);
}

core::Result<std::vector<std::string>> list_run_dirs(const std::string& base) {
    RL_ASSIGN(const std::vector<os::DirEntry> entries, os::list_dir(base));
    std::vector<std::string> paths;
    for (const os::DirEntry& entry : entries) {
        if (entry.name.starts_with('.') || (entry.type != DT_DIR && entry.type != DT_UNKNOWN)) { continue; }
        std::string path = os::join_path(base, entry.name);
        if (os::stat_link(record_path(path))) { paths.push_back(std::move(path)); }
    }
    return paths;
}

}  // namespace runlake::rundir

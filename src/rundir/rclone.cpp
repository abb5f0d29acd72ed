// SPDX-License-Identifier: Apache-2.0
// Calls of rclone: what it is called with, and what its answers and failures mean.
#include "rundir/rclone.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "os/child.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::rundir {
namespace {

namespace point = os::point;

constexpr int k_ask_ms = 60'000;
constexpr int k_transfer_ms = 24 * 3600 * 1000;
constexpr std::size_t k_max_answer = std::size_t{1} << 30U;
constexpr std::size_t k_random_digits = 16;
constexpr int k_no_such_folder = 3;    // rclone's exit status
// The first that leaves "//" in an object's name alone; earlier ones write another object without saying so.
constexpr std::array<int, 2> k_keeps_slashes = {1, 68};

core::Result<os::Output> call(const std::vector<std::string>& words, int timeout_ms) {
    std::vector<std::string> argv = {"rclone"};
    argv.insert(argv.end(), words.begin(), words.end());
    core::Result<os::Output> output = os::run_program(argv, timeout_ms, k_max_answer);
    if (!output.ok() && output.error().code() == core::Errc::not_found) {
        return core::Error(core::Errc::unsupported, "object stores are reached through the program rclone, which is not installed (Debian: apt-get install rclone)");
    }
    return output;
}

int status_of_exit(const os::Output& output) { return WIFEXITED(output.status) ? WEXITSTATUS(output.status) : -1; }

// rclone's last line, without its date.
std::string reason(const os::Output& output) {
    if (output.timed_out) { return "rclone did not end in time"; }
    std::string_view last = "rclone failed without a word";
    for (const std::string_view line : core::split(output.err, '\n')) {
        if (!core::trim(line).empty()) { last = core::trim(line); }
    }
    constexpr std::size_t k_date = std::string_view("2006/01/02 15:04:05 ").size();
    if (last.size() > k_date && last[4] == '/' && last[13] == ':') { last.remove_prefix(k_date); }
    return core::cat("rclone: ", core::valid_utf8(last));
}

core::Error failed(std::string_view what, const std::string& shown, const os::Output& output) {
    std::string why = reason(output);
    if (why.find("didn't find section in config file") != std::string::npos) { why += " (`rclone listremotes` shows the remotes that it knows, `rclone config` makes one)"; }
    return core::Error(core::Errc::io, core::cat(what, ' ', shown, ": ", why));
}

// What every rclone answers in JSON: another program of that name may be first on the PATH.
core::Result<core::Json> features_in(const os::Output& output) {
    auto answer = core::parse_json(output.out, "rclone backend features");
    if (answer.ok() && answer.value().is_object()) { return answer; }
    return core::Error(core::Errc::corrupt, "the program rclone does not answer `rclone backend features` as rclone does: see `rclone version`, and whether it is the one that is meant (`command -v rclone`)");
}

std::optional<std::array<int, 2>> version_in(std::string_view text) {
    constexpr std::string_view k_before = "rclone v";
    const std::size_t at = text.find(k_before);
    if (at == std::string_view::npos) { return std::nullopt; }
    text.remove_prefix(at + k_before.size());
    std::array<int, 2> version{};
    const auto major = std::from_chars(text.data(), text.data() + text.size(), version[0]);
    if (major.ec != std::errc() || major.ptr == text.data() + text.size() || *major.ptr != '.') { return std::nullopt; }
    if (std::from_chars(major.ptr + 1, text.data() + text.size(), version[1]).ec != std::errc()) { return std::nullopt; }
    return version;
}

core::Status check_keeps_slashes(const RemoteUri& uri, const std::string& place, const os::Output& version) {
    const auto refuse = [&](std::string_view why) {
        return core::Error(core::Errc::unsupported, core::cat("the address ", uri.text(), " holds \"//\": ", why, "; nothing was transferred"));
    };
    const std::optional<std::array<int, 2>> found = version_in(version.out);
    if (!found) { return refuse("this rclone does not say its version"); }
    if (*found < k_keeps_slashes) { return refuse(core::cat("rclone ", (*found)[0], '.', (*found)[1], " would write to another place, 1.68 and newer keep it")); }
    RL_ASSIGN(const os::Output features, call({"backend", "features", place}, k_ask_ms));
    if (status_of_exit(features) != 0) { return failed("asking about", uri.text(), features); }
    RL_ASSIGN(const core::Json answer, features_in(features));
    const core::Json* known = answer.find("Features");
    if (known == nullptr || !known->bool_at("BucketBased").value_or(false)) { return refuse("this kind of store has folders, which have no empty names"); }
    return core::ok();
}

// What rclone's configuration calls the scheme: a remote of that name, else its own way to S3 without any configuration, with credentials out of the environment.
core::Result<std::string> place_of(const RemoteUri& uri) {
    RL_ASSIGN(const os::Output remotes, call({"listremotes"}, k_ask_ms));
    if (status_of_exit(remotes) != 0) { return failed("reading rclone's configuration for", uri.text(), remotes); }
    const std::string wanted = core::cat(uri.scheme(), ':');
    for (const std::string_view line : core::split(remotes.out, '\n')) {
        if (core::trim(line) == wanted) { return core::cat(wanted, uri.place()); }
    }
    if (uri.scheme() == "s3") { return core::cat(":s3,env_auth:", uri.place()); }
    return core::Error(core::Errc::usage, core::cat("the address ", uri.text(), ": rclone has no remote named \"", uri.scheme(), "\"; `rclone config` or RCLONE_CONFIG_<NAME>_TYPE and so on make one"));
}

core::Result<ObjectList> parse_list(std::string_view text, const std::string& shown) {
    RL_ASSIGN(const core::Json answer, core::parse_json(text, core::cat("listing ", shown)));
    ObjectList objects;
    const core::JsonArray* entries = answer.as_array();
    if (entries == nullptr) { return objects; }
    for (const core::Json& entry : *entries) {
        const std::optional<std::string> path = entry.string_at("Path");
        const std::optional<std::int64_t> size = entry.integer_at("Size");
        if (path && size && *size >= 0) { objects.emplace(*path, static_cast<std::uint64_t>(*size)); }
    }
    return objects;
}

// RFC 3339 as rclone writes it, to the microsecond; 0 for what is none.
std::int64_t parse_time(std::string_view text) {
    constexpr std::size_t k_seconds = std::string_view("2006-01-02T15:04:05").size();
    std::string kept(text.substr(0, k_seconds));
    std::size_t zone = text.find_first_not_of("0123456789.", std::min(text.size(), k_seconds));
    if (zone == std::string_view::npos) { zone = text.size(); }
    kept += text.substr(kept.size(), std::min<std::size_t>(zone - kept.size(), 7));
    kept += text.substr(zone);
    const core::Result<core::Timestamp> at = core::parse_iso(kept);
    return at.ok() ? at.value().micros * 1000 : 0;
}

core::Result<ObjectList> list_with(const std::string& shown, std::vector<std::string> words) {
    RL_ASSIGN(const os::Output output, call(words, k_transfer_ms));
    if (status_of_exit(output) == k_no_such_folder) { return ObjectList(); }
    if (status_of_exit(output) != 0) { return failed("listing", shown, output); }
    return parse_list(output.out, shown);
}

}  // namespace

core::Result<Rclone> Rclone::open(const RemoteUri& uri) {
    RL_ASSIGN(const os::Output version, call({"version"}, k_ask_ms));
    RL_ASSIGN(std::string place, place_of(uri));
    if (uri.place().find("//") != std::string_view::npos) { RL_TRY(check_keeps_slashes(uri, place, version)); }
    return Rclone(uri.text(), std::move(place));
}

core::Result<ObjectList> Rclone::list() const { return list_with(shown_, {"lsjson", "-R", "--files-only", "--no-modtime", "--no-mimetype", place_}); }

core::Result<ObjectList> Rclone::list_matching(const std::string& pattern) const {
    return list_with(shown_, {"lsjson", "-R", "--files-only", "--no-modtime", "--no-mimetype", "--include", pattern, place_});
}

core::Result<std::string> Rclone::read(std::string_view name) const {
    RL_ASSIGN(os::Output output, call({"cat", core::cat(place_, place_.ends_with('/') ? "" : "/", name)}, k_transfer_ms));
    if (status_of_exit(output) != 0) { return failed(core::cat("reading ", name, " of"), shown_, output); }
    return std::move(output.out);
}

core::Result<os::Output> Rclone::call_with_names(std::vector<std::string> words, const std::vector<std::string>& names) const {
    std::string text;
    for (const std::string& name : names) { text.append(name).push_back('\n'); }
    const std::string file = core::cat(os::env("TMPDIR").value_or("/tmp"), "/runlake-names-", os::random_hex(k_random_digits));
    RL_TRY(os::publish_file(file, text, 0600, os::Existing::keep, os::Durability::process, point::remote_write));
    words.insert(words.begin() + 1, {"--files-from-raw", file});
    core::Result<os::Output> output = call(words, k_transfer_ms);
    static_cast<void>(os::remove_file(file, point::remote_write).ok());
    return output;
}

core::Status Rclone::with_names(std::vector<std::string> words, const std::vector<std::string>& names, std::string_view what) const {
    if (names.empty()) { return core::ok(); }
    RL_ASSIGN(const os::Output output, call_with_names(std::move(words), names));
    if (status_of_exit(output) != 0 || output.timed_out) { return failed(what, shown_, output); }
    return core::ok();
}

core::Status Rclone::send(const std::string& folder, const std::vector<std::string>& names, Compare compare) const {
    if (names.empty()) { return core::ok(); }
    if (const os::Injection fault = os::at_point(point::remote_send); fault.error != 0) { return os::system_error(fault.error, "sending to", shown_); }
    return with_names({"copy", "--copy-links", compare == Compare::content ? "--checksum" : "--ignore-times", folder, place_}, names, "sending to");
}

core::Status Rclone::receive(const std::vector<std::string>& names, const std::string& folder) const {
    return with_names({"copy", "--ignore-times", place_, folder}, names, "receiving from");
}

core::Status Rclone::remove(const std::vector<std::string>& names) const { return with_names({"delete", place_}, names, "removing from"); }

core::Result<Rclone> Rclone::at(const std::string& place) {
    RL_TRY(call({"version"}, k_ask_ms));
    return Rclone(place, place);
}

Rclone Rclone::below(std::string_view folder) const {
    const auto joined = [&](const std::string& text) { return core::cat(text, text.ends_with('/') || text.ends_with(':') ? "" : "/", folder); };
    return {joined(shown_), joined(place_)};
}

Rclone Rclone::beside(std::string_view folder) const {
    const auto joined = [&](const std::string& text) { return core::cat(std::string_view(text).substr(0, text.find_last_of("/:") + 1), folder); };
    return {joined(shown_), joined(place_)};
}

core::Result<StampedList> Rclone::list_stamped() const {
    // The store's own time of writing: asking for the file's would be a request an object.
    RL_ASSIGN(const os::Output output, call({"lsjson", "-R", "--files-only", "--use-server-modtime", "--no-mimetype", place_}, k_transfer_ms));
    StampedList objects;
    if (status_of_exit(output) == k_no_such_folder) { return objects; }
    if (status_of_exit(output) != 0) { return failed("listing", shown_, output); }
    RL_ASSIGN(const core::Json answer, core::parse_json(output.out, core::cat("listing ", shown_)));
    const core::JsonArray* const entries = answer.as_array();
    if (entries == nullptr) { return objects; }
    for (const core::Json& entry : *entries) {
        const std::optional<std::string> path = entry.string_at("Path");
        const std::optional<std::int64_t> size = entry.integer_at("Size");
        if (path && size && *size >= 0) { objects.emplace(*path, StampedObject{static_cast<std::uint64_t>(*size), parse_time(entry.string_at("ModTime").value_or(""))}); }
    }
    return objects;
}

core::Result<StoreKind> Rclone::kind() const {
    RL_ASSIGN(const os::Output output, call({"backend", "features", place_}, k_ask_ms));
    if (status_of_exit(output) != 0) { return failed("asking about", shown_, output); }
    RL_ASSIGN(const core::Json answer, features_in(output));
    const core::Json* const known = answer.find("Features");
    if (known == nullptr) { return StoreKind{}; }
    return StoreKind{.has_folders = !known->bool_at("BucketBased").value_or(false), .ignores_case = known->bool_at("CaseInsensitive").value_or(false)};
}

core::Result<std::vector<std::string>> Rclone::same(const std::string& folder, const std::vector<std::string>& names) const {
    std::vector<std::string> equal;
    if (names.empty()) { return equal; }
    std::vector<std::string> words = {"check", "--one-way", "--combined", "-", folder, place_};
    RL_ASSIGN(os::Output output, call_with_names(words, names));
    if (output.err.find("could not be checked") != std::string::npos) {
        words.insert(words.begin() + 1, "--download");
        RL_ASSIGN(output, call_with_names(words, names));
    }
    // 1: not all of them are equal.
    if (output.timed_out || (status_of_exit(output) != 0 && status_of_exit(output) != 1)) { return failed("comparing with", shown_, output); }
    for (const std::string_view line : core::split(output.out, '\n')) {
        if (line.starts_with("= ")) { equal.emplace_back(line.substr(2)); }
    }
    return equal;
}

core::Status Rclone::move(const std::vector<std::string>& names, const Rclone& to) const { return with_names({"move", "--ignore-times", "--delete-empty-src-dirs", place_, to.place_}, names, "moving into place in"); }

}  // namespace runlake::rundir

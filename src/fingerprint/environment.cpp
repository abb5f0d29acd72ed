// SPDX-License-Identifier: Apache-2.0
// Puts the groups together, and the small tools that all of them use.
#include "fingerprint/environment.hpp"

#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <mutex>
#include <utility>

#include "core/text.hpp"
#include "core/version.hpp"
#include "fingerprint/environment_cache.hpp"
#include "fingerprint/environment_parts.hpp"
#include "os/files.hpp"
#include "os/stamp.hpp"
#include "os/system.hpp"

namespace runlake::fingerprint {
namespace {

constexpr std::uint64_t k_max_file_bytes = 64U << 20U;

std::string document_path(const record::Store& store, std::string_view digest) { return core::cat(store.environments(), '/', digest, ".json"); }

core::Status publish_document(const record::Store& store, const Environment& environment) {
    RL_TRY(os::make_dirs(store.environments(), 0777, os::point::environment_write));
    auto published = os::publish_file(document_path(store, environment.digest), environment.document, 0666, os::Existing::keep, os::Durability::process,
                                      os::point::environment_write);
    if (published.ok() || published.error().code() == core::Errc::conflict) { return core::ok(); }
    return std::move(published).take_error().context("keeping the environment's document");
}

std::vector<Group> with_quick_groups(std::vector<Group> groups, const EnvironmentSource& source) {
    groups.push_back(make_group("code", recorder_group()));
    groups.push_back(make_group("settings", settings_group(source)));
    return groups;
}

// From the cache, with the document in the store.
std::optional<std::string> from_cache(const record::Store& store, const EnvironmentSource& source) {
    const auto summary = load_summary(store, source);
    if (!summary) { return std::nullopt; }
    const Environment brief = compose(with_quick_groups(summary->groups, source));
    if (os::exists(document_path(store, brief.digest))) { return brief.digest; }
    auto groups = load_groups(store, source);
    if (!groups) { return std::nullopt; }
    const Environment whole = compose(with_quick_groups(std::move(*groups), source));
    if (whole.digest != brief.digest || !publish_document(store, whole).ok()) { return std::nullopt; }
    return whole.digest;
}

}  // namespace

std::string Probe::under_root(std::string_view path) const {
    if (source_.root == "/" || source_.root.empty()) { return std::string(path); }
    return core::cat(source_.root, path.starts_with('/') ? "" : "/", path);
}

std::optional<std::string> Probe::variable(const std::string& name) const {
    if (!source_.variables) { return os::env(name.c_str()); }
    const auto found = source_.variables->find(name);
    if (found == source_.variables->end()) { return std::nullopt; }
    return found->second;
}

void Probe::remember(std::string_view path) {
    std::string real = under_root(path);
    if (!read_from_.contains(real)) {
        std::string stamp = stamp_text(real);
        read_from_.emplace(std::move(real), std::move(stamp));
    }
}

std::optional<std::string> Probe::text(std::string_view path) {
    remember(path);
    return kernel_text(path);
}

std::optional<std::string> Probe::line(std::string_view path) {
    const auto whole = text(path);
    if (!whole) { return std::nullopt; }
    return std::string(core::trim(std::string_view(*whole).substr(0, whole->find('\n'))));
}

std::vector<std::string> Probe::list(std::string_view path) {
    remember(path);
    return kernel_list(path);
}

bool Probe::is_there(std::string_view path) {
    remember(path);
    return os::exists(under_root(path));
}

std::string Probe::resolved(std::string_view path) {
    remember(path);
    struct Free {
        void operator()(char* text) const { ::free(text); }
    };
    const std::unique_ptr<char, Free> real(::realpath(under_root(path).c_str(), nullptr));
    if (!real) { return std::string(path); }
    std::string_view text(real.get());
    if (source_.root != "/" && text.starts_with(source_.root)) { text.remove_prefix(source_.root.size()); }
    return std::string(text);
}

std::optional<std::string> Probe::kernel_text(std::string_view path) const {
    auto text = os::read_file(under_root(path), k_max_file_bytes);
    if (!text.ok()) { return std::nullopt; }
    return std::move(text).take();
}

std::vector<std::string> Probe::kernel_list(std::string_view path) const {
    std::vector<std::string> names;
    auto entries = os::list_dir(under_root(path));
    if (!entries.ok()) { return names; }
    for (os::DirEntry& entry : entries.value()) { names.push_back(std::move(entry.name)); }
    return names;
}

std::string stamp_text(const std::string& real) {
    const auto info = os::stat_path(real);
    if (!info) { return "-"; }
    const os::Stamp stamp = os::Stamp::of(*info);
    return core::cat(stamp.mtime_ns, '.', stamp.ctime_ns, '.', stamp.inode, '.', stamp.size);
}

core::Json known(core::Json value) { return core::Json::object().set("state", "value").set("value", std::move(value)); }
core::Json absent() { return core::Json::object().set("state", "absent"); }
core::Json not_collected(std::string_view reason) { return core::Json::object().set("reason", reason).set("state", "unknown"); }
core::Json known_or_absent(std::optional<std::string> value) { return value && !value->empty() ? known(core::Json(core::valid_utf8(*value))) : absent(); }

std::string without_paths(std::string_view text) {
    std::string out;
    constexpr std::string_view k_separators = " \t\n:;,=\"'()";
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find_first_of(k_separators, at), text.size());
        const std::string_view word = text.substr(at, end - at);
        const std::size_t slash = word.find('/');
        if (slash == std::string_view::npos) {
            out += word;
        } else {
            // "-I/usr/include" keeps its option; "~/x" and "a/b" are paths from their beginning.
            if (word.starts_with('-')) { out += word.substr(0, slash); }
            out += "<path>";
        }
        if (end < text.size()) { out += text[end]; }
        at = end + 1;
    }
    return out;
}

core::Json recorder_group() { return core::Json::object().set("runlake", known(core::Json(std::string_view(core::k_version)))); }

Group make_group(std::string name, const core::Json& values) {
    // No value is a float, so that the canonical text always exists.
    std::string text = core::canonical_json(values).value_or("{}");
    std::string digest = core::FieldHash("environment-group/1").field("name", std::string_view(name)).field("values", std::string_view(text)).finish().hex();
    return Group{.name = std::move(name), .text = std::move(text), .digest = std::move(digest)};
}

std::vector<Group> slow_groups(Probe& probe) {
    std::vector<Group> groups;
    groups.push_back(make_group("gpu", gpu_group(probe)));
    groups.push_back(make_group("libraries", libraries_group(probe)));
    groups.push_back(make_group("machine", machine_group(probe)));
    groups.push_back(make_group("packages", packages_group(probe)));
    groups.push_back(make_group("system", system_group(probe)));
    groups.push_back(make_group("toolchain", toolchain_group(probe)));
    return groups;
}

Environment compose(const std::vector<Group>& groups) {
    std::vector<const Group*> sorted;
    for (const Group& group : groups) { sorted.push_back(&group); }
    std::sort(sorted.begin(), sorted.end(), [](const Group* a, const Group* b) { return a->name < b->name; });
    core::FieldHash hash("environment/1");
    for (const Group* group : sorted) { hash.field(group->name, std::string_view(group->digest)); }
    Environment environment{.digest = hash.finish().hex(), .document = ""};
    std::string& out = environment.document;
    out = core::cat("{\"version\": 1, \"recipe\": \"environment/1\", \"digest\": \"", environment.digest, "\", \"groups\": {");
    for (const Group* group : sorted) {
        out += core::cat(group == sorted.front() ? "\n" : ",\n", '"', group->name, "\": {\"digest\": \"", group->digest, "\", \"values\": ", group->text, '}');
    }
    out += "\n}}\n";
    return environment;
}

Environment collect_environment(const EnvironmentSource& source) {
    Probe probe(source);
    return compose(with_quick_groups(slow_groups(probe), source));
}

std::optional<std::string> cached_environment(const record::Store& store, const EnvironmentSource& source) { return from_cache(store, source); }

core::Result<std::string> store_environment(const record::Store& store, const EnvironmentSource& source) {
    if (auto digest = from_cache(store, source)) { return std::move(*digest); }
    const std::int64_t begun = os::stamping_clock_ns();
    Probe probe(source);
    std::vector<Group> groups = slow_groups(probe);
    // What was collected while stopping has gaps that nobody meant.
    if (source.stop && source.stop()) { return core::Error(core::Errc::interrupted, "collecting the environment was stopped"); }
    keep(store, probe, groups, begun);
    const Environment environment = compose(with_quick_groups(std::move(groups), source));
    RL_TRY(publish_document(store, environment));
    return environment.digest;
}

core::Result<std::string> process_environment(const record::Store& store) {
    static std::mutex mutex;
    static std::map<std::string, std::string> known_digests;
    const std::scoped_lock lock(mutex);
    if (const auto found = known_digests.find(store.dir); found != known_digests.end()) { return found->second; }
    RL_ASSIGN(std::string digest, store_environment(store));
    known_digests.emplace(store.dir, digest);
    return digest;
}

}  // namespace runlake::fingerprint

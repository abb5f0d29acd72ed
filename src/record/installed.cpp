// SPDX-License-Identifier: Apache-2.0
#include "record/installed.hpp"

#include <algorithm>

#include "core/digest.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::record {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr std::string_view k_schema = "runlake.installed/1";
constexpr std::string_view k_schema_name = "runlake.installed/";
constexpr std::string_view k_default_run_store = ".runs";
constexpr std::string_view k_unknown = "unknown";
constexpr std::uint64_t k_most_bytes = 1U << 20U;
constexpr std::size_t k_longest_label = 64;

Error corrupt(std::string_view what) { return {Errc::corrupt, std::string(what)}; }

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Of aexp's marker; whatever can't be read is nothing.
std::optional<std::string> theirs(const Store& store, std::string_view key) {
    if (store.root.empty()) { return std::nullopt; }
    auto text = os::read_file(store.root + "/.aexp/installed.json", k_most_bytes);
    if (!text.ok()) { return std::nullopt; }
    auto marker = core::parse_json(text.value(), "installed.json");
    if (!marker.ok()) { return std::nullopt; }
    auto value = marker.value().string_at(key);
    return value && !value->empty() ? std::move(value) : std::nullopt;
}

std::optional<Installed> ours(const Store& store) {
    auto read = read_installed(store);
    return read.ok() ? std::move(read).take() : std::nullopt;
}

core::Result<std::string> text_of(const Json& marker, std::string_view key) {
    const Json* value = marker.find(key);
    if (value == nullptr || !value->is_string()) { return corrupt(cat("\"", key, "\" is ", value == nullptr ? "missing" : "no text")); }
    return *value->as_string();
}

}  // namespace

core::Status check_label(std::string_view label) {
    const bool good = !label.empty() && label.size() <= k_longest_label && is_alnum(label.front()) &&
                      std::ranges::all_of(label, [](char c) { return is_alnum(c) || c == '.' || c == '_' || c == '-'; });
    if (good) { return core::ok(); }
    return Error(Errc::usage, cat("the machine label \"", core::valid_utf8(core::cut_utf8(label, k_longest_label)),
                                  "\" can't be used: 1 to 64 letters, digits, '.', '_' or '-' are needed, the first a letter or digit, since files are named by it"));
}

core::Result<Installed> parse_installed(std::string_view text) {
    RL_ASSIGN(const Json marker, core::parse_json(text, "installed.json"));
    RL_ASSIGN(const std::string schema, text_of(marker, "schema"));
    if (schema != k_schema) {
        if (schema.starts_with(k_schema_name)) { return Error(Errc::unsupported, cat("it is of schema ", core::valid_utf8(core::cut_utf8(schema, 60)), ", this program knows ", k_schema)); }
        return corrupt("it is no marker of an installation");
    }
    Installed installed;
    RL_ASSIGN(installed.version, text_of(marker, "version"));
    RL_ASSIGN(installed.installed_at, text_of(marker, "installed_at"));
    RL_ASSIGN(installed.run_store_path, text_of(marker, "run_store_path"));
    if (installed.run_store_path.empty()) { return corrupt("\"run_store_path\" is empty"); }
    RL_ASSIGN(installed.scaffold_sha, text_of(marker, "scaffold_sha"));
    const Json* labels = marker.find("labels");
    if (labels == nullptr || !labels->is_object()) { return corrupt("\"labels\" is missing or no object"); }
    for (const auto& [machine, label] : *labels->as_object()) {
        if (!label.is_string() || label.as_string()->empty()) { return corrupt("a label is no text"); }
        installed.labels.emplace(machine, *label.as_string());
    }
    return installed;
}

std::string installed_text(const Installed& installed) {
    Json labels = Json::object();
    for (const auto& [machine, label] : installed.labels) { labels.set(machine, label); }
    Json marker = Json::object();
    marker.set("installed_at", installed.installed_at)
        .set("labels", std::move(labels))
        .set("run_store_path", installed.run_store_path)
        .set("scaffold_sha", installed.scaffold_sha)
        .set("schema", k_schema)
        .set("version", installed.version);
    return core::to_json_pretty(marker);
}

std::string installed_file(const Store& store) { return store.dir + "/installed.json"; }

core::Result<std::optional<Installed>> read_installed(const Store& store) {
    const std::string path = installed_file(store);
    auto text = os::read_file(path, k_most_bytes);
    if (!text.ok()) {
        if (text.error().code() == Errc::not_found) { return std::optional<Installed>(); }
        return std::move(text).take_error();
    }
    auto parsed = parse_installed(text.value());
    if (!parsed.ok()) { return std::move(parsed).take_error().context(cat("reading ", path)); }
    return std::optional(std::move(parsed).take());
}

bool is_aexp_repository(const Store& store) {
    return !store.root.empty() && (os::exists(store.root + "/.aexp/installed.json") || os::is_dir(store.root + "/.aexp/ledger"));
}

std::string run_store_path(const Store& store) {
    if (store.root.empty()) { return ""; }
    const std::optional<Installed> own = ours(store);
    const std::string named = own ? own->run_store_path : theirs(store, "run_store_path").value_or(std::string(k_default_run_store));
    return os::join_path(store.root, named);
}

std::string machine_label(const Store& store) {
    if (const std::optional<Installed> own = ours(store)) {
        if (const auto found = own->labels.find(os::machine_id()); found != own->labels.end()) { return found->second; }
    }
    if (auto label = theirs(store, "machine_label")) { return *std::move(label); }
    const std::string host = os::host_name();
    std::string label = host.substr(0, host.find('.'));
    return label.empty() ? std::string(k_unknown) : label;
}

}  // namespace runlake::record

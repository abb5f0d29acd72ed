// SPDX-License-Identifier: Apache-2.0
// The table of settings, and reading them from files, environment and flags.
#include "record/settings.hpp"

#include <array>
#include <utility>

#include "core/text.hpp"
#include "core/yaml.hpp"
#include "os/system.hpp"

namespace runlake::record {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr auto k_table = std::to_array<Setting>({
    {"mode", "RUNLAKE_MODE", SettingKind::choice, "on|off|strict", "on",
     "Whether runs are recorded; strict refuses to start a program unless its start is on disk."},
    {"tenant", "RUNLAKE_TENANT", SettingKind::text, "", "", "The tenant of new runs, and the one that queries are limited to."},
    {"journal.durability", "RUNLAKE_DURABILITY", SettingKind::choice, "process|power", "process",
     "What a record survives once it is acknowledged: the death of its process, or a loss of power (synced, slower)."},
    {"capture.mode", "RUNLAKE_CAPTURE", SettingKind::choice, "none|stderr|all", "none", "Which output of a program is kept for `runs logs`."},
    {"capture.limit", "RUNLAKE_CAPTURE_LIMIT", SettingKind::bytes, "", "10MiB", "How much of each output is kept, from its beginning."},
    {"code.dirty_limit", "RUNLAKE_CODE_DIRTY_LIMIT", SettingKind::duration, "", "2s",
     "How long the digest of uncommitted changes may take before the code is recorded as +dirty.unknown."},
    {"code.patch_limit", "RUNLAKE_CODE_PATCH_LIMIT", SettingKind::bytes, "", "1MiB", "The largest patch of uncommitted changes that is kept."},
    {"display.time", "RUNLAKE_TIME", SettingKind::choice, "utc|local", "utc", "The time zone in which tables show times."},
    {"observe.otlp_endpoint", "RUNLAKE_OTLP_ENDPOINT", SettingKind::text, "", "", "Where `observe push` sends spans: the URL of an OTLP/HTTP receiver."},
    {"observe.otlp_file", "RUNLAKE_OTLP_FILE", SettingKind::text, "", "", "The file that `observe push` appends spans to, as OTLP JSON lines."},
    {"observe.otlp_headers", "RUNLAKE_OTLP_HEADERS", SettingKind::list, "", "", "Headers for the OTLP receiver, as name=value."},
    {"observe.prometheus_file", "RUNLAKE_PROMETHEUS_FILE", SettingKind::text, "", "",
     "The file that `observe push` keeps for the textfile collector of a Prometheus node exporter."},
    {"observe.statsd", "RUNLAKE_STATSD", SettingKind::text, "", "", "Where `observe push` sends StatsD datagrams, as host:port."},
    {"observe.webhook_url", "RUNLAKE_WEBHOOK_URL", SettingKind::text, "", "", "The URL that `observe push` posts to when a run has ended."},
    {"observe.webhook_secret", "RUNLAKE_WEBHOOK_SECRET", SettingKind::text, "", "",
     "The key that signs webhook posts; keep it in the environment or the user's file, not in a committed one."},
    {"observe.serve_token", "RUNLAKE_SERVE_TOKEN", SettingKind::text, "", "",
     "The token that `observe serve` demands of scrapers, needed beyond loopback; keep it in the environment or the user's file."},
    {"replay.event_prefix", "RUNLAKE_EVENT_PREFIX", SettingKind::text, "", "", "What stands before the names of a replay's events, as s18_."},
    {"replay.events_file", "RUNLAKE_EVENTS_FILE", SettingKind::text, "", "", "The file that a replay's events are appended to."},
    {"replay.loki_url", "RUNLAKE_LOKI_URL", SettingKind::text, "", "", "Where a replay's events are pushed: the URL of a Loki."},
    {"replay.loki_labels", "RUNLAKE_LOKI_LABELS", SettingKind::list, "", "", "Labels of a replay's events in Loki, as name=value, beside job=runlake_replay."},
    {"replay.loki_headers", "RUNLAKE_LOKI_HEADERS", SettingKind::list, "", "", "Headers for Loki, as name=value; keep them in the environment or the user's file."},
});

const Setting* find_setting(std::string_view key) {
    for (const auto& setting : k_table) {
        if (setting.key == key) { return &setting; }
    }
    return nullptr;
}

// Words of a refused key or choice, with the nearest valid one.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
    const auto near = core::nearest(word, candidates);
    return near ? cat(" (did you mean '", *near, "'?)") : std::string();
}

Error unknown_key(std::string_view where, std::string_view key) {
    std::vector<std::string> keys;
    for (const auto& setting : k_table) { keys.emplace_back(setting.key); }
    auto hint = did_you_mean(key, keys);
    if (hint.empty()) { hint = ": `runlake config list` shows all keys"; }
    return {Errc::usage, cat("reading ", where, ": unknown setting '", key, "'", hint)};
}

core::Status check_value(const Setting& setting, std::string_view value, std::string_view where) {
    const auto wrong = [&](std::string_view wanted, std::string_view hint = "") {
        return Error(Errc::usage, cat("reading ", where, ": setting '", setting.key, "' can't be '", value, "'", hint, ": it takes ", wanted));
    };
    switch (setting.kind) {
        case SettingKind::text:
        case SettingKind::list: return core::ok();
        case SettingKind::integer: return core::parse_integer(value) ? core::ok() : core::Status(wrong("an integer"));
        case SettingKind::boolean: return value == "true" || value == "false" ? core::ok() : core::Status(wrong("true or false"));
        case SettingKind::bytes: return core::parse_bytes(value).ok() ? core::ok() : core::Status(wrong("a size such as 512KiB or 10MB"));
        case SettingKind::duration: return core::parse_duration_s(value).ok() ? core::ok() : core::Status(wrong("a duration such as 30s, 5m or 2h"));
        case SettingKind::choice: {
            std::vector<std::string> choices;
            for (const auto choice : core::split(setting.choices, '|')) {
                if (choice == value) { return core::ok(); }
                choices.emplace_back(choice);
            }
            return wrong(core::join(choices, ", "), did_you_mean(value, choices));
        }
    }
    return Error(Errc::internal, "a setting of no kind");
}

// The text of a scalar or list of a file; nothing for what no setting can be.
std::optional<std::string> text_of(const Json& value) {
    if (const auto* text = value.as_string()) { return *text; }
    if (const auto* flag = value.as_bool()) { return *flag ? "true" : "false"; }
    if (value.is_number()) { return core::to_json(value); }
    const auto* items = value.as_array();
    if (items == nullptr) { return std::nullopt; }
    std::vector<std::string> texts;
    for (const auto& item : *items) {
        auto text = text_of(item);
        if (!text || item.is_array()) { return std::nullopt; }
        texts.push_back(std::move(*text));
    }
    return core::join(texts, ",");
}

using Values = std::map<std::string, SettingValue, std::less<>>;

// What one file says. The first problem is returned; with `tolerant`, reading goes on after it.
class FileReader {
  public:
    FileReader(const std::string& path, Origin origin, Values& values) : path_(path), origin_(origin), values_(values) {}

    std::optional<Error> read() {
        auto text = os::read_file(path_, 1U << 20U);
        if (!text.ok()) {
            if (text.error().code() != Errc::not_found) { problem_ = std::move(text).take_error().context("reading settings"); }
            return problem_;
        }
        auto document = core::parse_yaml(text.value(), path_);
        if (!document.ok()) { return Error(Errc::usage, document.error().message()); }
        document_ = std::move(document).take();
        if (document_.root.is_null()) { return std::nullopt; }
        if (!document_.root.is_object()) { return Error(Errc::usage, cat("reading ", path_, ": settings are a mapping of keys to values")); }
        add(document_.root, "", "");
        return problem_;
    }

  private:
    std::string where(const std::string& pointer) const {
        const auto found = document_.positions.find(pointer);
        return found == document_.positions.end() ? path_ : cat(path_, ':', found->second.line);
    }
    void complain(Error error) {
        if (!problem_) { problem_ = std::move(error); }
    }
    void add(const Json& object, const std::string& prefix, const std::string& pointer) {
        for (const auto& [name, value] : *object.as_object()) {
            const std::string key = prefix.empty() ? name : cat(prefix, '.', name);
            const std::string at = cat(pointer, '/', name);
            const Setting* setting = find_setting(key);
            if (setting == nullptr) {
                if (value.is_object() && is_group(key)) {
                    add(value, key, at);
                } else if (!value.is_null() || !is_group(key)) {
                    complain(unknown_key(where(at), key));
                }
                continue;
            }
            if (value.is_null()) { continue; }
            auto text = text_of(value);
            if (!text || (value.is_array() && setting->kind != SettingKind::list)) {
                complain(Error(Errc::usage, cat("reading ", where(at), ": setting '", key, "' takes one value")));
                continue;
            }
            auto checked = check_value(*setting, *text, where(at));
            if (!checked.ok()) {
                complain(std::move(checked).take_error());
                continue;
            }
            values_[key] = SettingValue{std::move(*text), origin_, where(at)};
        }
    }
    static bool is_group(std::string_view key) {
        for (const auto& setting : k_table) {
            if (setting.key.size() > key.size() && setting.key.starts_with(key) && setting.key[key.size()] == '.') { return true; }
        }
        return false;
    }

    const std::string path_;
    const Origin origin_;
    Values& values_;
    core::YamlDocument document_;
    std::optional<Error> problem_;
};

std::optional<Error> read_environment(Values& values) {
    std::optional<Error> problem;
    for (const auto& setting : k_table) {
        const std::string name(setting.environment);
        auto value = os::env(name.c_str());
        if (!value || value->empty()) { continue; }
        auto checked = check_value(setting, *value, name);
        if (checked.ok()) {
            values[std::string(setting.key)] = SettingValue{std::move(*value), Origin::environment, name};
        } else if (!problem) {
            problem = std::move(checked).take_error();
        }
    }
    return problem;
}

// All values and the first problem met on the way.
std::optional<Error> read_all(const std::optional<Store>& store, Values& values) {
    for (const auto& setting : k_table) { values[std::string(setting.key)] = SettingValue{std::string(setting.fallback), Origin::fallback, ""}; }
    std::optional<Error> first;
    const auto keep_first = [&](std::optional<Error> problem) {
        if (problem && !first) { first = std::move(problem); }
    };
    if (const auto home = os::config_home()) { keep_first(FileReader(*home + "/config.yaml", Origin::user, values).read()); }
    if (store) { keep_first(FileReader(store->config_file(), Origin::project, values).read()); }
    keep_first(read_environment(values));
    return first;
}

}  // namespace

std::span<const Setting> settings_table() { return k_table; }

std::string_view origin_name(Origin origin) {
    switch (origin) {
        case Origin::flag: return "flag";
        case Origin::environment: return "environment";
        case Origin::project: return "project";
        case Origin::user: return "user";
        case Origin::fallback: return "default";
    }
    return "";
}

core::Result<Settings> Settings::load(const std::optional<Store>& store) {
    Settings settings;
    if (auto problem = read_all(store, settings.values_)) { return std::move(*problem); }
    return settings;
}

Settings Settings::load_tolerant(const std::optional<Store>& store, std::optional<core::Error>& problem) {
    Settings settings;
    problem = read_all(store, settings.values_);
    return settings;
}

core::Status Settings::set_flag(std::string_view key, std::string_view value) {
    const Setting* setting = find_setting(key);
    if (setting == nullptr) { return unknown_key("an option", key); }
    RL_TRY(check_value(*setting, value, "an option"));
    values_[std::string(key)] = SettingValue{std::string(value), Origin::flag, ""};
    return core::ok();
}

const SettingValue& Settings::at(std::string_view key) const {
    const auto found = values_.find(key);
    if (found == values_.end()) { std::abort(); }  // no word of the table: a defect of the caller
    return found->second;
}

std::optional<std::string> Settings::text_if(std::string_view key) const {
    const auto& value = at(key);
    return value.text.empty() ? std::nullopt : std::optional(value.text);
}

std::int64_t Settings::integer(std::string_view key) const {
    const std::string& text = at(key).text;
    const Setting* setting = find_setting(key);
    switch (setting->kind) {
        case SettingKind::bytes: return core::parse_bytes(text).value_or(0);
        case SettingKind::duration: return core::parse_duration_s(text).value_or(0);
        default: return core::parse_integer(text).value_or(0);
    }
}

Mode Settings::mode() const {
    const std::string& word = at("mode").text;
    return word == "off" ? Mode::off : word == "strict" ? Mode::strict : Mode::on;
}

os::Durability Settings::durability() const { return at("journal.durability").text == "power" ? os::Durability::power : os::Durability::process; }

}  // namespace runlake::record

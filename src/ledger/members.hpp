// SPDX-License-Identifier: Apache-2.0
// Reading the members of an entry, with the words for what is wrong with one. For sources of this module only.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "ledger/entry.hpp"

namespace runlake::ledger {

// What an entry says, as far as a message should repeat it.
inline std::string repeated(std::string_view said) {
    constexpr std::size_t k_most = 60;
    const std::string valid = core::valid_utf8(said);
    return valid.size() <= k_most ? valid : core::cat(core::cut_utf8(valid, k_most), "...");
}

inline core::Error corrupt(std::string_view what) { return {core::Errc::corrupt, std::string(what)}; }

// Members of one object; a member of another kind than the format says is an error, a missing one only where it must be there. null counts as missing.
class Members {
  public:
    explicit Members(const core::Json& object, std::string_view within = "") : object_(object), within_(within) {}

    core::Result<std::optional<std::string>> text(std::string_view key) const {
        const core::Json* value = present(key);
        if (value == nullptr) { return std::optional<std::string>(); }
        if (!value->is_string()) { return wrong(key, "no text"); }
        return std::optional(*value->as_string());
    }
    core::Result<std::string> needed_text(std::string_view key) const {
        RL_ASSIGN(std::optional<std::string> value, text(key));
        if (!value) { return missing(key); }
        return *std::move(value);
    }
    core::Result<std::optional<core::Timestamp>> time(std::string_view key) const {
        RL_ASSIGN(const std::optional<std::string> value, text(key));
        if (!value) { return std::optional<core::Timestamp>(); }
        auto at = core::parse_iso(*value);
        if (!at.ok()) { return wrong(key, core::cat("no time: ", repeated(*value))); }
        return std::optional(at.value());
    }
    core::Result<core::Timestamp> needed_time(std::string_view key) const {
        RL_ASSIGN(const std::optional<core::Timestamp> at, time(key));
        if (!at) { return missing(key); }
        return *at;
    }
    core::Result<std::optional<double>> number(std::string_view key) const {
        const core::Json* value = present(key);
        if (value == nullptr) { return std::optional<double>(); }
        const std::optional<double> number = value->number();
        if (!number || !std::isfinite(*number)) { return wrong(key, "no number"); }
        return number;
    }
    core::Result<std::optional<double>> seconds(std::string_view key) const {
        const core::Json* value = present(key);
        if (value == nullptr) { return std::optional<double>(); }
        const std::optional<double> number = value->number();
        if (!number || !std::isfinite(*number) || *number < 0) { return wrong(key, "no number of seconds"); }
        return number;
    }
    core::Result<std::optional<std::int64_t>> integer(std::string_view key) const {
        const core::Json* value = present(key);
        if (value == nullptr) { return std::optional<std::int64_t>(); }
        if (!value->is_integer()) { return wrong(key, "no whole number"); }
        return std::optional(*value->as_integer());
    }
    core::Result<std::optional<bool>> flag(std::string_view key) const {
        const core::Json* value = present(key);
        if (value == nullptr) { return std::optional<bool>(); }
        if (!value->is_bool()) { return wrong(key, "neither true nor false"); }
        return std::optional(*value->as_bool());
    }
    // Null when it is missing.
    core::Result<const core::Json*> object(std::string_view key) const {
        const core::Json* value = present(key);
        if (value != nullptr && !value->is_object()) { return wrong(key, "no object"); }
        return value;
    }
    core::Result<const core::Json*> array(std::string_view key) const {
        const core::Json* value = present(key);
        if (value != nullptr && !value->is_array()) { return wrong(key, "no list"); }
        return value;
    }
    core::Result<JobEnd> end(std::string_view key) const {
        RL_ASSIGN(const std::string word, needed_text(key));
        const std::optional<JobEnd> end = parse_job_end(word);
        if (!end) { return wrong(key, core::cat("\"", repeated(word), "\": a ledger holds what has ended")); }
        return *end;
    }
    core::Error missing(std::string_view key) const { return corrupt(core::cat("\"", within_, key, "\" is missing")); }
    core::Error wrong(std::string_view key, std::string_view why) const { return corrupt(core::cat("\"", within_, key, "\" is ", why)); }

  private:
    const core::Json* present(std::string_view key) const {
        const core::Json* value = object_.find(key);
        return value == nullptr || value->is_null() ? nullptr : value;
    }
    const core::Json& object_;
    std::string_view within_;
};

// The schema of a format that names itself, "runlake.run/1". A later one may mean anything by its members: it is refused before any other is looked at.
inline core::Status check_named_schema(const core::Json& entry, std::string_view wanted) {
    if (!entry.is_object()) { return corrupt("it is no JSON object"); }
    RL_ASSIGN(const std::string schema, Members(entry).needed_text("schema"));
    if (schema == wanted) { return core::ok(); }
    if (!schema.starts_with(wanted.substr(0, wanted.find('/') + 1))) { return corrupt(core::cat("it is of schema ", repeated(schema), ", not ", wanted)); }
    return core::Error(core::Errc::unsupported, core::cat("it is of schema ", repeated(schema), ", this program knows ", wanted));
}

}  // namespace runlake::ledger

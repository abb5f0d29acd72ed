// SPDX-License-Identifier: Apache-2.0
// Look-ups and changes of the JSON value.
#include "core/json.hpp"

#include <limits>

#include "core/text.hpp"

namespace runlake::core {

Json::Json(std::uint64_t value) {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        value_ = BigInteger{std::to_string(value)};
    } else {
        value_ = static_cast<std::int64_t>(value);
    }
}

std::optional<double> Json::number() const {
    if (const auto* integer = as_integer()) { return static_cast<double>(*integer); }
    if (const auto* real = as_float()) { return *real; }
    if (const auto* big = as_big_integer()) { return parse_float(big->digits); }
    return std::nullopt;
}

const Json* Json::find(std::string_view key) const {
    const JsonObject* members = as_object();
    if (members == nullptr) { return nullptr; }
    for (const JsonMember& member : *members) {
        if (member.first == key) { return &member.second; }
    }
    return nullptr;
}

std::optional<std::string> Json::string_at(std::string_view key) const {
    const Json* member = find(key);
    const std::string* text = member == nullptr ? nullptr : member->as_string();
    return text == nullptr ? std::nullopt : std::optional(*text);
}

std::optional<std::int64_t> Json::integer_at(std::string_view key) const {
    const Json* member = find(key);
    const std::int64_t* integer = member == nullptr ? nullptr : member->as_integer();
    return integer == nullptr ? std::nullopt : std::optional(*integer);
}

std::optional<double> Json::number_at(std::string_view key) const {
    const Json* member = find(key);
    return member == nullptr ? std::nullopt : member->number();
}

std::optional<bool> Json::bool_at(std::string_view key) const {
    const Json* member = find(key);
    const bool* truth = member == nullptr ? nullptr : member->as_bool();
    return truth == nullptr ? std::nullopt : std::optional(*truth);
}

Json& Json::set(std::string_view key, Json value) {
    if (!is_object()) { value_ = JsonObject{}; }
    JsonObject& members = *as_object();
    for (JsonMember& member : members) {
        if (member.first == key) {
            member.second = std::move(value);
            return *this;
        }
    }
    members.emplace_back(std::string(key), std::move(value));
    return *this;
}

Json& Json::push(Json value) {
    if (!is_array()) { value_ = JsonArray{}; }
    as_array()->push_back(std::move(value));
    return *this;
}

}  // namespace runlake::core

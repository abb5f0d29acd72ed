// SPDX-License-Identifier: Apache-2.0
// Values of JSON documents as cells: what is missing or of another kind is none, never an error.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"
#include "lake/file_input.hpp"

namespace runlake::lake {

// The member, or null; fine for what is no object.
inline const core::Json* member(const core::Json* object, std::string_view key) { return object != nullptr ? object->find(key) : nullptr; }

inline std::optional<std::string> text_cell(const core::Json* value) {
    const auto* text = value != nullptr ? value->as_string() : nullptr;
    return text != nullptr ? std::optional(*text) : std::nullopt;
}
inline std::optional<bool> bool_cell(const core::Json* value) {
    const auto* truth = value != nullptr ? value->as_bool() : nullptr;
    return truth != nullptr ? std::optional(*truth) : std::nullopt;
}
// An integer, or a float that is one.
inline std::optional<std::int64_t> integer_cell(const core::Json* value) {
    if (value == nullptr) { return std::nullopt; }
    if (const auto* integer = value->as_integer()) { return *integer; }
    const auto* real = value->as_float();
    constexpr double k_exact = 9007199254740992.0;
    if (real != nullptr && std::abs(*real) <= k_exact && std::floor(*real) == *real) { return static_cast<std::int64_t>(*real); }
    return std::nullopt;
}
// None for what is not finite, which programs in Python write.
inline std::optional<double> real_cell(const core::Json* value) {
    const auto number = value != nullptr ? value->number() : std::nullopt;
    return number && std::isfinite(*number) ? number : std::nullopt;
}
// The value as JSON text; none for null.
inline std::optional<std::string> json_cell(const core::Json* value) {
    return value != nullptr && !value->is_null() ? std::optional(core::to_json(*value)) : std::nullopt;
}
inline std::optional<std::int64_t> count_cell(const core::Json* list) {
    const auto* items = list != nullptr ? list->as_array() : nullptr;
    return items != nullptr ? std::optional(static_cast<std::int64_t>(items->size())) : std::nullopt;
}

// The file as one document, which must be an object; with NaN and infinities as Python writes them.
core::Result<core::Json> read_object(FileInput& input);

}  // namespace runlake::lake

// SPDX-License-Identifier: Apache-2.0
// A small JSON value, its reader, and the two writers: compact and Python's canonical form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/result.hpp"

namespace runlake::core {

class Json;
using JsonArray = std::vector<Json>;
using JsonMember = std::pair<std::string, Json>;
// Members in the order they were read or added; keys are unique.
using JsonObject = std::vector<JsonMember>;

// An integer outside 64 bits, as its decimal digits ("-123..."), so that ids made from it stay right.
struct BigInteger {
    std::string digits;
    bool operator==(const BigInteger&) const = default;
};

// A JSON value. Integers and floats are different kinds: 1 is not 1.0.
class Json {
  public:
    Json() = default;                                                  // null
    Json(std::nullptr_t) {}                                            // NOLINT(google-explicit-constructor)
    Json(bool value) : value_(value) {}                                // NOLINT(google-explicit-constructor)
    Json(int value) : value_(std::int64_t{value}) {}                   // NOLINT(google-explicit-constructor)
    Json(unsigned value) : value_(std::int64_t{value}) {}              // NOLINT(google-explicit-constructor)
    Json(std::int64_t value) : value_(value) {}                        // NOLINT(google-explicit-constructor)
    Json(std::uint64_t value);                                         // NOLINT(google-explicit-constructor)
    Json(double value) : value_(value) {}                              // NOLINT(google-explicit-constructor)
    Json(BigInteger value) : value_(std::move(value)) {}               // NOLINT(google-explicit-constructor)
    Json(const char* value) : value_(std::string(value)) {}            // NOLINT(google-explicit-constructor)
    Json(std::string_view value) : value_(std::string(value)) {}       // NOLINT(google-explicit-constructor)
    Json(std::string value) : value_(std::move(value)) {}              // NOLINT(google-explicit-constructor)
    Json(JsonArray value) : value_(std::move(value)) {}                // NOLINT(google-explicit-constructor)
    Json(JsonObject value) : value_(std::move(value)) {}               // NOLINT(google-explicit-constructor)
    template <class T>
    Json(std::optional<T> value) {                                     // NOLINT(google-explicit-constructor)
        if (value) { *this = Json(std::move(*value)); }
    }
    static Json object() { return Json(JsonObject{}); }
    static Json array() { return Json(JsonArray{}); }

    bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
    bool is_bool() const { return std::holds_alternative<bool>(value_); }
    bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }  // fits in 64 bits, signed
    bool is_big_integer() const { return std::holds_alternative<BigInteger>(value_); }
    bool is_float() const { return std::holds_alternative<double>(value_); }
    bool is_number() const { return is_integer() || is_big_integer() || is_float(); }
    bool is_string() const { return std::holds_alternative<std::string>(value_); }
    bool is_array() const { return std::holds_alternative<JsonArray>(value_); }
    bool is_object() const { return std::holds_alternative<JsonObject>(value_); }

    // Pointers into the value, null when it is of another kind; they live as long as it does.
    const bool* as_bool() const { return std::get_if<bool>(&value_); }
    const std::int64_t* as_integer() const { return std::get_if<std::int64_t>(&value_); }
    const BigInteger* as_big_integer() const { return std::get_if<BigInteger>(&value_); }
    const double* as_float() const { return std::get_if<double>(&value_); }
    const std::string* as_string() const { return std::get_if<std::string>(&value_); }
    const JsonArray* as_array() const { return std::get_if<JsonArray>(&value_); }
    const JsonObject* as_object() const { return std::get_if<JsonObject>(&value_); }
    JsonArray* as_array() { return std::get_if<JsonArray>(&value_); }
    JsonObject* as_object() { return std::get_if<JsonObject>(&value_); }
    std::optional<double> number() const;  // any number as a double (rounded), nothing for other kinds

    // The member of that name, null when this is no object or has none.
    const Json* find(std::string_view key) const;
    // Typed look-ups that answer nothing when the member is missing, null or of another kind.
    std::optional<std::string> string_at(std::string_view key) const;
    std::optional<std::int64_t> integer_at(std::string_view key) const;
    std::optional<double> number_at(std::string_view key) const;
    std::optional<bool> bool_at(std::string_view key) const;

    // Sets or replaces a member (turns null into an object); returns *this so that calls chain.
    Json& set(std::string_view key, Json value);
    // As set(), but leaves the member out when there is no value.
    template <class T>
    Json& set_if(std::string_view key, const std::optional<T>& value) {
        return value ? set(key, Json(*value)) : *this;
    }
    Json& push(Json value);  // appends to an array (turns null into one)
    bool operator==(const Json&) const = default;

  private:
    std::variant<std::monostate, bool, std::int64_t, BigInteger, double, std::string, JsonArray, JsonObject> value_;
};

// Reads one JSON text (RFC 8259), at most `max_depth` levels deep. NaN and Infinity, duplicate keys, invalid UTF-8 and trailing text are
// refused: Errc::corrupt with line and column. `what` names the source in the message.
Result<Json> parse_json(std::string_view text, std::string_view what, int max_depth = 200);

// One line, no spaces, members in their order, UTF-8 as it is, floats shortest round-trip. Non-finite floats are written null.
std::string to_json(const Json& value);
void append_json(std::string& out, const Json& value);
// As to_json, with two-space indentation, keys in their order, and a final newline.
std::string to_json_pretty(const Json& value);
// Appends a quoted, escaped JSON string. Invalid UTF-8 is replaced by U+FFFD.
void append_json_string(std::string& out, std::string_view text);

// Python's json.dumps(value, sort_keys=True) with default separators and ASCII escapes, byte for byte: the text whose MD5 is
// signac's job id (see docs/formats/canonical-json.md). Errc::usage for a non-finite float.
Result<std::string> canonical_json(const Json& value);
// The same without sorting keys: what Python's json.dumps(value) writes into signac's files.
Result<std::string> python_json(const Json& value);
// A double as Python's repr() writes it: "1.0", "1e-05", "1e+16". The value must be finite.
std::string python_float(double value);

}  // namespace runlake::core

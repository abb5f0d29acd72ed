// SPDX-License-Identifier: Apache-2.0
// The JSON writers: compact, indented, and Python's.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/json.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"

namespace runlake::core {
namespace {

enum class ByteClass : unsigned char { plain, escaped, high };

// Which bytes of a string stand as they are: all but quote, backslash, control characters, and what is not ASCII.
constexpr std::array<ByteClass, 256> k_classes = [] {
    std::array<ByteClass, 256> table{};
    for (std::size_t i = 0; i < 256; ++i) {
        table[i] = i >= 0x80 ? ByteClass::high : i < 0x20 || i == '"' || i == '\\' ? ByteClass::escaped : ByteClass::plain;
    }
    return table;
}();

constexpr std::size_t k_usual_length = 240;  // of an object or an array: few are longer, and none then grows five times

constexpr std::string_view k_hex = "0123456789abcdef";

void append_u(std::string& out, char32_t unit) {
    out += "\\u";
    for (const unsigned shift : {12U, 8U, 4U, 0U}) { out += k_hex[unit >> shift & 15U]; }
}

void append_escaped(std::string& out, char c) {
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\b': out += "\\b"; return;
        case '\f': out += "\\f"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: append_u(out, static_cast<unsigned char>(c)); return;
    }
}

// As append_json_string, in Python's ASCII form; false for invalid UTF-8.
bool append_ascii_string(std::string& out, std::string_view text) {
    out += '"';
    for (std::size_t i = 0; i < text.size();) {
        const Utf8 next = decode_utf8(text, i);
        if (next.bytes == 0) { return false; }
        const char32_t c = next.code_point;
        if (c >= 0x10000) {
            append_u(out, 0xD800U + ((c - 0x10000U) >> 10U));
            append_u(out, 0xDC00U + (c & 0x3FFU));
        } else if (c >= 0x7F) {
            append_u(out, c);
        } else if (k_classes[c] == ByteClass::plain) {
            out += text[i];
        } else {
            append_escaped(out, text[i]);
        }
        i += next.bytes;
    }
    out += '"';
    return true;
}

void append_integer(std::string& out, std::int64_t value) {
    std::array<char, 24> buffer;
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    out.append(buffer.data(), end);
}

void append_double(std::string& out, double value) {
    out += std::isfinite(value) ? python_float(value) : "null";
}

void append_scalar(std::string& out, const Json& value) {
    if (const auto* text = value.as_string()) {
        append_json_string(out, *text);
    } else if (const auto* integer = value.as_integer()) {
        append_integer(out, *integer);
    } else if (const auto* real = value.as_float()) {
        append_double(out, *real);
    } else if (const auto* truth = value.as_bool()) {
        out += *truth ? "true" : "false";
    } else if (const auto* big = value.as_big_integer()) {
        out += big->digits;
    } else {
        out += "null";
    }
}

void append_pretty(std::string& out, const Json& value, std::size_t depth) {
    const auto new_line = [&](std::size_t levels) { out.append(1, '\n').append(2 * levels, ' '); };
    if (const JsonArray* items = value.as_array(); items != nullptr && !items->empty()) {
        out += '[';
        for (std::size_t i = 0; i < items->size(); ++i) {
            if (i > 0) { out += ','; }
            new_line(depth + 1);
            append_pretty(out, (*items)[i], depth + 1);
        }
        new_line(depth);
        out += ']';
    } else if (const JsonObject* members = value.as_object(); members != nullptr && !members->empty()) {
        out += '{';
        for (std::size_t i = 0; i < members->size(); ++i) {
            if (i > 0) { out += ','; }
            new_line(depth + 1);
            append_json_string(out, (*members)[i].first);
            out += ": ";
            append_pretty(out, (*members)[i].second, depth + 1);
        }
        new_line(depth);
        out += '}';
    } else {
        append_json(out, value);
    }
}

enum class KeyOrder { sorted, kept };

Status append_python(std::string& out, const Json& value, KeyOrder order) {
    if (const auto* text = value.as_string()) {
        if (!append_ascii_string(out, *text)) { return Error(Errc::usage, "writing canonical JSON: a string is not valid UTF-8"); }
    } else if (const JsonArray* items = value.as_array()) {
        out += '[';
        for (std::size_t i = 0; i < items->size(); ++i) {
            if (i > 0) { out += ", "; }
            RL_TRY(append_python(out, (*items)[i], order));
        }
        out += ']';
    } else if (const JsonObject* object = value.as_object()) {
        std::vector<const JsonMember*> members;
        members.reserve(object->size());
        for (const JsonMember& member : *object) { members.push_back(&member); }
        // Byte order of UTF-8 is the order of code points, which is Python's.
        if (order == KeyOrder::sorted) {
            std::sort(members.begin(), members.end(), [](const JsonMember* a, const JsonMember* b) { return a->first < b->first; });
        }
        out += '{';
        for (std::size_t i = 0; i < members.size(); ++i) {
            if (i > 0) { out += ", "; }
            if (!append_ascii_string(out, members[i]->first)) {
                return Error(Errc::usage, "writing canonical JSON: a key is not valid UTF-8");
            }
            out += ": ";
            RL_TRY(append_python(out, members[i]->second, order));
        }
        out += '}';
    } else if (const auto* real = value.as_float(); real != nullptr && !std::isfinite(*real)) {
        return Error(Errc::usage, cat("writing canonical JSON: ", format_float(*real), " is not a number of JSON"));
    } else {
        append_scalar(out, value);
    }
    return ok();
}

Result<std::string> python_text(const Json& value, KeyOrder order) {
    std::string out;
    RL_TRY(append_python(out, value, order));
    return out;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t start = 0;  // of the run of bytes that stand as they are
    for (std::size_t i = 0; i < text.size();) {
        const ByteClass kind = k_classes[static_cast<unsigned char>(text[i])];
        if (kind == ByteClass::plain) {
            ++i;
            continue;
        }
        if (kind == ByteClass::high) {
            if (const std::size_t bytes = decode_utf8(text, i).bytes; bytes > 0) {
                i += bytes;
                continue;
            }
        }
        out.append(text, start, i - start);
        if (kind == ByteClass::high) {
            out += k_replacement;
        } else {
            append_escaped(out, text[i]);
        }
        start = ++i;
    }
    out.append(text, start).append(1, '"');
}

void append_json(std::string& out, const Json& value) {
    if (const JsonArray* items = value.as_array()) {
        out += '[';
        for (std::size_t i = 0; i < items->size(); ++i) {
            if (i > 0) { out += ','; }
            append_json(out, (*items)[i]);
        }
        out += ']';
    } else if (const JsonObject* members = value.as_object()) {
        out += '{';
        for (std::size_t i = 0; i < members->size(); ++i) {
            if (i > 0) { out += ','; }
            append_json_string(out, (*members)[i].first);
            out += ':';
            append_json(out, (*members)[i].second);
        }
        out += '}';
    } else {
        append_scalar(out, value);
    }
}

std::string to_json(const Json& value) {
    std::string out;
    if (value.is_object() || value.is_array()) { out.reserve(k_usual_length); }
    append_json(out, value);
    return out;
}

std::string to_json_pretty(const Json& value) {
    std::string out;
    append_pretty(out, value, 0);
    return out += '\n';
}

Result<std::string> canonical_json(const Json& value) { return python_text(value, KeyOrder::sorted); }

Result<std::string> python_json(const Json& value) { return python_text(value, KeyOrder::kept); }

// Python's repr takes the shortest digits that read back, and writes them without exponent while the decimal point
// stands within -4 <= exponent < 16.
std::string python_float(double value) {
    std::array<char, 32> buffer;
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
    const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
    const std::size_t e = text.find('e');
    const std::string_view sign = text.starts_with('-') ? "-" : "";
    if (e == std::string_view::npos) { return std::string(text); }  // not finite: outside of the contract, but no crash
    std::string digits(text.substr(sign.size(), e - sign.size()));
    if (digits.size() > 1) { digits.erase(1, 1); }  // the point
    int exponent = 0;
    const std::string_view exponent_text = text.substr(text[e + 1] == '+' ? e + 2 : e + 1);
    std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);

    std::string out(sign);
    if (exponent < -4 || exponent >= 16) {
        out += digits[0];
        if (digits.size() > 1) { out.append(1, '.').append(digits, 1); }
        out += exponent < 0 ? "e-" : "e+";
        const int size = exponent < 0 ? -exponent : exponent;
        if (size < 10) { out += '0'; }
        return out += std::to_string(size);
    }
    if (exponent < 0) { return out.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits); }
    const std::size_t whole = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() <= whole) { return out.append(digits).append(whole - digits.size(), '0').append(".0"); }
    return out.append(digits, 0, whole).append(1, '.').append(digits, whole);
}

}  // namespace runlake::core

// SPDX-License-Identifier: Apache-2.0
// JSON in ASCII alone, as datasets and manifests have it.
#include "core/text.hpp"
#include "core/utf8.hpp"
#include "lake/export/dataset.hpp"

namespace runlake::lake {
namespace {

constexpr std::string_view k_hex = "0123456789abcdef";

void append_unit(std::string& out, std::uint32_t unit) {
    out += "\\u";
    for (const unsigned shift : {12U, 8U, 4U, 0U}) { out += k_hex[unit >> shift & 0xFU]; }
}

void append_point(std::string& out, std::uint32_t point) {
    if (point < 0x10000U) {
        append_unit(out, point);
        return;
    }
    append_unit(out, 0xD800U + ((point - 0x10000U) >> 10U));
    append_unit(out, 0xDC00U + ((point - 0x10000U) & 0x3FFU));
}

void append_control(std::string& out, char c) {
    switch (c) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\b': out += "\\b"; break;
        case '\f': out += "\\f"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default: append_unit(out, static_cast<unsigned char>(c)); break;
    }
}

void indent(std::string& out, std::size_t depth) { out.append(1, '\n').append(2 * depth, ' '); }

core::Status append_value(std::string& out, const core::Json& value, std::size_t depth) {
    if (const auto* text = value.as_string()) {
        append_ascii_json(out, *text);
        return core::ok();
    }
    if (const auto* items = value.as_array()) {
        out += '[';
        for (std::size_t i = 0; i < items->size(); ++i) {
            if (i > 0) { out += ','; }
            indent(out, depth + 1);
            RL_TRY(append_value(out, (*items)[i], depth + 1));
        }
        if (!items->empty()) { indent(out, depth); }
        out += ']';
        return core::ok();
    }
    if (const auto* members = value.as_object()) {
        out += '{';
        for (std::size_t i = 0; i < members->size(); ++i) {
            if (i > 0) { out += ','; }
            indent(out, depth + 1);
            append_ascii_json(out, (*members)[i].first);
            out += ": ";
            RL_TRY(append_value(out, (*members)[i].second, depth + 1));
        }
        if (!members->empty()) { indent(out, depth); }
        out += '}';
        return core::ok();
    }
    auto scalar = core::python_json(value);
    if (!scalar.ok()) { return core::Error(core::Errc::internal, core::cat("writing JSON: ", scalar.error().message())); }
    out += scalar.value();
    return core::ok();
}

}  // namespace

void append_ascii_json(std::string& out, std::string_view text) {
    out += '"';
    std::size_t plain = 0;
    std::size_t i = 0;
    while (i < text.size()) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20U && c < 0x80U && c != '"' && c != '\\') {
            ++i;
            continue;
        }
        out += text.substr(plain, i - plain);
        if (c < 0x80U) {
            append_control(out, text[i]);
            ++i;
        } else {
            // Texts are valid UTF-8: they come out of a database or a checked document. What is not is replaced all the same.
            const core::Utf8 step = core::decode_utf8(text, i);
            append_point(out, step.bytes == 0 ? 0xFFFDU : static_cast<std::uint32_t>(step.code_point));
            i += step.bytes == 0 ? 1 : step.bytes;
        }
        plain = i;
    }
    out += text.substr(plain);
    out += '"';
}

core::Result<std::string> ascii_document(const core::Json& value) {
    std::string out;
    RL_TRY(append_value(out, value, 0));
    return out += '\n';
}

}  // namespace runlake::lake

// SPDX-License-Identifier: Apache-2.0
// The three words are carried through the ordinary reader and writer as texts that nothing else can be: they hold a character that such files escape.
#include "core/python_json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "core/text.hpp"

namespace runlake::core {
namespace {

struct Word {
    std::string_view python;
    std::string_view carried;   // as a JSON text, quotes and all: what Python's writer never makes, because it escapes DEL
    std::string_view text;      // the same as a value
    double value;
};

constexpr double k_infinity = std::numeric_limits<double>::infinity();
constexpr std::array k_words = {
    Word{"-Infinity", "\"\x7F\x7F-Infinity\x7F\"", "\x7F\x7F-Infinity\x7F", -k_infinity},   // before the one that it ends with
    Word{"Infinity", "\"\x7F\x7FInfinity\x7F\"", "\x7F\x7FInfinity\x7F", k_infinity},
    Word{"NaN", "\"\x7F\x7FNaN\x7F\"", "\x7F\x7FNaN\x7F", std::numeric_limits<double>::quiet_NaN()},
};

const Word* word_at(std::string_view rest) {
    for (const Word& word : k_words) {
        if (rest.starts_with(word.python)) { return &word; }
    }
    return nullptr;
}

// The text with the words that stand outside of strings carried; nothing when there is none, or when something in it looks like a carried one already.
std::optional<std::string> carry(std::string_view text) {
    if (text.find("NaN") == std::string_view::npos && text.find("Infinity") == std::string_view::npos) { return std::nullopt; }
    if (text.find("\x7F\x7F") != std::string_view::npos) { return std::nullopt; }
    std::string out;
    out.reserve(text.size() + 64);
    bool found = false;
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] == '"') {
            std::size_t end = i + 1;
            while (end < text.size() && text[end] != '"') { end += text[end] == '\\' ? 2 : 1; }
            end = std::min(end + 1, text.size());
            out.append(text, i, end - i);
            i = end;
        } else if (const Word* word = word_at(text.substr(i)); word != nullptr) {
            out += word->carried;
            i += word->python.size();
            found = true;
        } else {
            out += text[i++];
        }
    }
    return found ? std::optional(std::move(out)) : std::nullopt;
}

const Word* carried_by(std::string_view text) {
    for (const Word& word : k_words) {
        if (text == word.text) { return &word; }
    }
    return nullptr;
}

// False: one of the words stands where a key must.
bool bring_back(Json& value) {
    if (JsonArray* items = value.as_array()) { return std::ranges::all_of(*items, bring_back); }
    if (JsonObject* members = value.as_object()) {
        return std::ranges::all_of(*members, [](JsonMember& member) { return carried_by(member.first) == nullptr && bring_back(member.second); });
    }
    if (const std::string* text = value.as_string()) {
        if (const Word* word = carried_by(*text)) { value = Json(word->value); }
    }
    return true;
}

Status append_value(std::string& out, const Json& value) {
    if (const JsonArray* items = value.as_array()) {
        out += '[';
        for (std::size_t i = 0; i < items->size(); ++i) {
            if (i > 0) { out += ", "; }
            RL_TRY(append_value(out, (*items)[i]));
        }
        out += ']';
    } else if (const JsonObject* members = value.as_object()) {
        out += '{';
        for (std::size_t i = 0; i < members->size(); ++i) {
            if (i > 0) { out += ", "; }
            RL_ASSIGN(const std::string name, python_json(Json((*members)[i].first)));
            out.append(name).append(": ");
            RL_TRY(append_value(out, (*members)[i].second));
        }
        out += '}';
    } else if (const double* real = value.as_float(); real != nullptr && !std::isfinite(*real)) {
        out += std::isnan(*real) ? "NaN" : *real < 0 ? "-Infinity" : "Infinity";
    } else {
        RL_ASSIGN(const std::string scalar, python_json(value));
        out += scalar;
    }
    return ok();
}

}  // namespace

Result<Json> parse_python_json(std::string_view text, std::string_view what, int max_depth) {
    const std::optional<std::string> carried = carry(text);
    if (!carried) { return parse_json(text, what, max_depth); }
    RL_ASSIGN(Json value, parse_json(*carried, what, max_depth));
    if (!bring_back(value)) { return Error(Errc::corrupt, cat("reading ", what, ": a key is no text")); }
    return value;
}

Result<std::string> write_python_json(const Json& value) {
    std::string out;
    RL_TRY(append_value(out, value));
    return out;
}

}  // namespace runlake::core

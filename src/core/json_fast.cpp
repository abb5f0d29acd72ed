// SPDX-License-Identifier: Apache-2.0
#include "core/json_fast.hpp"

#include <charconv>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <utility>

#include "core/utf8.hpp"

namespace runlake::core {
namespace {

// Every function answers false for what it does not take; it does not say why.
class Reader {
  public:
    explicit Reader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

    bool document(Json& out, int depth) {
        skip_blanks();
        if (!value(out, depth)) { return false; }
        skip_blanks();
        return at_ == end_;
    }

  private:
    void skip_blanks() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) { ++at_; }
    }
    bool take(char wanted) {
        if (at_ == end_ || *at_ != wanted) { return false; }
        ++at_;
        return true;
    }
    bool word(std::string_view wanted) {
        if (static_cast<std::size_t>(end_ - at_) < wanted.size() || std::string_view(at_, wanted.size()) != wanted) { return false; }
        at_ += wanted.size();
        return true;
    }

    bool value(Json& out, int depth) {
        if (at_ == end_) { return false; }
        switch (*at_) {
            case '{': return depth > 0 && object(out, depth - 1);
            case '[': return depth > 0 && array(out, depth - 1);
            case '"': {
                std::string text;
                if (!string(text)) { return false; }
                out = Json(std::move(text));
                return true;
            }
            case 't': out = Json(true); return word("true");
            case 'f': out = Json(false); return word("false");
            case 'n': out = Json(); return word("null");
            default: return number(out);
        }
    }

    bool object(Json& out, int depth) {
        JsonObject members;
        ++at_;
        skip_blanks();
        if (!take('}')) {
            members.reserve(k_usual_members);
            do {
                skip_blanks();
                auto& member = members.emplace_back();
                if (!string(member.first)) { return false; }
                skip_blanks();
                if (!take(':')) { return false; }
                skip_blanks();
                if (!value(member.second, depth)) { return false; }
                skip_blanks();
            } while (take(','));
            if (!take('}') || !are_unique(members)) { return false; }
        }
        out = Json(std::move(members));
        return true;
    }

    // Few objects have more; without it each is moved four times while it grows.
    static constexpr std::size_t k_usual_members = 8;

    static bool are_unique(const JsonObject& members) {
        constexpr std::size_t k_small = 16;
        if (members.size() <= k_small) {
            for (std::size_t i = 1; i < members.size(); ++i) {
                for (std::size_t j = 0; j < i; ++j) {
                    if (members[i].first == members[j].first) { return false; }
                }
            }
            return true;
        }
        std::unordered_set<std::string_view> names;
        names.reserve(members.size());
        for (const auto& member : members) {
            if (!names.insert(member.first).second) { return false; }
        }
        return true;
    }

    bool array(Json& out, int depth) {
        JsonArray items;
        ++at_;
        skip_blanks();
        if (!take(']')) {
            do {
                skip_blanks();
                if (!value(items.emplace_back(), depth)) { return false; }
                skip_blanks();
            } while (take(','));
            if (!take(']')) { return false; }
        }
        out = Json(std::move(items));
        return true;
    }

    bool string(std::string& out) {
        if (!take('"')) { return false; }
        for (;;) {
            const char* const begin = at_;
            bool is_ascii = true;
            while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20) {
                is_ascii = is_ascii && static_cast<unsigned char>(*at_) < 0x80;
                ++at_;
            }
            const std::string_view run(begin, static_cast<std::size_t>(at_ - begin));
            if (!is_ascii && !is_utf8(run)) { return false; }
            out.append(run);
            if (take('"')) { return true; }
            if (!take('\\') || !escape(out)) { return false; }
        }
    }

    static bool is_utf8(std::string_view text) {
        for (std::size_t i = 0; i < text.size();) {
            const auto next = decode_utf8(text, i);
            if (next.bytes == 0) { return false; }
            i += next.bytes;
        }
        return true;
    }

    bool escape(std::string& out) {
        if (at_ == end_) { return false; }
        switch (*at_++) {
            case '"': out += '"'; return true;
            case '\\': out += '\\'; return true;
            case '/': out += '/'; return true;
            case 'b': out += '\b'; return true;
            case 'f': out += '\f'; return true;
            case 'n': out += '\n'; return true;
            case 'r': out += '\r'; return true;
            case 't': out += '\t'; return true;
            case 'u': return code_point(out);
            default: return false;
        }
    }

    bool four_digits(std::uint32_t& out) {
        if (end_ - at_ < 4) { return false; }
        out = 0;
        const auto [last, error] = std::from_chars(at_, at_ + 4, out, 16);
        if (error != std::errc() || last != at_ + 4) { return false; }
        at_ += 4;
        return true;
    }

    bool code_point(std::string& out) {
        std::uint32_t point = 0;
        if (!four_digits(point)) { return false; }
        if (point >= 0xDC00 && point <= 0xDFFF) { return false; }
        if (point >= 0xD800 && point <= 0xDBFF) {
            std::uint32_t low = 0;
            if (!take('\\') || !take('u') || !four_digits(low) || low < 0xDC00 || low > 0xDFFF) { return false; }
            point = 0x10000 + ((point - 0xD800) << 10U) + (low - 0xDC00);
        }
        const auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
        if (point < 0x80) {
            add(point);
        } else if (point < 0x800) {
            add(0xC0 | point >> 6U);
            add(0x80 | (point & 0x3FU));
        } else if (point < 0x10000) {
            add(0xE0 | point >> 12U);
            add(0x80 | (point >> 6U & 0x3FU));
            add(0x80 | (point & 0x3FU));
        } else {
            add(0xF0 | point >> 18U);
            add(0x80 | (point >> 12U & 0x3FU));
            add(0x80 | (point >> 6U & 0x3FU));
            add(0x80 | (point & 0x3FU));
        }
        return true;
    }

    static bool is_digit(char c) { return c >= '0' && c <= '9'; }
    bool digits() {
        const char* const begin = at_;
        while (at_ != end_ && is_digit(*at_)) { ++at_; }
        return at_ != begin;
    }

    bool number(Json& out) {
        const char* const begin = at_;
        if (at_ != end_ && *at_ == '-') { ++at_; }
        const bool starts_with_zero = at_ != end_ && *at_ == '0';
        const char* const first = at_;
        if (!digits() || (starts_with_zero && at_ - first > 1)) { return false; }
        bool is_integer = true;
        if (at_ != end_ && *at_ == '.') {
            ++at_;
            is_integer = false;
            if (!digits()) { return false; }
        }
        if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
            ++at_;
            is_integer = false;
            if (at_ != end_ && (*at_ == '+' || *at_ == '-')) { ++at_; }
            if (!digits()) { return false; }
        }
        if (is_integer) {
            std::int64_t integer = 0;
            const auto [last, error] = std::from_chars(begin, at_, integer);
            out = Json(integer);
            return error == std::errc() && last == at_;
        }
        double real = 0;
        const auto [last, error] = std::from_chars(begin, at_, real);
        out = Json(real);
        return error == std::errc() && last == at_;
    }

    const char* at_;
    const char* end_;
};

}  // namespace

std::optional<Json> read_json_fast(std::string_view text, int max_depth) {
    Json out;
    if (!Reader(text).document(out, max_depth)) { return std::nullopt; }
    return out;
}

}  // namespace runlake::core

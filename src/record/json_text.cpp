// SPDX-License-Identifier: Apache-2.0
#include "record/json_text.hpp"

#include <charconv>
#include <cstring>
#include <system_error>

#include "core/utf8.hpp"

namespace runlake::record {
namespace {

constexpr int k_max_depth = 1000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The first place from `at` on that does not hold a plain character of a string: eight are looked at at once.
std::size_t end_of_plain(std::string_view text, std::size_t at) {
    constexpr std::uint64_t k_ones = 0x0101010101010101U;
    constexpr std::uint64_t k_tops = k_ones * 0x80U;
    const auto has_zero = [](std::uint64_t word) { return (word - k_ones) & ~word & k_tops; };
    while (text.size() - at >= sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, sizeof word);
        const std::uint64_t control = (word - k_ones * 0x20U) & ~word;
        if (((control | word) & k_tops) != 0 || has_zero(word ^ k_ones * '"') != 0 || has_zero(word ^ k_ones * '\\') != 0) { break; }
        at += sizeof word;
    }
    while (at < text.size() && static_cast<unsigned char>(text[at]) >= 0x20U && static_cast<unsigned char>(text[at]) < 0x80U && text[at] != '"' && text[at] != '\\') {
        ++at;
    }
    return at;
}

// A whole token as a number of that type.
template <class N>
bool convert(std::string_view token, N& out) {
    const auto read = std::from_chars(token.data(), token.data() + token.size(), out);
    return read.ec == std::errc() && read.ptr == token.data() + token.size();
}

}  // namespace

JsonText::Kind JsonText::kind() const {
    if (at_ >= text_.size()) { return Kind::other; }
    switch (text_[at_]) {
        case '{': return Kind::object;
        case '[': return Kind::array;
        case '"': return Kind::string;
        case 't':
        case 'f': return Kind::boolean;
        case 'n': return Kind::null;
        default: return text_[at_] == '-' || is_digit(text_[at_]) ? Kind::number : Kind::other;
    }
}

bool JsonText::word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) { return false; }
    at_ += word.size();
    skip_space();
    return true;
}

bool JsonText::null() { return word("null"); }

bool JsonText::boolean(bool& out) {
    out = kind() == Kind::boolean && text_[at_] == 't';
    return word(out ? "true" : "false");
}

bool JsonText::hex4(char32_t& out) {
    if (text_.size() - at_ < 4) { return false; }
    std::uint32_t value = 0;
    const auto* begin = text_.data() + at_;
    const auto read = std::from_chars(begin, begin + 4, value, 16);
    if (read.ec != std::errc() || read.ptr != begin + 4) { return false; }
    out = value;
    at_ += 4;
    return true;
}

// After the backslash.
bool JsonText::escape(std::string& out) {
    if (at_ >= text_.size()) { return false; }
    const char c = text_[at_++];
    switch (c) {
        case '"':
        case '\\':
        case '/': out += c; return true;
        case 'b': out += '\b'; return true;
        case 'f': out += '\f'; return true;
        case 'n': out += '\n'; return true;
        case 'r': out += '\r'; return true;
        case 't': out += '\t'; return true;
        case 'u': break;
        default: return false;
    }
    char32_t code = 0;
    if (!hex4(code)) { return false; }
    if (code >= 0xDC00 && code <= 0xDFFF) { return false; }
    if (code >= 0xD800 && code <= 0xDBFF) {  // the first half of a pair
        char32_t low = 0;
        if (text_.substr(at_, 2) != "\\u") { return false; }
        at_ += 2;
        if (!hex4(low) || low < 0xDC00 || low > 0xDFFF) { return false; }
        code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
    }
    core::append_utf8(out, code);
    return true;
}

bool JsonText::string(std::string& out) {
    out.clear();
    if (at_ >= text_.size() || text_[at_] != '"') { return false; }
    ++at_;
    auto plain = at_;  // where the part begins that can be copied as it is
    while (true) {
        at_ = end_of_plain(text_, at_);
        if (at_ >= text_.size()) { return false; }
        const auto byte = static_cast<unsigned char>(text_[at_]);
        if (byte == '"') {
            out.append(text_, plain, at_ - plain);
            ++at_;
            skip_space();
            return true;
        }
        if (byte == '\\') {
            out.append(text_, plain, at_ - plain);
            ++at_;
            if (!escape(out)) { return false; }
            plain = at_;
        } else if (byte < 0x20U) {
            return false;
        } else {
            const auto bytes = core::decode_utf8(text_, at_).bytes;
            if (bytes == 0) { return false; }
            at_ += bytes;
        }
    }
}

bool JsonText::number(std::string_view& token) {
    const auto begin = at_;
    auto at = at_;
    const auto digits = [&] {
        const auto first = at;
        while (at < text_.size() && is_digit(text_[at])) { ++at; }
        return at > first;
    };
    if (at < text_.size() && text_[at] == '-') { ++at; }
    if (at < text_.size() && text_[at] == '0') {
        ++at;
    } else if (!digits()) {
        return false;
    }
    if (at < text_.size() && text_[at] == '.') {
        ++at;
        if (!digits()) { return false; }
    }
    if (at < text_.size() && (text_[at] == 'e' || text_[at] == 'E')) {
        ++at;
        if (at < text_.size() && (text_[at] == '+' || text_[at] == '-')) { ++at; }
        if (!digits()) { return false; }
    }
    token = text_.substr(begin, at - begin);
    at_ = at;
    skip_space();
    return true;
}

bool JsonText::int64(std::int64_t& out) {
    std::string_view token;
    return number(token) && convert(token, out);
}

bool JsonText::uint64(std::uint64_t& out) {
    std::string_view token;
    return number(token) && convert(token, out);
}

bool JsonText::float64(double& out) {
    std::string_view token;
    return number(token) && convert(token, out);
}

bool JsonText::skip_string() {
    std::string unused;
    return string(unused);
}

bool JsonText::skip() { return skip_value(0); }

bool JsonText::skip_value(int depth) {
    if (depth > k_max_depth) { return false; }
    std::string_view token;
    bool flag = false;
    switch (kind()) {
        case Kind::string: return skip_string();
        case Kind::number: return number(token);
        case Kind::boolean: return boolean(flag);
        case Kind::null: return null();
        case Kind::array: return each_element([depth](JsonText& item) { return item.skip_value(depth + 1); });
        case Kind::object: return each_member([depth](std::string_view, JsonText& member) { return member.skip_value(depth + 1); });
        case Kind::other: return false;
    }
    return false;
}

}  // namespace runlake::record

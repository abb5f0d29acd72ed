// SPDX-License-Identifier: Apache-2.0
// Inside record only: a cursor over JSON text that builds no tree. A payload has a known form; reading it in place needs no library, which every start would pay for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace runlake::record {

// Stands before a value. Each reading call takes the value and answers true, or answers false when it is of another kind or malformed; the cursor must then not be
// used any more. Strict as RFC 8259: UTF-8 and escapes are checked, numbers have no leading zeros. The text must outlive it.
class JsonText {
  public:
    enum class Kind : std::uint8_t { object, array, string, number, boolean, null, other };

    explicit JsonText(std::string_view text) : text_(text) { skip_space(); }

    Kind kind() const;
    bool string(std::string& out);
    bool number(std::string_view& token);  // as it stands, checked
    bool int64(std::int64_t& out);         // a whole number without fraction and exponent, in range
    bool uint64(std::uint64_t& out);
    bool float64(double& out);             // any number that a double can hold
    bool boolean(bool& out);
    bool null();
    bool skip();                           // a value of any kind
    bool at_end() const { return at_ == text_.size(); }

    // each(key, cursor) -> bool for the members of an object; a value that it leaves is skipped. The key is valid until the callback reads a value.
    template <class Each>
    bool each_member(const Each& each);
    // each(cursor) -> bool for the elements of an array; it must take each.
    template <class Each>
    bool each_element(const Each& each);

  private:
    bool skip_value(int depth);
    bool skip_string();
    bool take(char c);  // the character and the space after it
    bool word(std::string_view word);
    bool escape(std::string& out);
    bool hex4(char32_t& out);
    void skip_space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) { ++at_; }
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

inline bool JsonText::take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) { return false; }
    ++at_;
    skip_space();
    return true;
}

template <class Each>
bool JsonText::each_member(const Each& each) {
    if (!take('{')) { return false; }
    if (take('}')) { return true; }
    std::string key;
    do {
        if (!string(key) || !take(':')) { return false; }
        const auto before = at_;
        if (!each(std::string_view(key), *this)) { return false; }
        if (at_ == before && !skip()) { return false; }
    } while (take(','));
    return take('}');
}

template <class Each>
bool JsonText::each_element(const Each& each) {
    if (!take('[')) { return false; }
    if (take(']')) { return true; }
    do {
        if (!each(*this)) { return false; }
    } while (take(','));
    return take(']');
}

}  // namespace runlake::record

// SPDX-License-Identifier: Apache-2.0
// Reading JSON: the quick way first, else through nlohmann's event interface, which tells what is wrong. The only file that knows that library.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <unordered_set>

#include "core/json.hpp"
#include "core/json_fast.hpp"
#include "core/malformed.hpp"
#include "core/text.hpp"

namespace runlake::core {
namespace {

// Walks the text and reports how far the lexer has read: the events themselves carry no position.
class CountingIterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    CountingIterator(const char* at, const char** seen) : at_(at), seen_(seen) {}
    reference operator*() const { return *at_; }
    CountingIterator& operator++() {
        *seen_ = ++at_;
        return *this;
    }
    CountingIterator operator++(int) {
        CountingIterator old = *this;
        ++*this;
        return old;
    }
    bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
    bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

  private:
    const char* at_;
    const char** seen_;
};

struct Position {
    std::uint64_t line;    // from 1
    std::uint64_t column;  // from 1, in bytes
};

Position position_of(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, offset);
    const std::size_t start = before.rfind('\n');
    return {static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n')) + 1, start == std::string_view::npos ? offset + 1 : offset - start};
}

// Digits of an integer as Python would print it: no sign for zero (leading zeros are no JSON).
bool is_integer_text(std::string_view token) { return token.find_first_of(".eE") == std::string_view::npos; }

// Builds the value. Each event answers false to stop, after it has stored why.
class Builder {
  public:
    Builder(std::string_view text, std::string_view what, int max_depth)
        : seen_(text.data()), text_(text), what_(what), max_depth_(max_depth) {}

    bool null() { return put(Json()); }
    bool boolean(bool value) { return put(Json(value)); }
    bool number_integer(std::int64_t value) { return put(Json(value)); }
    bool number_unsigned(std::uint64_t value) { return put(Json(value)); }
    bool number_float(double value, const std::string& token) {
        return is_integer_text(token) ? put(Json(BigInteger{token})) : put(Json(value));
    }
    bool string(std::string& value) { return put(Json(std::move(value))); }
    bool binary(std::vector<std::uint8_t>&) { return false; }  // only in binary formats

    bool start_object(std::size_t) { return open(Json::object()); }
    bool end_object() { return close(); }
    bool start_array(std::size_t) { return open(Json::array()); }
    bool end_array() { return close(); }

    bool key(std::string& name) {
        Level& level = levels_.back();
        if (!level.add_name(name)) { return stop(key_start(), cat("the key ", quoted(name), " stands twice in one object")); }
        level.name = std::move(name);
        return true;
    }

    // Of the library: `position` counts the characters read, the offending one included.
    bool parse_error(std::size_t position, const std::string& token, const nlohmann::json::exception& error) {
        constexpr int k_out_of_range = 406;
        if (error.id == k_out_of_range) { return stop(position - std::min(position, token.size()), cat("the number ", token.substr(0, 40), " is too large")); }
        return stop(position == 0 ? 0 : position - 1, explain(error.what(), position));
    }

    bool stop(std::size_t offset, std::string_view why) {
        if (!error_) {
            const Position at = position_of(text_, offset);
            error_ = malformed(what_, at.line, at.column, why);
        }
        return false;
    }

    std::optional<Error> error_;
    Json root_;
    const char* seen_;

  private:
    // An object or array that is not closed yet.
    struct Level {
        Json value;
        std::string name;                         // the key that waits for its value
        std::unordered_set<std::string> names;    // used once the object is too large to be searched

        bool add_name(const std::string& key) {
            constexpr std::size_t k_small = 16;
            const JsonObject& members = *value.as_object();
            if (members.size() < k_small) { return value.find(key) == nullptr; }
            if (names.empty()) {
                for (const JsonMember& member : members) { names.insert(member.first); }
            }
            return names.insert(key).second;
        }
    };

    bool put(Json value) {
        if (levels_.empty()) {
            root_ = std::move(value);
            return true;
        }
        Level& level = levels_.back();
        if (JsonObject* members = level.value.as_object()) {
            members->emplace_back(std::move(level.name), std::move(value));
        } else {
            level.value.push(std::move(value));
        }
        return true;
    }

    bool open(Json empty) {
        if (levels_.size() >= static_cast<std::size_t>(std::max(max_depth_, 0))) {
            return stop(offset() == 0 ? 0 : offset() - 1, cat("it is nested more than ", max_depth_, " levels deep"));
        }
        levels_.push_back({std::move(empty), {}, {}});
        return true;
    }

    bool close() {
        Json value = std::move(levels_.back().value);
        levels_.pop_back();
        return put(std::move(value));
    }

    std::size_t offset() const { return static_cast<std::size_t>(seen_ - text_.data()); }

    // The opening quote of the key whose closing quote was just read: the nearest one before it that is not escaped.
    std::size_t key_start() const {
        std::size_t at = text_.rfind('"', offset() == 0 ? 0 : offset() - 1);
        for (;;) {
            if (at == 0 || at == std::string_view::npos) { return 0; }
            at = text_.rfind('"', at - 1);
            if (at == std::string_view::npos) { return 0; }
            std::size_t slashes = 0;
            while (slashes < at && text_[at - 1 - slashes] == '\\') { ++slashes; }
            if (slashes % 2 == 0) { return at; }
        }
    }

    static std::string quoted(std::string_view name) {
        std::string out;
        append_json_string(out, cut_utf8(name, 60));
        return out;
    }

    // The library's message without its own prefix and position: "[json.exception...] parse error at line 1, column 2: syntax
    // error while parsing value - invalid literal; last read: 'x'; expected ...".
    std::string explain(std::string_view message, std::size_t position) const {
        if (position > text_.size()) { return "the text ends too early"; }
        const std::size_t start = message.find(" - ");
        if (start != std::string_view::npos) { message.remove_prefix(start + 3); }
        const std::size_t last_read = message.find("; last read: ");
        return valid_utf8(message.substr(0, last_read));
    }

    std::vector<Level> levels_;
    std::string_view text_;
    std::string_view what_;
    int max_depth_;
};

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view what, int max_depth) {
    if (auto value = read_json_fast(text, max_depth)) { return *std::move(value); }
    return read_json_slow(text, what, max_depth);
}

Result<Json> read_json_slow(std::string_view text, std::string_view what, int max_depth) {
    Builder builder(text, what, max_depth);
    // The library takes a NUL byte for the end of the text and would not see what follows.
    if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
        builder.stop(nul, "a NUL byte cannot stand in JSON");
        return *std::move(builder.error_);
    }
    const CountingIterator begin(text.data(), &builder.seen_);
    const CountingIterator end(text.data() + text.size(), &builder.seen_);
    const bool whole = nlohmann::json::sax_parse(begin, end, &builder);
    if (builder.error_) { return *std::move(builder.error_); }
    if (!whole) { return Error(Errc::corrupt, cat("reading ", what, ": it is no JSON")); }
    return std::move(builder.root_);
}

}  // namespace runlake::core

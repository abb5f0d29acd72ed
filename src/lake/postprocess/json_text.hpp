// SPDX-License-Identifier: Apache-2.0
// Changing some members of a JSON document and no byte of the rest: order, spaces, numbers and escapes stay as they were written.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::lake {

// Where a value stands in its text.
struct JsonPart {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string key;                // of a member of an object
    std::vector<JsonPart> members;  // of an object
    std::vector<JsonPart> items;    // of an array
    bool is_object = false;
    const JsonPart* find(std::string_view name) const;
};

class JsonText {
  public:
    static core::Result<JsonText> parse(std::string text, std::string_view what);  // Errc::corrupt

    const core::Json& value() const { return value_; }
    const JsonPart& root() const { return root_; }
    const std::string& text() const { return text_; }

    // Replaces or appends a member of `object`, a part of this text that is an object. One that has that value already stays as it is. Not twice for one member.
    void set(const JsonPart& object, std::string_view key, const core::Json& value);
    bool is_changed() const { return !edits_.empty(); }
    std::string changed() const;

  private:
    struct Edit {
        std::size_t begin;
        std::size_t end;
        std::string text;
    };
    std::string text_;
    core::Json value_;
    JsonPart root_;
    std::vector<Edit> edits_;
    std::map<std::size_t, std::size_t> appended_;  // to an empty object, by its place
};

}  // namespace runlake::lake

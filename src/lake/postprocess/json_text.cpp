// SPDX-License-Identifier: Apache-2.0
#include "lake/postprocess/json_text.hpp"

#include <algorithm>

#include "core/python_json.hpp"
#include "core/text.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Json;

// Walks a text that parse_python_json() has accepted: nothing is checked again. As deep as that allows.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    JsonPart value() {  // NOLINT(misc-no-recursion)
        skip_space();
        JsonPart part;
        part.begin = at_;
        const char first = text_[at_];
        if (first == '{') {
            part.is_object = true;
            list('}', [&] {
                std::string key = this->key();
                skip_space();
                ++at_;  // the colon
                part.members.push_back(value());
                part.members.back().key = std::move(key);
            });
        } else if (first == '[') {
            list(']', [&] { part.items.push_back(value()); });
        } else if (first == '"') {
            skip_string();
        } else {
            at_ = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
        }
        part.end = at_;
        return part;
    }

  private:
    void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
    void skip_string() {
        for (++at_; text_[at_] != '"'; ++at_) {
            if (text_[at_] == '\\') { ++at_; }
        }
        ++at_;
    }
    std::string key() {
        const std::size_t begin = at_;
        skip_string();
        const std::string_view raw = text_.substr(begin, at_ - begin);
        if (raw.find('\\') == std::string_view::npos) { return std::string(raw.substr(1, raw.size() - 2)); }
        const auto parsed = core::parse_json(raw, "key");
        return parsed.ok() && parsed.value().is_string() ? *parsed.value().as_string() : std::string(raw);
    }
    template <class Item>
    void list(char close, const Item& item) {
        ++at_;
        skip_space();
        while (text_[at_] != close) {
            if (text_[at_] == ',') {
                ++at_;
                skip_space();
            }
            item();
            skip_space();
        }
        ++at_;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

std::string written(const Json& value) { return core::python_json(value).value_or("null"); }

}  // namespace

const JsonPart* JsonPart::find(std::string_view name) const {
    const auto found = std::ranges::find_if(members, [&](const JsonPart& member) { return member.key == name; });
    return found == members.end() ? nullptr : &*found;
}

core::Result<JsonText> JsonText::parse(std::string text, std::string_view what) {
    JsonText out;
    RL_ASSIGN(out.value_, core::parse_python_json(text, what));
    out.text_ = std::move(text);
    out.root_ = Scanner(out.text_).value();
    return out;
}

void JsonText::set(const JsonPart& object, std::string_view key, const Json& value) {
    std::string text = written(value);
    if (const auto* member = object.find(key)) {
        const auto before = core::parse_json(std::string_view(text_).substr(member->begin, member->end - member->begin), "member");
        if (before.ok() && written(before.value()) == text) { return; }
        edits_.push_back({.begin = member->begin, .end = member->end, .text = std::move(text)});
        return;
    }
    const std::string member = cat(written(Json(key)), ": ", text);
    if (object.members.empty()) {
        const bool is_first = appended_[object.begin]++ == 0;
        edits_.push_back({.begin = object.begin + 1, .end = object.begin + 1, .text = cat(is_first ? "" : ", ", member)});
        return;
    }
    const std::size_t at = object.members.back().end;
    edits_.push_back({.begin = at, .end = at, .text = cat(", ", member)});
}

std::string JsonText::changed() const {
    auto edits = edits_;
    // A value that is replaced ends where a member is appended behind it: it comes first, as it begins first.
    std::ranges::stable_sort(edits, {}, &Edit::begin);
    std::string out;
    std::size_t at = 0;
    for (const auto& edit : edits) {
        out.append(text_, at, edit.begin - at);
        out += edit.text;
        at = edit.end;
    }
    return out.append(text_, at);
}

}  // namespace runlake::lake

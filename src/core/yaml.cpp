// SPDX-License-Identifier: Apache-2.0
// Reading YAML through yaml-cpp's events; the only file that knows that library.
#include "core/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_set>

#include "core/malformed.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"
#include "core/yaml_scalar.hpp"

namespace runlake::core {
namespace {

constexpr std::size_t k_max_depth = 100;
// How many nodes and bytes of text aliases and merges may add: a few lines of nested aliases can otherwise stand for more than any
// memory holds ("billion laughs").
constexpr std::size_t k_max_copied = 1'000'000;
// All paths together: long keys over many nodes would otherwise take far more memory than the text itself.
constexpr std::size_t k_max_path_bytes = 64'000'000;
constexpr std::string_view k_tag_prefix = "tag:yaml.org,2002:";

SourcePosition position_of(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

std::size_t size_of(const Json& value) {
    if (const auto* text = value.as_string()) { return 1 + text->size(); }
    std::size_t size = 1;
    if (const JsonArray* items = value.as_array()) {
        for (const Json& item : *items) { size += size_of(item); }
    } else if (const JsonObject* members = value.as_object()) {
        for (const auto& [name, member] : *members) { size += 1 + name.size() + size_of(member); }
    }
    return size;
}

// Levels of a value: 0 for a scalar.
std::size_t depth_of(const Json& value) {
    std::size_t deepest = 0;
    if (const JsonArray* items = value.as_array()) {
        for (const Json& item : *items) { deepest = std::max(deepest, depth_of(item)); }
    } else if (const JsonObject* members = value.as_object()) {
        for (const auto& member : *members) { deepest = std::max(deepest, depth_of(member.second)); }
    } else {
        return 0;
    }
    return deepest + 1;
}

// Builds the document from the events. After the first error all others pass unheard: an event has no way to stop the parser
// but an exception, and we throw none.
class Builder final : public YAML::EventHandler {
  public:
    explicit Builder(std::string_view what) : what_(what) {}

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { scalar(mark, anchor, Json(), std::nullopt, true); }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override;
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        open(mark, tag, "seq", anchor, Json::array());
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        open(mark, tag, "map", anchor, Json::object());
    }
    void OnMapEnd() override { close(); }

    void fail(SourcePosition at, std::string_view why) {
        if (!error_) { error_ = malformed(what_, static_cast<std::uint64_t>(at.line), static_cast<std::uint64_t>(at.column), why); }
    }

    std::optional<Error> error_;
    YamlDocument document_;

  private:
    // A map or sequence that is not closed yet.
    struct Level {
        Json value;
        std::string path;
        SourcePosition start;
        YAML::anchor_t anchor = 0;
        std::optional<std::string> key;              // of a map: the key that waits for its value
        bool key_merges = false;                     // it is a plain "<<"
        std::unordered_set<std::string> names;       // keys so far
        std::vector<std::pair<std::size_t, Json>> merges;  // values of "<<" and the number of members before them
    };
    // What an alias stands for, and where its nodes were written.
    struct Anchored {
        Json value;
        std::string path;
        std::size_t size = 0;
        std::size_t depth = 0;
    };

    std::string next_path() const;
    bool awaits_key() const { return !levels_.empty() && levels_.back().value.is_object() && !levels_.back().key; }
    void scalar(const YAML::Mark& mark, YAML::anchor_t anchor, Json value, std::optional<std::string> key_text, bool is_plain);
    void take_key(SourcePosition at, std::string key, bool merges);
    void note_position(std::string path, SourcePosition at);
    void open(const YAML::Mark& mark, const std::string& tag, std::string_view kind, YAML::anchor_t anchor, Json empty);
    void close();
    void put(Json value);
    void remember(SourcePosition at, YAML::anchor_t anchor, const Json& value, const std::string& path);
    bool spend(SourcePosition at, std::size_t size);
    void copy_positions(const std::string& from, const std::string& to);
    void merge(Level& level);

    std::string_view what_;
    std::vector<Level> levels_;
    std::map<YAML::anchor_t, Anchored> anchors_;
    std::size_t copied_ = 0;
    std::size_t path_bytes_ = 0;
};

std::string Builder::next_path() const {
    if (levels_.empty()) { return ""; }
    const Level& level = levels_.back();
    if (const JsonArray* items = level.value.as_array()) { return cat(level.path, '/', items->size()); }
    return cat(level.path, '/', level.key ? *level.key : std::string());
}

void Builder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) {
    if (error_) { return; }
    // The parser tells plain scalars by "?" and quoted ones by "!".
    if (tag == "!" || tag == cat(k_tag_prefix, "str")) { return scalar(mark, anchor, Json(value), value, false); }
    const bool is_tagged = tag != "?" && !tag.empty();
    const std::string_view kind = tag.starts_with(k_tag_prefix) ? std::string_view(tag).substr(k_tag_prefix.size()) : "";
    if (is_tagged && kind != "int" && kind != "float" && kind != "bool" && kind != "null") {
        return fail(position_of(mark), cat("the tag \"", tag, "\" is not supported"));
    }
    const bool is_null = value.empty() || value == "~" || value == "null" || value == "Null" || value == "NULL";
    std::optional<Json> read = is_null ? std::optional(Json()) : resolve_yaml_scalar(value);
    if (!read) { return fail(position_of(mark), cat("the number ", cut_utf8(value, 40), " is out of range")); }
    if (kind == "float" && (read->is_integer() || read->is_big_integer())) { read = Json(*read->number()); }
    const bool fits = !is_tagged || (kind == "int" && (read->is_integer() || read->is_big_integer())) ||
                      (kind == "float" && read->is_float()) || (kind == "bool" && read->is_bool()) || (kind == "null" && read->is_null());
    if (!fits) { return fail(position_of(mark), cat("\"", cut_utf8(value, 40), "\" is no value of the tag !!", kind)); }
    scalar(mark, anchor, *std::move(read), value, true);
}

void Builder::scalar(const YAML::Mark& mark, YAML::anchor_t anchor, Json value, std::optional<std::string> key_text, bool is_plain) {
    if (error_) { return; }
    const SourcePosition at = position_of(mark);
    if (awaits_key()) {
        if (!key_text || value.is_null()) { return fail(at, "a key is empty"); }
        remember(at, anchor, Json(*key_text), cat(levels_.back().path, '/', *key_text));
        const bool merges = is_plain && *key_text == "<<";
        return take_key(at, *std::move(key_text), merges);
    }
    const std::string path = next_path();
    note_position(path, at);
    remember(at, anchor, value, path);
    put(std::move(value));
}

// The first position of a path counts: a key stands before its value.
void Builder::note_position(std::string path, SourcePosition at) {
    path_bytes_ += path.size();
    if (path_bytes_ > k_max_path_bytes) { return fail(at, "its keys are too long and too many"); }
    document_.positions.try_emplace(std::move(path), at);
}

void Builder::take_key(SourcePosition at, std::string key, bool merges) {
    Level& level = levels_.back();
    if (!level.names.insert(key).second) { return fail(at, cat("the key \"", cut_utf8(key, 60), "\" stands twice in one map")); }
    note_position(cat(level.path, '/', key), at);
    level.key = std::move(key);
    level.key_merges = merges;
}

void Builder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (error_) { return; }
    const SourcePosition at = position_of(mark);
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) { return fail(at, "an alias stands inside of what it names"); }
    const Anchored& target = found->second;
    if (awaits_key()) {
        const std::string* key = target.value.as_string();
        return key == nullptr ? fail(at, "a key is not a text") : take_key(at, *key, false);
    }
    if (!spend(at, target.size)) { return; }
    if (levels_.size() + target.depth > k_max_depth) { return fail(at, cat("it is nested more than ", k_max_depth, " levels deep")); }
    const std::string path = next_path();
    note_position(path, at);
    copy_positions(target.path, path);
    put(target.value);
}

void Builder::open(const YAML::Mark& mark, const std::string& tag, std::string_view kind, YAML::anchor_t anchor, Json empty) {
    if (error_) { return; }
    const SourcePosition at = position_of(mark);
    if (tag != "?" && tag != "!" && !tag.empty() && tag != cat(k_tag_prefix, kind)) {
        return fail(at, cat("the tag \"", tag, "\" is not supported"));
    }
    if (awaits_key()) { return fail(at, "a key is not a text"); }
    if (levels_.size() >= k_max_depth) { return fail(at, cat("it is nested more than ", k_max_depth, " levels deep")); }
    Level level;
    level.value = std::move(empty);
    level.path = next_path();
    level.start = at;
    level.anchor = anchor;
    note_position(level.path, at);
    levels_.push_back(std::move(level));
}

void Builder::close() {
    if (error_) { return; }
    Level level = std::move(levels_.back());
    levels_.pop_back();
    if (!level.merges.empty()) { merge(level); }
    if (error_) { return; }
    remember(level.start, level.anchor, level.value, level.path);
    put(std::move(level.value));
}

void Builder::put(Json value) {
    if (levels_.empty()) {
        document_.root = std::move(value);
        return;
    }
    Level& level = levels_.back();
    JsonObject* members = level.value.as_object();
    if (members == nullptr) {
        level.value.push(std::move(value));
    } else if (level.key_merges) {
        level.merges.emplace_back(members->size(), std::move(value));
    } else {
        members->emplace_back(*std::move(level.key), std::move(value));
    }
    level.key.reset();
}

void Builder::remember(SourcePosition at, YAML::anchor_t anchor, const Json& value, const std::string& path) {
    if (anchor == YAML::NullAnchor) { return; }
    const std::size_t size = size_of(value);
    if (spend(at, size)) { anchors_[anchor] = {value, path, size, depth_of(value)}; }
}

bool Builder::spend(SourcePosition at, std::size_t size) {
    copied_ += size;
    if (copied_ <= k_max_copied) { return true; }
    fail(at, cat("anchors and aliases stand for more than ", k_max_copied, " nodes and characters"));
    return false;
}

// Nodes that an alias or merge brings in keep the positions at which they were written.
void Builder::copy_positions(const std::string& from, const std::string& to) {
    const std::string prefix = from + '/';
    std::vector<std::pair<std::string, SourcePosition>> found;
    for (auto at = document_.positions.lower_bound(prefix); at != document_.positions.end() && at->first.starts_with(prefix); ++at) {
        found.emplace_back(cat(to, '/', std::string_view(at->first).substr(prefix.size())), at->second);
    }
    for (auto& [path, position] : found) { note_position(std::move(path), position); }
}

// "<<: *base" and "<<: [*a, *b]": members that the map does not have itself; of several sources the first wins.
void Builder::merge(Level& level) {
    JsonObject& members = *level.value.as_object();
    const std::string merge_path = level.path + "/<<";
    auto& [place, source] = level.merges.front();  // the key can stand only once
    const JsonArray* list = source.as_array();
    const std::size_t count = list == nullptr ? 1 : list->size();
    JsonObject added;
    for (std::size_t i = 0; i < count; ++i) {
        const Json& one = list == nullptr ? source : (*list)[i];
        const JsonObject* from = one.as_object();
        if (from == nullptr) { return fail(document_.positions[merge_path], "the value of \"<<\" is neither a map nor a list of maps"); }
        const std::string from_path = list == nullptr ? merge_path : cat(merge_path, '/', i);
        for (const auto& [name, value] : *from) {
            if (!level.names.insert(name).second) { continue; }
            const std::string path = cat(level.path, '/', name);
            const std::string old_path = cat(from_path, '/', name);
            if (const auto at = document_.positions.find(old_path); at != document_.positions.end()) { note_position(path, at->second); }
            copy_positions(old_path, path);
            added.emplace_back(name, value);
        }
    }
    members.insert(members.begin() + static_cast<std::ptrdiff_t>(place), added.begin(), added.end());
    document_.positions.erase(merge_path);
    auto first = document_.positions.lower_bound(merge_path + '/');
    auto last = first;
    while (last != document_.positions.end() && last->first.starts_with(merge_path + '/')) { ++last; }
    document_.positions.erase(first, last);
}

SourcePosition end_of(std::string_view text) {
    text = text.substr(0, text.find_last_not_of("\r\n") + 1);
    const std::size_t start = text.rfind('\n');
    const std::string_view last = start == std::string_view::npos ? text : text.substr(start + 1);
    return {static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1, static_cast<int>(last.size()) + 1};
}

// What the library would misread: it takes 0x04 for the end of the text, guesses UTF-16 from NUL bytes, and replaces invalid
// UTF-8 without a word. YAML allows none of them.
std::optional<Error> refuse_bytes(std::string_view text, std::string_view what) {
    std::uint64_t line = 1;
    std::uint64_t column = 1;
    for (std::size_t i = 0; i < text.size();) {
        const Utf8 next = decode_utf8(text, i);
        const bool control = next.code_point < 0x20 && next.code_point != '\t' && next.code_point != '\n' && next.code_point != '\r';
        if (next.bytes == 0 || control || next.code_point == 0x7F) {
            const std::string_view why = next.bytes == 0 ? "invalid UTF-8" : "a control character, which YAML does not allow";
            return malformed(what, line, column, why);
        }
        column = next.code_point == '\n' ? 1 : column + 1;
        line += next.code_point == '\n' ? 1 : 0;
        i += next.bytes;
    }
    return std::nullopt;
}

}  // namespace

Result<YamlDocument> parse_yaml(std::string_view text, std::string_view what) {
    if (auto error = refuse_bytes(text, what)) { return *std::move(error); }
    Builder builder(what);
    try {
        // Without the mark of the document's end the library takes a quote that is never closed for one that ends with the text.
        std::istringstream stream(cat(text, text.ends_with('\n') || text.empty() ? "" : "\n", "...\n"));
        YAML::Parser parser(stream);
        if (!parser.HandleNextDocument(builder)) { return YamlDocument{}; }
        if (builder.error_) { return *std::move(builder.error_); }
        Builder second(what);
        if (parser.HandleNextDocument(second)) {
            return Error(Errc::corrupt, cat("reading ", what, ": it holds more than one document"));
        }
    } catch (const YAML::Exception& error) {
        // At the end of the text the library has no position left, or one behind it.
        const SourcePosition end = end_of(text);
        const bool at_end = error.mark.pos == 0 || error.mark.is_null() || error.mark.line >= end.line;
        builder.fail(at_end ? end : position_of(error.mark), error.msg);
    } catch (const std::exception& error) {
        builder.fail({1, 1}, error.what());
    }
    if (builder.error_) { return *std::move(builder.error_); }
    return std::move(builder.document_);
}

}  // namespace runlake::core

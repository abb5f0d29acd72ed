// SPDX-License-Identifier: Apache-2.0
#include "kb/note.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "core/text.hpp"
#include "kb/quick_citations.hpp"

namespace runlake::kb {
namespace {

void blank(std::string& text, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
        if (text[i] != '\n' && text[i] != '\r') { text[i] = ' '; }
    }
}

// Code between runs of equally many backquotes, within one line. Each opening one finds the next of its length in constant time.
void blank_code_spans(std::string& text, std::size_t begin, std::size_t end) {
    struct Ticks {
        std::size_t at;
        std::size_t length;
        std::size_t next = 0;   // of the same length; 0: there is none
    };
    std::vector<Ticks> runs;
    for (std::size_t i = begin; i < end; ++i) {
        if (text[i] != '`') { continue; }
        std::size_t length = 1;
        while (i + length < end && text[i + length] == '`') { ++length; }
        runs.push_back({i, length});
        i += length;
    }
    if (runs.size() < 2) { return; }
    std::unordered_map<std::size_t, std::size_t> last;
    for (std::size_t i = runs.size(); i-- > 0;) {
        const auto found = last.find(runs[i].length);
        runs[i].next = found == last.end() ? 0 : found->second;
        last[runs[i].length] = i;
    }
    for (std::size_t i = 0; i < runs.size(); ++i) {
        if (runs[i].next == 0) { continue; }
        blank(text, runs[i].at, runs[runs[i].next].at + runs[i].length);
        i = runs[i].next;
    }
}

// The mark of a fence ("```" or "~~~~") that a line begins with.
std::string_view fence_of(std::string_view line) {
    std::size_t indent = 0;
    while (indent < 3 && indent < line.size() && line[indent] == ' ') { ++indent; }
    line.remove_prefix(indent);
    if (line.empty() || (line.front() != '`' && line.front() != '~')) { return ""; }
    const std::size_t length = std::min(line.find_first_not_of(line.front()), line.size());
    if (length < 3) { return ""; }
    // An info string of backquote fences holds none: then it is code within a line.
    if (line.front() == '`' && line.substr(length).find('`') != std::string_view::npos) { return ""; }
    return line.substr(0, length);
}

void blank_comments(std::string& text) {
    for (std::size_t at = text.find("<!--"); at != std::string::npos; at = text.find("<!--", at)) {
        const std::size_t end = text.find("-->", at + 4);
        const std::size_t behind = end == std::string::npos ? text.size() : end + 3;
        blank(text, at, behind);
        at = behind;
    }
}

std::string meta_name(std::string_view shown) {
    std::string name = core::lower_ascii(core::trim(shown));
    std::ranges::replace(name, ' ', '_');
    return name;
}

// "> **Key**: value", also with the colon inside.
void read_meta_line(std::string_view line, int number, Note& note) {
    if (!line.starts_with('>')) { return; }
    line = core::trim(line.substr(1));
    if (!line.starts_with("**")) { return; }
    const std::size_t end = line.find("**", 2);
    if (end == std::string_view::npos) { return; }
    std::string_view key = line.substr(2, end - 2);
    std::string_view value = line.substr(end + 2);
    if (key.ends_with(':')) {
        key.remove_suffix(1);
    } else if (value.starts_with(':')) {
        value.remove_prefix(1);
    } else {
        return;
    }
    note.meta.try_emplace(meta_name(key), MetaField{std::string(core::trim(value)), number});
}

std::string value_text(const core::Json& value) {
    if (const std::string* text = value.as_string()) { return std::string(core::trim(*text)); }
    if (value.is_null() || value.is_object()) { return ""; }
    if (const core::JsonArray* items = value.as_array()) {
        std::vector<std::string> texts;
        for (const core::Json& item : *items) {
            if (std::string text = value_text(item); !text.empty()) { texts.push_back(std::move(text)); }
        }
        return core::join(texts, ", ");
    }
    return core::to_json(value);
}

void take_front(const WrittenFront& front, Note& note) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 16> k_fields = {{{"id", "id"},
                                                                                       {"status", "status"},
                                                                                       {"hypothesis", "hypothesis"},
                                                                                       {"experiment", "experiment"},
                                                                                       {"thread", "thread"},
                                                                                       {"impact", "impact"},
                                                                                       {"source_type", "type"},
                                                                                       {"relevance", "relevance"},
                                                                                       {"target", "target"},
                                                                                       {"target_id", "target_id"},
                                                                                       {"requested_by", "requested_by"},
                                                                                       {"reviewer", "reviewer"},
                                                                                       {"scope", "scope"},
                                                                                       {"challenge_review", "challenge_review"},
                                                                                       {"created", "created"},
                                                                                       {"date_reviewed", "date_reviewed"}}};
    note.front = front.values();
    const core::JsonObject* members = note.front.as_object();
    if (members == nullptr) { return; }
    for (const auto& member : *members) { note.front_lines.emplace(member.first, front.line_of("/" + member.first)); }
    for (const auto& [name, shown] : k_fields) {
        const core::Json* value = note.front.find(name);
        std::string text = value == nullptr ? "" : value_text(*value);
        if (!text.empty()) { note.meta.insert_or_assign(std::string(shown), MetaField{std::move(text), front.line_of(core::cat('/', name))}); }
    }
    for (const std::string_view name : {"last_updated", "date"}) {
        const core::Json* value = note.front.find(name);
        std::string text = value == nullptr ? "" : value_text(*value);
        if (!text.empty()) { note.meta.insert_or_assign(std::string(name), MetaField{std::move(text), front.line_of(core::cat('/', name))}); }
    }
    if (const core::Json* aliases = note.front.find("aliases")) {
        if (const core::JsonArray* list = aliases->as_array()) {
            for (const core::Json& alias : *list) {
                if (std::string text = value_text(alias); !text.empty()) { note.aliases.push_back(std::move(text)); }
            }
        } else if (std::string text = value_text(*aliases); !text.empty()) {
            note.aliases.push_back(std::move(text));
        }
    }
}

std::string title_of(std::string_view heading, std::string_view id) {
    std::string_view text = core::trim(heading);
    if (!text.starts_with(id)) { return std::string(text); }
    text.remove_prefix(id.size());
    // A dash of any kind, or a colon, stands between id and title.
    for (bool more = true; more;) {
        more = false;
        for (const std::string_view mark : {" ", "-", ":", "\xE2\x80\x94", "\xE2\x80\x93"}) {
            if (text.starts_with(mark)) {
                text.remove_prefix(mark.size());
                more = true;
            }
        }
    }
    return std::string(text);
}

void read_links(std::string_view line, int number, Note& note) {
    for (std::size_t at = line.find("[["); at != std::string_view::npos; at = line.find("[[", at)) {
        const std::size_t end = line.find("]]", at + 2);
        if (end == std::string_view::npos) { return; }
        std::string_view target = line.substr(at + 2, end - at - 2);
        target = core::trim(target.substr(0, target.find_first_of("|#")));
        if (!target.empty()) { note.links.push_back({std::string(target), number}); }
        at = end + 2;
    }
}

void read_body(std::string_view text, std::size_t begin, int line, Note& note) {
    const std::string masked = std::string(begin, ' ') + without_code(text.substr(begin), true);
    const std::string_view view = masked;
    for (std::size_t at = begin; at < view.size(); ++line) {
        const std::size_t end = std::min(view.find('\n', at), view.size());
        std::string_view words = view.substr(at, end - at);
        if (words.ends_with('\r')) { words.remove_suffix(1); }
        if (words.starts_with('#')) {
            const std::size_t level = std::min(words.find_first_not_of('#'), words.size());
            if (level <= 6 && (level == words.size() || words[level] == ' ' || words[level] == '\t')) {
                std::string_view heading = core::trim(words.substr(level));
                while (heading.ends_with('#')) { heading.remove_suffix(1); }
                note.headings.push_back({static_cast<int>(level), std::string(core::trim(heading)), line, at, std::min(end + 1, view.size())});
            }
        } else {
            // What is code for the mask may be part of a value.
            if (words.starts_with('>')) { read_meta_line(text.substr(at, end - at), line, note); }
        }
        read_links(words, line, note);
        at = end + 1;
    }
    const auto first = std::ranges::find_if(note.headings, [](const Heading& heading) { return heading.level == 1; });
    if (first != note.headings.end()) { note.title = title_of(first->text, note.id); }
}

}  // namespace

std::string without_code(std::string_view text, bool comments) {
    std::string out(text);
    std::string open;   // the fence that is open
    for (std::size_t at = 0; at < out.size();) {
        const std::size_t end = std::min(out.find('\n', at), out.size());
        const std::string_view line = text.substr(at, end - at);
        const std::string_view fence = fence_of(line);
        if (!open.empty()) {
            const bool closes = fence.size() >= open.size() && fence.front() == open.front() && core::trim(line).size() == fence.size();
            if (closes) { open.clear(); }
            blank(out, at, end);
        } else if (!fence.empty()) {
            open = fence;
            blank(out, at, end);
        } else {
            blank_code_spans(out, at, end);
        }
        at = end + 1;
    }
    if (comments) { blank_comments(out); }
    return out;
}

std::optional<std::string> reference_of(std::string_view text) {
    text = core::trim(text);
    if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) { text = core::trim(text.substr(1, text.size() - 2)); }
    if (text.starts_with("[[") && text.ends_with("]]")) {
        text = text.substr(2, text.size() - 4);
        text = core::trim(text.substr(0, text.find_first_of("|#")));
    }
    const std::string word = core::lower_ascii(text);
    if (word.empty() || word == "n/a" || word == "none" || word == "null") { return std::nullopt; }
    return std::string(text);
}

std::string Note::meta_text(std::string_view name) const {
    const auto at = meta.find(std::string(name));
    return at == meta.end() ? "" : at->second.text;
}

std::optional<std::string> Note::reference(std::string_view name) const { return reference_of(meta_text(name)); }

int Note::line_of(std::string_view name) const {
    const auto at = meta.find(std::string(name));
    return at == meta.end() ? 0 : at->second.line;
}

Note read_note(std::string_view text, std::string path, const KindInfo& kind, std::string id, ReadNote how) {
    Note note;
    note.kind = &kind;
    note.id = std::move(id);
    note.path = std::move(path);
    const std::size_t slash = note.path.rfind('/');
    note.stem = note.path.substr(slash == std::string::npos ? 0 : slash + 1);
    if (note.stem.ends_with(".md")) { note.stem.resize(note.stem.size() - 3); }
    const std::string_view given = text;
    std::optional<QuickCitations> quick;
    std::string rest;   // the note with empty lines in the place of what was read already
    if (how == ReadNote::citations) { quick = quick_citations(text, note.path); }
    if (quick) {
        const std::string_view list = text.substr(quick->begin, quick->end - quick->begin);
        rest = core::cat(text.substr(0, quick->begin), std::string(static_cast<std::size_t>(std::ranges::count(list, '\n')), '\n'), text.substr(quick->end));
        text = rest;
    }
    auto front = jobs::read_front_matter(text, note.path);
    if (!front.ok()) {
        note.damage = front.error();
        return note;
    }
    std::size_t body = 0;
    int line = 1;
    if (front.value()) {
        body = text.size() - front.value()->body.size();
        line = front.value()->body_line;
    }
    read_body(text, body, line, note);
    if (front.value()) {
        const WrittenFront written(text, *front.value());
        // It stands there twice.
        if (quick && written.values().find("supporting_runs") != nullptr) { return read_note(given, note.path, kind, note.id); }
        take_front(written, note);
        if (quick) {
            note.citations.found = std::move(quick->found);
        } else {
            read_supporting_runs(written, note.path, note.citations);
        }
    }
    read_markdown(text.substr(body), note.path, line, note.citations);
    return note;
}

std::optional<std::string> section_text(std::string_view text, const Note& note, std::string_view name) {
    for (std::size_t i = 0; i < note.headings.size(); ++i) {
        const Heading& heading = note.headings[i];
        if (heading.level != 2 || heading.text != name) { continue; }
        std::size_t end = text.size();
        for (std::size_t k = i + 1; k < note.headings.size(); ++k) {
            if (note.headings[k].level <= 2) {
                end = note.headings[k].begin;
                break;
            }
        }
        return std::string(text.substr(heading.end, end - heading.end));
    }
    return std::nullopt;
}

}  // namespace runlake::kb

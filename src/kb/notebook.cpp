// SPDX-License-Identifier: Apache-2.0
// Citations in Jupyter notebooks: tags of cells, and comments in the text of Markdown cells.
#include <algorithm>
#include <utility>

#include "core/json_lists.hpp"
#include "core/text.hpp"
#include "kb/citation.hpp"

namespace runlake::kb {
namespace {

constexpr std::string_view k_tag = "runlake:";

// A text of the notebook format: one string, or a list of lines.
std::string text_of(const core::Json* value) {
    if (value == nullptr) { return ""; }
    if (const std::string* text = value->as_string()) { return *text; }
    std::string out;
    if (const core::JsonArray* lines = value->as_array()) {
        for (const core::Json& line : *lines) {
            if (const std::string* text = line.as_string()) { out += *text; }
        }
    }
    return out;
}

std::string output_of(const core::Json& cell) {
    std::string out;
    for (const core::Json& output : core::list_at(cell, "outputs")) {
        out += text_of(output.find("text"));
        if (const core::Json* data = output.find("data")) { out += text_of(data->find("text/plain")); }
        out += '\n';
    }
    return out;
}

// The one number of a text; nothing when there is none, or several.
std::optional<std::string> only_number(std::string_view text) {
    constexpr std::string_view k_between = " \t\r\n=:;()[]{}<>\"'|";
    std::optional<std::string> found;
    for (std::size_t begin = text.find_first_not_of(k_between); begin != std::string_view::npos; begin = text.find_first_not_of(k_between, begin)) {
        const std::size_t end = std::min(text.find_first_of(k_between, begin), text.size());
        std::string_view piece = text.substr(begin, end - begin);
        begin = end;
        while (piece.ends_with('.') || piece.ends_with(',')) { piece.remove_suffix(1); }
        if (!parse_quoted(piece).ok()) { continue; }
        if (found) { return std::nullopt; }
        found = piece;
    }
    return found;
}

// Finds lines of the file by texts that stand in it, one after the other.
class Places {
  public:
    explicit Places(std::string_view text) : text_(text) {}
    int line_of(std::string_view words) {
        const std::size_t at = text_.find(words, at_);
        if (at == std::string_view::npos) { return line_; }
        line_ += static_cast<int>(std::ranges::count(text_.substr(at_, at - at_), '\n'));
        at_ = at;
        return line_;
    }

  private:
    std::string_view text_;
    std::size_t at_ = 0;
    int line_ = 1;
};

void read_tag(std::string_view tag, const core::Json& cell, bool is_code, const std::string& path, int line, Citations& out) {
    const std::string_view rest = tag.substr(k_tag.size());
    const std::size_t colon = rest.find(':');
    const std::string_view id = rest.substr(0, colon);
    if (!is_cited_id(id)) {
        out.faults.push_back({.code = "finding.broken_run_citation", .message = core::cat("the tag \"", core::cut_utf8(tag, 80), "\" names no id: write runlake:ID:METRIC"), .path = path, .line = line});
        return;
    }
    Citation citation{.id = core::lower_ascii(id), .path = path, .line = line};
    const auto malformed = [&](std::string message) {
        out.faults.push_back({.code = "finding.malformed_value", .message = std::move(message), .path = path, .line = line});
    };
    if (colon != std::string_view::npos) {
        auto metric = parse_metric_name(rest.substr(colon + 1));
        const std::optional<std::string> number = only_number(is_code ? output_of(cell) : text_of(cell.find("source")));
        if (!metric.ok()) {
            malformed(metric.error().message());
        } else if (!number) {
            malformed(core::cat("the cell tagged \"", core::cut_utf8(tag, 80), "\" has not exactly one number in its ", is_code ? "output" : "text"));
        } else if (auto quoted = parse_quoted(*number); quoted.ok()) {
            citation.values.push_back({std::move(metric).take(), *number, std::move(quoted).take(), line});
        }
    }
    out.found.push_back(std::move(citation));
}

}  // namespace

core::Status read_notebook(std::string_view text, const std::string& path, Citations& out) {
    if (text.find(k_tag) == std::string_view::npos) { return core::ok(); }
    RL_ASSIGN(const core::Json notebook, core::parse_json(text, path));
    const core::JsonArray* cells = core::find_list(notebook, "cells");
    if (cells == nullptr) { return core::Error(core::Errc::corrupt, core::cat("reading ", path, ": it has no list of cells, so it is no notebook of format 4")); }
    Places places(text);
    for (const core::Json& cell : *cells) {
        const std::string kind = cell.string_at("cell_type").value_or("");
        const core::Json* metadata = cell.find("metadata");
        const core::Json* tags = metadata == nullptr ? nullptr : metadata->find("tags");
        if (const core::JsonArray* list = tags == nullptr ? nullptr : tags->as_array()) {
            for (const core::Json& tag : *list) {
                const std::string* word = tag.as_string();
                if (word != nullptr && word->starts_with(k_tag)) { read_tag(*word, cell, kind == "code", path, places.line_of(*word), out); }
            }
        }
        if (kind != "markdown") { continue; }
        Citations inside;
        read_markdown(text_of(cell.find("source")), path, 1, inside);
        for (Citation& citation : inside.found) {
            citation.line = places.line_of(citation.id);
            for (QuotedValue& value : citation.values) { value.line = citation.line; }
            out.found.push_back(std::move(citation));
        }
        for (Issue& fault : inside.faults) {
            fault.line = places.line_of(k_tag);
            out.faults.push_back(std::move(fault));
        }
    }
    return core::ok();
}

}  // namespace runlake::kb

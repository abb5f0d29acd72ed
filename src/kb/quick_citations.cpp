// SPDX-License-Identifier: Apache-2.0
#include "kb/quick_citations.hpp"

#include <algorithm>
#include <utility>

#include "core/ids.hpp"
#include "core/job_id.hpp"
#include "core/text.hpp"

namespace runlake::kb {
namespace {

constexpr std::string_view k_key = "supporting_runs:";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A line before the list: "name: value", with nothing in it that could reach beyond the line or mean more than it seems.
bool is_plain_line(std::string_view line) {
    std::size_t name = 0;
    while (name < line.size() && is_letter(line[name])) { ++name; }
    if (name == 0 || name == line.size() || line[name] != ':' || (name + 1 < line.size() && line[name + 1] != ' ')) { return false; }
    const std::string_view value = line.substr(std::min(name + 2, line.size()));
    if (value.empty()) { return false; }   // something may follow below
    if (value.front() == '"') {
        return value.size() >= 2 && value.find('"', 1) == value.size() - 1 && std::ranges::all_of(value, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7F && c != '\\'; });
    }
    if (value.front() == '[') {
        return value.size() >= 2 && value.find(']') == value.size() - 1 && std::ranges::all_of(value.substr(1), [](char c) { return is_letter(c) || is_digit(c) || c == ',' || c == ' ' || c == '"' || c == ']'; }) &&
               std::ranges::count(value, '"') % 2 == 0;
    }
    return std::ranges::all_of(value, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == ' ' || c == '.'; }) && !value.starts_with("- ") && !value.starts_with("---");
}

// The text between double quotes at the front, without escapes; taken off.
std::optional<std::string_view> take_quoted(std::string_view& rest) {
    if (!rest.starts_with('"')) { return std::nullopt; }
    const std::size_t end = rest.find('"', 1);
    if (end == std::string_view::npos) { return std::nullopt; }
    const std::string_view inside = rest.substr(1, end - 1);
    if (std::ranges::any_of(inside, [](char c) { return c == '\\' || static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F; })) { return std::nullopt; }
    rest.remove_prefix(end + 1);
    return inside;
}

// A name as YAML can't take for anything else.
std::optional<std::string_view> take_name(std::string_view& rest) {
    if (rest.starts_with('"')) { return take_quoted(rest); }
    std::size_t size = 0;
    while (size < rest.size() && (is_letter(rest[size]) || (size > 0 && is_digit(rest[size])))) { ++size; }
    if (size == 0) { return std::nullopt; }
    const std::string_view name = rest.substr(0, size);
    rest.remove_prefix(size);
    return name;
}

// A number as it is written: with quotes, or plain digits with a point.
std::optional<std::string_view> take_number(std::string_view& rest) {
    if (rest.starts_with('"')) { return take_quoted(rest); }
    std::size_t size = rest.starts_with('-') ? 1 : 0;
    const std::size_t digits = size;
    while (size < rest.size() && is_digit(rest[size])) { ++size; }
    if (size == digits) { return std::nullopt; }
    if (size < rest.size() && rest[size] == '.') {
        const std::size_t point = ++size;
        while (size < rest.size() && is_digit(rest[size])) { ++size; }
        if (size == point) { return std::nullopt; }
    }
    if (size > 18) { return std::nullopt; }
    const std::string_view number = rest.substr(0, size);
    rest.remove_prefix(size);
    return number;
}

bool take(std::string_view& rest, std::string_view word) {
    if (!rest.starts_with(word)) { return false; }
    rest.remove_prefix(word.size());
    return true;
}

// {name: number, name: number} to the end of the line.
bool read_values(std::string_view rest, int line, Citation& citation) {
    if (!take(rest, "{")) { return false; }
    std::vector<std::string_view> names;
    do {
        const auto name = take_name(rest);
        if (!name || !take(rest, ": ") || std::ranges::find(names, *name) != names.end()) { return false; }
        names.push_back(*name);
        const auto number = take_number(rest);
        if (!number) { return false; }
        auto metric = parse_metric_name(*name);
        auto quoted = parse_quoted(*number);
        if (!metric.ok() || !quoted.ok()) { return false; }
        citation.values.push_back({std::move(metric).take(), std::string(core::trim(*number)), std::move(quoted).take(), line});
    } while (take(rest, ", "));
    return rest == "}";
}

// One item's members, a line each.
class Item {
  public:
    Item(const std::string& path, int line) { citation_ = {.path = path, .line = line}; }

    bool read_member(std::string_view rest, int line) {
        if (take(rest, "type: ")) { return !std::exchange(has_type_, true) && read_type(rest); }
        if (take(rest, "id: ")) {
            const auto id = take_quoted(rest);
            if (!id || !rest.empty() || !citation_.id.empty() || id->empty()) { return false; }
            citation_.id = *id;
            return true;
        }
        return take(rest, "value: ") && !std::exchange(has_value_, true) && read_values(rest, line, citation_);
    }

    // Whether it is whole and right.
    bool finish() {
        if (!has_type_) { return false; }
        if (citation_.kind == CitedKind::job) { return core::JobId::parse(citation_.id).ok(); }
        const auto prefix = core::RunIdPrefix::parse(citation_.id);
        if (!prefix.ok()) { return false; }
        citation_.id = prefix.value().str();
        return true;
    }
    Citation take_citation() { return std::move(citation_); }

  private:
    bool read_type(std::string_view word) {
        citation_.kind = word == "job" ? CitedKind::job : CitedKind::run;
        return word == "job" || word == "run";
    }

    Citation citation_;
    bool has_type_ = false;
    bool has_value_ = false;
};

}  // namespace

std::optional<QuickCitations> quick_citations(std::string_view text, const std::string& path) {
    if (!text.starts_with("---\n")) { return std::nullopt; }
    QuickCitations out;
    std::optional<Item> item;
    bool is_inside = false;
    int number = 2;
    for (std::size_t at = 4; at < text.size(); ++number) {
        const std::size_t end = text.find('\n', at);
        if (end == std::string_view::npos) { return std::nullopt; }
        const std::string_view line = text.substr(at, end - at);
        if (!is_inside) {
            if (line == k_key) {
                is_inside = true;
                out.begin = at;
            } else if (!is_plain_line(line) || line.starts_with("supporting_runs")) {
                return std::nullopt;
            }
        } else if (line.starts_with("  - ")) {
            if (item) {
                if (!item->finish()) { return std::nullopt; }
                out.found.push_back(item->take_citation());
            }
            item.emplace(path, number);
            if (!item->read_member(line.substr(4), number)) { return std::nullopt; }
        } else if (line.starts_with("    ")) {
            if (!item || !item->read_member(line.substr(4), number)) { return std::nullopt; }
        } else {
            // The list ends: at the end of the front matter, or where another member begins.
            if (!item || !item->finish() || (line != "---" && !is_plain_line(line))) { return std::nullopt; }
            out.found.push_back(item->take_citation());
            out.end = at;
            return out;
        }
        at = end + 1;
    }
    return std::nullopt;
}

}  // namespace runlake::kb

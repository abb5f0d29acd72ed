// SPDX-License-Identifier: Apache-2.0
// Citations in front matter, and in the texts of Markdown and LaTeX.
#include "kb/citation.hpp"

#include <algorithm>
#include <utility>

#include "core/ids.hpp"
#include "core/job_id.hpp"
#include "core/text.hpp"
#include "kb/note.hpp"

namespace runlake::kb {
namespace {

constexpr std::string_view k_shapes = "{type: job, id: \"<32 hex digits>\"}, {type: run, id: \"<run id>\"} or {type: batch, experiment_id: \"E###\", selector: {condition: \"...\"}}";

void broken(Citations& out, const std::string& path, int line, std::string message) {
    out.faults.push_back({.code = "finding.broken_run_citation", .severity = Severity::error, .message = std::move(message), .path = path, .line = line});
}

void malformed(Citations& out, const std::string& path, int line, std::string message) {
    out.faults.push_back({.code = "finding.malformed_value", .severity = Severity::error, .message = std::move(message), .path = path, .line = line});
}

// One quoted value into a citation, or a fault.
void add_value(Citation& citation, std::string_view metric, std::string_view number, int line, Citations& out) {
    auto name = parse_metric_name(metric);
    if (!name.ok()) { return malformed(out, citation.path, line, name.error().message()); }
    auto quoted = parse_quoted(number);
    if (!quoted.ok()) { return malformed(out, citation.path, line, core::cat("the value of ", metric, ": ", quoted.error().message())); }
    citation.values.push_back({std::move(name).take(), std::string(core::trim(number)), std::move(quoted).take(), line});
}

// `value: {metric: number}`, or `metric: name` and `value: number`.
void read_values(const WrittenFront& front, const core::Json& item, const std::string& at, Citation& citation, Citations& out) {
    const core::Json* value = item.find("value");
    if (value == nullptr || value->is_null()) { return; }
    const std::string path = at + "/value";
    const int line = front.line_of(path);
    if (citation.kind == CitedKind::batch) { return malformed(out, citation.path, line, "a batch has no value of its own: quote numbers from single jobs or runs"); }
    const auto add = [&](std::string_view metric, const std::string& where, const core::Json& number) {
        const std::optional<std::string> text = front.scalar(where, number);
        if (!text) { return malformed(out, citation.path, front.line_of(where), core::cat("the value of ", metric, " is not a number that can be read as it was written: put it into quotes")); }
        add_value(citation, metric, *text, front.line_of(where), out);
    };
    if (const core::JsonObject* members = value->as_object()) {
        for (const auto& [metric, number] : *members) { add(metric, core::cat(path, '/', metric), number); }
        return;
    }
    const std::optional<std::string> metric = item.string_at("metric");
    if (!metric) { return malformed(out, citation.path, line, "a value needs the name of its metric: value: {metric: \"0.30\"}"); }
    add(*metric, path, *value);
}

void read_item(const WrittenFront& front, const core::Json& item, const std::string& at, const std::string& path, Citations& out) {
    const int line = front.line_of(at);
    if (!item.is_object()) { return broken(out, path, line, core::cat("an item of supporting_runs is no mapping: write ", k_shapes)); }
    Citation citation{.path = path, .line = line};
    const core::Json* type = item.find("type");
    const std::string word = type != nullptr && type->is_string() ? *type->as_string() : "";
    const core::Json* written_id = item.find("id");
    const std::string id = written_id == nullptr ? "" : front.scalar(at + "/id", *written_id).value_or("");
    if (word == "job") {
        citation.kind = CitedKind::job;
        if (!core::JobId::parse(id).ok()) {
            return broken(out, path, line, core::cat("a citation of type job needs `id`, 32 lower-case hex digits", id.empty() ? "" : core::cat(", not \"", core::cut_utf8(id, 60), '"')));
        }
        citation.id = id;
    } else if (word == "run") {
        citation.kind = CitedKind::run;
        const auto prefix = core::RunIdPrefix::parse(id);
        if (!prefix.ok()) {
            return broken(out, path, line, core::cat("a citation of type run needs `id`, a run's id or the beginning of one", id.empty() ? "" : core::cat(", not \"", core::cut_utf8(id, 60), '"')));
        }
        citation.id = prefix.value().str();
    } else if (word == "batch") {
        citation.kind = CitedKind::batch;
        const std::optional<std::string> experiment = item.string_at("experiment_id");
        if (!experiment || experiment->empty()) { return broken(out, path, line, "a citation of type batch needs `experiment_id`: \"E###\""); }
        citation.experiment_id = *experiment;
        const core::Json* selector = item.find("selector");
        if (selector != nullptr && !selector->is_null()) {
            if (!selector->is_object()) { return broken(out, path, front.line_of(at + "/selector"), "`selector` of a batch is no mapping: selector: {condition: \"...\"}"); }
            citation.selector = *selector;
        }
    } else {
        const std::string given = type == nullptr ? "has no `type`" : word.empty() ? "has a `type` that is no text" : core::cat("has the type \"", core::cut_utf8(word, 40), '"');
        return broken(out, path, line, core::cat("a citation ", given, ": write ", k_shapes));
    }
    read_values(front, item, at, citation, out);
    out.found.push_back(std::move(citation));
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    for (std::string_view rest = text;;) {
        const std::size_t begin = rest.find_first_not_of(" \t\r\n");
        if (begin == std::string_view::npos) { return words; }
        rest.remove_prefix(begin);
        const std::size_t end = std::min(rest.find_first_of(" \t\r\n"), rest.size());
        words.push_back(rest.substr(0, end));
        rest.remove_prefix(end);
    }
}

int lines_in(std::string_view text) { return static_cast<int>(std::ranges::count(text, '\n')); }

// `line` is of its beginning.
void read_comment(std::string_view text, std::size_t begin, std::string_view inside, const std::string& path, int line, Citations& out) {
    const std::vector<std::string_view> words = words_of(inside);
    if (words.empty() || words.size() > 2 || !is_cited_id(words[0])) {
        return broken(out, path, line, core::cat("\"runlake:", core::cut_utf8(inside, 60), "\" is no citation: write <!-- runlake: ID METRIC --> right behind the number, or <!-- runlake: ID -->"));
    }
    Citation citation{.id = core::lower_ascii(words[0]), .path = path, .line = line};
    if (words.size() == 2) {
        if (const std::optional<Span> number = number_before(text, begin)) {
            add_value(citation, words[1], text.substr(number->begin, number->end - number->begin), line, out);
        } else {
            malformed(out, path, line, core::cat("no number stands before the citation of ", words[1], ": put the comment right behind the number"));
        }
    }
    out.found.push_back(std::move(citation));
}

// The text between the braces that `at` stands before; `at` is put behind them. Nothing when there are none, or no short ones.
std::optional<std::string_view> argument(std::string_view text, std::size_t& at) {
    constexpr std::size_t k_most = 400;
    std::size_t begin = at;
    while (begin < text.size() && (text[begin] == ' ' || text[begin] == '\n' || text[begin] == '\r' || text[begin] == '\t') && begin - at < k_most) { ++begin; }
    if (begin >= text.size() || text[begin] != '{') { return std::nullopt; }
    int depth = 0;
    for (std::size_t end = begin; end < text.size() && end - begin <= k_most; ++end) {
        if (text[end] == '\\') {
            ++end;
        } else if (text[end] == '{') {
            ++depth;
        } else if (text[end] == '}' && --depth == 0) {
            at = end + 1;
            return text.substr(begin + 1, end - begin - 1);
        }
    }
    return std::nullopt;
}

// "val\_loss" as "val_loss": what LaTeX needs where it typesets.
std::string plain_latex(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '_' || text[i + 1] == '%' || text[i + 1] == '#')) { continue; }
        out += text[i];
    }
    return std::string(core::trim(out));
}

std::string without_latex_comments(std::string_view text) {
    std::string out(text);
    bool inside = false;
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (out[i] == '\n') {
            inside = false;
        } else if (inside) {
            out[i] = ' ';
        } else if (out[i] == '\\') {
            ++i;
        } else if (out[i] == '%') {
            inside = true;
            out[i] = ' ';
        }
    }
    return out;
}

}  // namespace

bool is_cited_id(std::string_view text) {
    const bool is_hex = !text.empty() && text.size() <= 32 && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
    return is_hex || core::RunIdPrefix::parse(text).ok();
}

core::Result<MetricName> parse_metric_name(std::string_view text) {
    const auto refuse = [&](std::string_view why) { return core::Error(core::Errc::usage, core::cat('"', core::cut_utf8(text, 60), "\" is no name of a metric: ", why)); };
    if (text.empty() || text.size() > 300) { return refuse("it is empty or too long"); }
    if (text.find_first_of(" \t\r\n") != std::string_view::npos) { return refuse("it has white space in it"); }
    MetricName name{.whole = std::string(text), .base = std::string(text)};
    const std::size_t at = text.rfind('@');
    if (at == std::string_view::npos || at == 0) { return name; }
    const std::string_view pick = text.substr(at + 1);
    const auto set = [&](MetricName::Pick what) {
        name.pick = what;
        name.base = std::string(text.substr(0, at));
    };
    if (pick == "min") { set(MetricName::Pick::min); }
    if (pick == "max") { set(MetricName::Pick::max); }
    if (pick.starts_with("step=")) {
        const std::optional<std::int64_t> step = core::parse_integer(pick.substr(5));
        if (!step) { return refuse("@step=N wants an integer"); }
        set(MetricName::Pick::step);
        name.step = *step;
    }
    return name;
}

void read_supporting_runs(const WrittenFront& front, const std::string& path, Citations& out) {
    const core::Json* runs = front.values().find("supporting_runs");
    if (runs == nullptr || runs->is_null()) { return; }
    const std::string at = "/supporting_runs";
    if (const core::JsonArray* items = runs->as_array()) {
        for (std::size_t i = 0; i < items->size(); ++i) { read_item(front, (*items)[i], core::cat(at, '/', i), path, out); }
    } else if (runs->is_object()) {
        read_item(front, *runs, at, path, out);
    } else if (!runs->is_string() || !core::trim(*runs->as_string()).empty()) {
        broken(out, path, front.line_of(at), core::cat("supporting_runs is a single text or number: write a list of ", k_shapes));
    }
}

void read_markdown(std::string_view whole, const std::string& path, int first_line, Citations& out) {
    constexpr std::string_view k_open = "<!--";
    if (whole.find("runlake:") == std::string_view::npos) { return; }
    const std::string text = without_code(whole, false);
    const std::string_view view = text;
    int line = first_line;
    std::size_t counted = 0;
    for (std::size_t at = view.find(k_open); at != std::string_view::npos;) {
        const std::size_t end = view.find("-->", at + k_open.size());
        if (end == std::string_view::npos) { return; }
        std::string_view inside = core::trim(view.substr(at + k_open.size(), end - at - k_open.size()));
        if (inside.starts_with("runlake:")) {
            line += lines_in(view.substr(counted, at - counted));
            counted = at;
            inside.remove_prefix(std::string_view("runlake:").size());
            read_comment(view, at, inside, path, line, out);
        }
        at = view.find(k_open, end + 3);
    }
}

void read_latex(std::string_view whole, const std::string& path, Citations& out) {
    if (whole.find("\\run") == std::string_view::npos) { return; }
    const std::string text = without_latex_comments(whole);
    const std::string_view view = text;
    int line = 1;
    std::size_t counted = 0;
    for (std::size_t at = view.find("\\run"); at != std::string_view::npos; at = view.find("\\run", at + 1)) {
        const std::string_view rest = view.substr(at);
        const std::string_view macro = rest.starts_with("\\runvalue") ? "\\runvalue" : rest.starts_with("\\runcite") ? "\\runcite" : "";
        if (macro.empty()) { continue; }
        std::size_t next = at + macro.size();
        const std::optional<std::string_view> id = argument(view, next);
        if (!id) { continue; }   // its definition, or a longer name
        line += lines_in(view.substr(counted, at - counted));
        counted = at;
        const std::string name = plain_latex(*id);
        if (name.starts_with('#')) { continue; }   // inside the definition of another macro
        if (!is_cited_id(name)) {
            broken(out, path, line, core::cat(macro, "{", core::cut_utf8(name, 60), "}: this is neither an id nor the beginning of one"));
            continue;
        }
        Citation citation{.id = core::lower_ascii(name), .path = path, .line = line};
        if (macro == "\\runvalue") {
            const std::optional<std::string_view> metric = argument(view, next);
            const std::optional<std::string_view> number = metric ? argument(view, next) : std::nullopt;
            if (number) {
                add_value(citation, plain_latex(*metric), *number, line, out);
            } else {
                malformed(out, path, line, "\\runvalue needs three arguments: {ID}{METRIC}{NUMBER}");
            }
        }
        out.found.push_back(std::move(citation));
    }
}

}  // namespace runlake::kb

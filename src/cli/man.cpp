// SPDX-License-Identifier: Apache-2.0
#include "cli/man.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/help.hpp"
#include "cli/words.hpp"
#include "core/text.hpp"
#include "core/version.hpp"

namespace runlake::cli {
namespace {

using core::cat;

std::string upper_ascii(std::string_view text) {
    std::string out(text);
    for (auto& c : out) {
        if (c >= 'a' && c <= 'z') { c = static_cast<char>(c - 'a' + 'A'); }
    }
    return out;
}

// Characters that roff would take for its own.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '\\': out += "\\e"; break;
            case '-': out += "\\-"; break;
            case '\'': out += "\\(aq"; break;
            case '`': out += "\\(ga"; break;
            case '^': out += "\\(ha"; break;
            case '~': out += "\\(ti"; break;
            default: out += c;
        }
    }
    return out;
}

// A text line must not begin like a request.
std::string as_line(std::string text) {
    if (text.starts_with('.') || text.starts_with('\'')) { text.insert(0, "\\&"); }
    return text;
}

// `code`, **strong** and [text](link) of one line.
std::string spans(std::string_view line) {
    std::string out;
    while (!line.empty()) {
        if (line.starts_with('`')) {
            const auto end = line.find('`', 1);
            if (end != std::string_view::npos) {
                out += cat("\\fB", escaped(line.substr(1, end - 1)), "\\fR");
                line.remove_prefix(end + 1);
                continue;
            }
        }
        if (line.starts_with("**")) {
            const auto end = line.find("**", 2);
            if (end != std::string_view::npos) {
                out += cat("\\fB", spans(line.substr(2, end - 2)), "\\fR");
                line.remove_prefix(end + 2);
                continue;
            }
        }
        if (line.starts_with('[')) {
            const auto middle = line.find("](");
            const auto end = middle == std::string_view::npos ? middle : line.find(')', middle);
            if (end != std::string_view::npos && line.substr(0, middle).find('\n') == std::string_view::npos) {
                out += spans(line.substr(1, middle - 1));
                line.remove_prefix(end + 1);
                continue;
            }
        }
        const auto next = std::max<std::size_t>(1, std::min(line.find_first_of("`*["), line.size()));
        out += escaped(line.substr(0, next));
        line.remove_prefix(next);
    }
    return out;
}

std::string label(const Option& option) {
    std::string out;
    for (const auto spelling : option_spellings(option)) { out += cat(out.empty() ? "" : ", ", "\\fB", escaped(spelling), "\\fR"); }
    if (!option.value.empty()) { out += cat("\\fI", escaped(value_label(option)), "\\fR"); }
    return out;
}

std::string option_entries(std::span<const Option> options) {
    std::string out;
    for (const auto& option : options) { out += cat(".TP\n", label(option), "\n", as_line(escaped(option.help)), option.repeats ? " (repeatable).\n" : ".\n"); }
    return out;
}

std::string title(std::string_view name) { return cat(".TH \"", upper_ascii(name), "\" 1 \"\" \"Runlake ", core::k_version, "\" \"Runlake\"\n"); }

bool is_rule_row(std::string_view line) { return line.find_first_not_of("|-: ") == std::string_view::npos; }

std::string table_row(std::string_view line) {
    line = core::trim(line);
    if (line.starts_with('|')) { line.remove_prefix(1); }
    if (line.ends_with('|')) { line.remove_suffix(1); }
    std::string out;
    for (const auto cell : core::split(line, '|')) {
        const auto text = spans(core::trim(cell));
        out += out.empty() ? cat(".TP\n", as_line(text), "\n") : cat(as_line(text), "\n");
    }
    return out;
}

// A Markdown page apart: what stands between its title and its first section, and its sections.
struct Section {
    std::string title;
    std::string body;
};
struct Page {
    std::string introduction;
    std::vector<Section> sections;
};

// `summary` is left out of the introduction: the table says it.
Page read_page(std::string_view markdown, std::string_view summary) {
    Page page;
    bool code = false;
    for (const auto line : core::split(core::trim(markdown), '\n')) {
        if (line.starts_with("```")) { code = !code; }
        if (!code && line.starts_with("## ")) {
            page.sections.push_back({std::string(core::trim(line.substr(3))), ""});
        } else if (!page.sections.empty()) {
            page.sections.back().body += cat(line, "\n");
        } else if (!line.starts_with("# ") && line != summary) {
            page.introduction += cat(line, "\n");
        }
    }
    page.introduction = core::trim(page.introduction);
    return page;
}

std::string page_sections(const Page& page) {
    std::string out;
    if (!page.introduction.empty()) { out += cat(".SH DESCRIPTION\n", to_roff(page.introduction)); }
    for (const auto& section : page.sections) {
        if (section.title != "Options") { out += cat(".SH \"", upper_ascii(escaped(section.title)), "\"\n", to_roff(section.body)); }
    }
    return out;
}

}  // namespace

std::string page_name(const Command& command) {
    std::string name(command.name);
    std::replace(name.begin(), name.end(), ' ', '-');
    return name;
}

std::string to_roff(std::string_view markdown) {
    std::string out;
    bool code = false;
    bool new_paragraph = false;
    for (const auto line : core::split(core::trim(markdown), '\n')) {
        if (line.starts_with("```")) {
            code = !code;
            out += code ? ".PP\n.RS 4\n.nf\n" : ".fi\n.RE\n";
            new_paragraph = true;
        } else if (code) {
            out += cat(as_line(escaped(line)), "\n");
        } else if (line.starts_with("### ")) {
            out += cat(".SS \"", escaped(line.substr(4)), "\"\n");
            new_paragraph = false;
        } else if (core::trim(line).empty()) {
            new_paragraph = true;
        } else if (line.starts_with("- ") || line.starts_with("* ")) {
            out += cat(".IP \\(bu 3\n", as_line(spans(line.substr(2))), "\n");
            new_paragraph = false;
        } else if (line.starts_with('|')) {
            if (!is_rule_row(line)) { out += table_row(line); }
            new_paragraph = true;
        } else {
            if (new_paragraph) { out += ".PP\n"; }
            out += cat(as_line(spans(core::trim(line))), "\n");
            new_paragraph = false;
        }
    }
    return out;
}

std::string man_page(const Command& command, std::string_view markdown) {
    const auto name = cat("runlake-", page_name(command));
    auto out = cat(title(name), ".SH NAME\n", escaped(name), " \\- ", escaped(command.summary), "\n.SH SYNOPSIS\n\\fB", escaped(usage_line(command)), "\\fR\n");
    if (!command.arguments.empty()) {
        out += ".SH ARGUMENTS\n";
        for (const auto& argument : command.arguments) { out += cat(".TP\n\\fI", escaped(argument.name), "\\fR\n", as_line(escaped(argument.help)), "\n"); }
    }
    if (!command.options.empty()) { out += cat(".SH OPTIONS\n", option_entries(command.options)); }
    out += page_sections(read_page(markdown, cat(command.summary, ".")));
    out += cat(".SH \"OPTIONS OF EVERY COMMAND\"\n", option_entries(global_options()));
    return out + ".SH \"SEE ALSO\"\n\\fBrunlake\\fR(1)\n";
}

std::string man_overview(std::span<const Command* const> commands, std::string_view markdown) {
    auto out = cat(title("runlake"), ".SH NAME\nrunlake \\- record what ran, with what, and what came out\n.SH SYNOPSIS\n\\fBrunlake [OPTIONS] COMMAND ...\\fR\n",
                   ".SH COMMANDS\n");
    for (const auto* command : commands) {
        out += cat(".TP\n\\fB", escaped(cat("runlake-", page_name(*command))), "\\fR(1)\n", as_line(escaped(command->summary)), ".\n");
    }
    out += cat(".SH OPTIONS\n", option_entries(global_options()), ".TP\n\\fB\\-\\-version\\fR\nShow the version and end.\n");
    return out + page_sections(read_page(markdown, ""));
}

std::string with_options(const Command& command, std::string_view markdown) {
    std::vector<std::pair<std::string, std::string>> entries;
    for (const auto& argument : command.arguments) { entries.emplace_back(argument.name, argument.help); }
    for (const auto& option : command.options) { entries.emplace_back(option_label(option), cat(option.help, option.repeats ? " (repeatable)" : "")); }
    std::size_t width = 0;
    for (const auto& [what, meaning] : entries) { width = std::max(width, what.size()); }
    auto options = cat("\n```text\n", usage_line(command), "\n", entries.empty() ? "" : "\n");
    for (const auto& [what, meaning] : entries) { options += cat("  ", what, std::string(width - what.size() + 2, ' '), meaning, "\n"); }
    options += "```\n\nOptions of every command (`--store`, `--json`, `--quiet`, `--color`, `--help`) are in [runlake](runlake.md).\n";

    auto page = read_page(markdown, cat(command.summary, "."));
    const auto is_options = [](const Section& section) { return section.title == "Options"; };
    const auto found = std::find_if(page.sections.begin(), page.sections.end(), is_options);
    if (found == page.sections.end()) {
        page.sections.push_back({"Options", options});
    } else {
        found->body = options;
    }
    auto out = cat("# runlake ", command.name, "\n\n", command.summary, ".\n\n");
    if (!page.introduction.empty()) { out += cat(core::trim(page.introduction), "\n\n"); }
    for (const auto& section : page.sections) { out += cat("## ", section.title, "\n\n", core::trim(section.body), "\n\n"); }
    out.pop_back();
    return out;
}

std::string docs_index(std::span<const Command* const> commands) {
    std::string out =
        "# Commands\n\nMade from the program's own table of commands by `runlake __docs docs/cli`; a test fails when it differs.\n\n"
        "What all commands share (options, exit statuses, errors) is in [runlake](runlake.md).\n\n| command | does |\n|---|---|\n";
    for (const auto* command : commands) { out += cat("| [`", command->name, "`](", page_name(*command), ".md) | ", command->summary, " |\n"); }
    return out;
}

}  // namespace runlake::cli

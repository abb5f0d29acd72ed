// SPDX-License-Identifier: Apache-2.0
#include "cli/help.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/words.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

using core::cat;

using Entry = std::pair<std::string, std::string>;  // what, and what it means

std::string listing(const std::vector<Entry>& entries) {
    constexpr std::size_t k_widest = 28;
    std::size_t width = 0;
    for (const auto& [what, meaning] : entries) {
        if (what.size() <= k_widest) { width = std::max(width, what.size()); }
    }
    std::string out;
    for (const auto& [what, meaning] : entries) {
        out += cat("  ", what);
        out += what.size() > width ? cat("\n", std::string(width + 4, ' ')) : std::string(width - what.size() + 2, ' ');
        out += cat(meaning, "\n");
    }
    return out;
}

std::string option_meaning(const Option& option) {
    auto text = std::string(option.help);
    if (option.repeats) { text += " (repeatable)"; }
    return text;
}

std::string options_listing(std::span<const Option> options) {
    std::vector<Entry> entries;
    for (const auto& option : options) { entries.emplace_back(option_label(option), option_meaning(option)); }
    return listing(entries);
}

std::string global_listing() { return cat("Options of every command:\n", options_listing(global_options())); }

}  // namespace

std::string value_label(const Option& option) {
    if (may_lack_value(option)) { return option.choices.empty() ? std::string(option.value) : cat("[=", option.choices, "]"); }
    return cat(" ", option.choices.empty() ? option.value : option.choices);
}

std::string option_label(const Option& option) {
    std::string label;
    for (const auto spelling : option_spellings(option)) { label += cat(label.empty() ? "" : ", ", spelling); }
    if (option_spellings(option).front().starts_with("--")) { label.insert(0, "    "); }
    return option.value.empty() ? label : cat(label, value_label(option));
}

std::string usage_line(const Command& command) {
    auto line = cat("runlake ", command.name, command.options.empty() ? "" : " [OPTIONS]");
    for (const auto& argument : command.arguments) {
        const auto name = cat(argument.name, argument.repeats ? "..." : "");
        line += argument.required ? cat(" ", name) : cat(" [", name, "]");
    }
    if (command.takes_program) { line += command.arguments.empty() ? " [--] PROGRAM [ARGUMENT...]" : " [-- PROGRAM [ARGUMENT...]]"; }
    return line;
}

std::string help_overview(std::span<const Command* const> commands) {
    std::vector<Entry> entries;
    for (const auto* command : commands) { entries.emplace_back(command->name, command->summary); }
    return cat("Runlake records what ran, with what, and what came out.\n\nUsage: runlake [OPTIONS] COMMAND ...\n\nCommands:\n", listing(entries), "\n",
               global_listing(), "      --version    Show the version and end\n\nMore about a command: runlake help COMMAND\n");
}

std::string help_group(std::string_view noun, std::span<const Command* const> commands) {
    std::vector<Entry> entries;
    for (const auto* command : commands) {
        if (command->name == noun || command->name.starts_with(cat(noun, " "))) { entries.emplace_back(command->name, command->summary); }
    }
    return cat("Usage: runlake ", noun, " COMMAND ...\n\nCommands:\n", listing(entries), "\nMore about a command: runlake help ", noun, " COMMAND\n");
}

std::string help_command(const Command& command) {
    auto text = cat(command.summary, ".\n\nUsage: ", usage_line(command), "\n");
    if (!command.arguments.empty()) {
        std::vector<Entry> entries;
        for (const auto& argument : command.arguments) { entries.emplace_back(argument.name, argument.help); }
        text += cat("\nArguments:\n", listing(entries));
    }
    if (!command.options.empty()) { text += cat("\nOptions:\n", options_listing(command.options)); }
    text += cat("\n", global_listing());
    std::string page(command.name);
    std::replace(page.begin(), page.end(), ' ', '-');
    text += cat("\nExamples and details: man runlake-", page, "\n");
    return text;
}

}  // namespace runlake::cli

// SPDX-License-Identifier: Apache-2.0
// One CLI11 application is built for the one command that was named: building all of them would cost every start.
#include "cli/parse.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "cli/words.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

using core::cat;
using core::Errc;
using core::Error;

std::vector<const Option*> options_of(const Command& command) {
    std::vector<const Option*> all;
    for (const auto& option : command.options) { all.push_back(&option); }
    for (const auto& option : global_options()) { all.push_back(&option); }
    return all;
}

Error unknown_option(const Command& command, std::string_view word) {
    const auto name = word.substr(0, word.find('='));
    std::vector<std::string> known;
    for (const auto* option : options_of(command)) {
        for (const auto spelling : option_spellings(*option)) { known.emplace_back(spelling); }
    }
    auto hint = did_you_mean(name, known);
    if (hint.empty()) { hint = cat(", see \"runlake ", command.name, " --help\""); }
    return {Errc::usage, cat("unknown option \"", name, "\"", hint)};
}

core::Status check_choice(std::string_view allowed, std::string_view what, const std::string& value) {
    if (allowed.empty()) { return core::ok(); }
    std::vector<std::string> choices;
    for (const auto choice : core::split(allowed, '|')) { choices.emplace_back(choice); }
    if (std::find(choices.begin(), choices.end(), value) != choices.end()) { return core::ok(); }
    return Error(Errc::usage, cat(what, ": \"", value, "\" is not one of ", core::join(choices, ", "), did_you_mean(value, choices)));
}

std::string_view long_spelling(const Option& option) {
    const auto spellings = option_spellings(option);
    return spellings.back();
}

// What CLI11 collected for one option, checked.
core::Status take_option(const Option& option, const CLI::Option& read, Parsed& parsed) {
    const auto& results = read.results();
    if (results.empty()) { return core::ok(); }
    const auto spelling = long_spelling(option);
    if (!option.value.empty() && !option.repeats && results.size() > 1) {
        return Error(Errc::usage, cat(spelling, " is given more than once"));
    }
    for (const auto& value : results) {
        if (!value.empty() || !may_lack_value(option)) { RL_TRY(check_choice(option.choices, spelling, value)); }
    }
    parsed.values[std::string(option_key(option))] = results;
    return core::ok();
}

core::Status take_arguments(const Command& command, const std::vector<std::string>& words, Parsed& parsed) {
    std::size_t at = 0;
    for (const auto& argument : command.arguments) {
        auto& values = parsed.values[std::string(argument.name)];
        while (at < words.size() && (values.empty() || argument.repeats)) { values.push_back(words[at++]); }
        if (values.empty()) {
            if (argument.required) {
                return Error(Errc::usage, cat("argument ", argument.name, " is missing (", argument.help, "), see \"runlake ", command.name, " --help\""));
            }
            parsed.values.erase(std::string(argument.name));
            continue;
        }
        for (const auto& value : values) { RL_TRY(check_choice(argument.choices, argument.name, value)); }
    }
    if (at < words.size()) { return Error(Errc::usage, cat("unexpected argument \"", words[at], "\", see \"runlake ", command.name, " --help\"")); }
    return core::ok();
}

// The option of that spelling, or null.
const Option* find_option(const Command& command, std::string_view name) {
    for (const auto* option : options_of(command)) {
        const auto spellings = option_spellings(*option);
        if (std::find(spellings.begin(), spellings.end(), name) != spellings.end()) { return option; }
    }
    return nullptr;
}

bool is_value_option(const Command& command, std::string_view name) {
    const auto* option = find_option(command, name);
    return option != nullptr && !option->value.empty();
}

// CLI11 takes "--name=" for a name whose value is the next word, and knows no value that may be left out: both get an empty word of their own. Words of a
// program and values are left alone.
void spell_out_empty_values(const Command& command, std::vector<std::string>& words, bool first_word_begins_program) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto& word = words[i];
        if (first_word_begins_program && (word.size() < 2 || word.front() != '-')) { return; }
        if (const auto* option = find_option(command, word); option != nullptr && !option->value.empty()) {
            if (may_lack_value(*option)) { words.insert(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, ""); }
            ++i;  // its value
        } else if (word.starts_with("--") && word.ends_with('=') && is_value_option(command, word.substr(0, word.size() - 1))) {
            words[i].pop_back();
            words.insert(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, "");
            ++i;
        }
    }
}

// What CLI11 says without naming the word in a way that people can use.
Error mismatch(const Command& command, const std::vector<std::string>& words, const std::string& reason) {
    if (!words.empty() && is_value_option(command, words.back())) { return {Errc::usage, cat("option ", words.back(), " needs a value")}; }
    for (const auto& word : words) {
        const auto equals = word.find('=');
        const auto* option = equals == std::string::npos ? nullptr : find_option(command, word.substr(0, equals));
        if (option != nullptr && option->value.empty()) { return {Errc::usage, cat("option ", word.substr(0, equals), " takes no value")}; }
    }
    return {Errc::usage, reason};
}

}  // namespace

core::Result<Parsed> parse(const Command& command, std::vector<std::string> words) {
    const bool program_without_dashes = command.takes_program && command.arguments.empty();
    const auto dashes = std::find(words.begin(), words.end(), "--");
    const bool has_dashes = dashes != words.end();
    std::vector<std::string> after(has_dashes ? dashes + 1 : dashes, words.end());
    words.erase(dashes, words.end());
    spell_out_empty_values(command, words, program_without_dashes);

    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    app.prefix_command(program_without_dashes);
    std::vector<std::pair<const Option*, const CLI::Option*>> read;
    for (const auto* option : options_of(command)) {
        const std::string names(option->names);
        if (option->value.empty()) {
            read.emplace_back(option, app.add_flag(names)->disable_flag_override());
        } else {
            read.emplace_back(option, app.add_option(names)->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll));
        }
    }
    std::vector<std::string> reversed(words.rbegin(), words.rend());  // CLI11 takes words from the back
    try {
        app.parse(std::move(reversed));
    } catch (const CLI::ArgumentMismatch& error) {
        return mismatch(command, words, error.what());
    } catch (const CLI::Error& error) {
        return Error(Errc::usage, error.what());
    }

    Parsed parsed;
    for (const auto& [option, collected] : read) {
        if (option_key(*option) == "help" && collected->count() > 0) {
            parsed.help = true;
            return parsed;
        }
    }
    for (const auto& [option, collected] : read) { RL_TRY(take_option(*option, *collected, parsed)); }
    auto rest = app.remaining();
    if (!rest.empty() && rest.front().size() > 1 && rest.front().front() == '-') { return unknown_option(command, rest.front()); }
    if (program_without_dashes) {
        parsed.program = std::move(rest);
        if (!parsed.program.empty() && has_dashes) { parsed.program.emplace_back("--"); }
        parsed.program.insert(parsed.program.end(), after.begin(), after.end());
        return parsed;
    }
    for (const auto& word : rest) {
        if (word.size() > 1 && word.front() == '-') { return unknown_option(command, word); }
    }
    if (command.takes_program) {
        parsed.program = std::move(after);
    } else {
        rest.insert(rest.end(), after.begin(), after.end());
    }
    RL_TRY(take_arguments(command, rest, parsed));
    return parsed;
}

}  // namespace runlake::cli

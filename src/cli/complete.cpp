// SPDX-License-Identifier: Apache-2.0
#include "cli/complete.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "cli/words.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

using core::cat;

bool is_option(std::string_view word) { return word.size() > 1 && word.front() == '-'; }

void offer(Completion& out, std::string_view typed, std::string word, std::string_view meaning) {
    if (word.starts_with(typed)) { out.candidates.push_back({std::move(word), std::string(meaning)}); }
}

void offer_option(Completion& out, std::string_view typed, const Option& option) {
    for (const auto spelling : option_spellings(option)) {
        if (spelling.starts_with("--") || typed == "-") { offer(out, typed, std::string(spelling), option.help); }
    }
}

const Option* find_option(std::span<const Option> options, std::string_view name) {
    for (const auto& option : options) {
        const auto spellings = option_spellings(option);
        if (std::find(spellings.begin(), spellings.end(), name) != spellings.end()) { return &option; }
    }
    return nullptr;
}

const Option* find_any(const Command* command, std::string_view name) {
    const Option* found = command == nullptr ? nullptr : find_option(command->options, name);
    return found != nullptr ? found : find_option(global_options(), name);
}

// By the name that help shows for a value.
Paths paths_of(std::string_view value) {
    constexpr std::array<std::string_view, 5> k_files = {"FILE", "PATH", "CONFIG", "P", "F"};
    constexpr std::array<std::string_view, 2> k_folders = {"DIR", "FOLDER"};
    if (std::find(k_files.begin(), k_files.end(), value) != k_files.end()) { return Paths::files; }
    return std::find(k_folders.begin(), k_folders.end(), value) != k_folders.end() ? Paths::folders : Paths::none;
}

// `before` stands in front of the value in the same word ("--color=").
void offer_value(Completion& out, std::string_view before, std::string_view typed, std::string_view choices, std::string_view value) {
    if (choices.empty()) {
        out.paths = paths_of(value);
        return;
    }
    for (const auto choice : core::split(choices, '|')) {
        if (choice.starts_with(typed)) { out.candidates.push_back({cat(before, choice), ""}); }
    }
}

void complete_name(Completion& out, const Located& found, std::string_view typed, std::span<const Command* const> commands) {
    if (is_option(typed) || typed == "-") {
        if (found.help) { return; }
        for (const auto& option : global_options()) { offer_option(out, typed, option); }
        if (found.name.empty()) { offer(out, typed, "--version", "Show the version and end"); }
        return;
    }
    for (auto& word : next_words(found.name, commands)) {
        const auto whole = found.name.empty() ? word : cat(found.name, " ", word);
        std::string_view meaning;
        for (const auto* command : commands) {
            if (command->name == whole) { meaning = command->summary; }
        }
        offer(out, typed, std::move(word), meaning);
    }
    if (found.name.empty() && !found.help) { offer(out, typed, "help", "Show help for a command"); }
}

// Where the words after a command's name have led.
struct Place {
    const Option* awaiting = nullptr;  // the last word is an option whose value comes next
    std::vector<const Option*> used;
    std::size_t arguments = 0;
    bool after_dashes = false;
    std::optional<std::size_t> program_at;  // in the words after the name
};

Place walk(const Command& command, std::span<const std::string> words) {
    Place place;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto& word = words[i];
        place.awaiting = nullptr;
        if (place.after_dashes || !is_option(word)) {
            if (command.takes_program && command.arguments.empty()) {
                place.program_at = i;
                return place;
            }
            ++place.arguments;
        } else if (word == "--") {
            place.after_dashes = true;
            if (command.takes_program) {
                place.program_at = i + 1;
                return place;
            }
        } else if (const auto* option = find_any(&command, word.substr(0, word.find('='))); option != nullptr) {
            place.used.push_back(option);
            if (!option->value.empty() && !may_lack_value(*option) && word.find('=') == std::string::npos) {
                place.awaiting = option;
                ++i;
                if (i < words.size()) { place.awaiting = nullptr; }
            }
        }
    }
    return place;
}

void complete_command(Completion& out, const Command& command, std::span<const std::string> before, const std::string& typed) {
    const auto place = walk(command, before);
    if (place.program_at) {
        out.program_at = place.program_at;
        return;
    }
    if (place.awaiting != nullptr) {
        offer_value(out, "", typed, place.awaiting->choices, place.awaiting->value);
        return;
    }
    if (!place.after_dashes && (is_option(typed) || typed == "-")) {
        if (const auto equals = typed.find('='); equals != std::string::npos) {
            const auto* option = find_any(&command, typed.substr(0, equals));
            if (option != nullptr) { offer_value(out, typed.substr(0, equals + 1), typed.substr(equals + 1), option->choices, option->value); }
            return;
        }
        for (const auto options : {command.options, global_options()}) {
            for (const auto& option : options) {
                const bool is_used = std::find(place.used.begin(), place.used.end(), &option) != place.used.end();
                if (!is_used || option.repeats) { offer_option(out, typed, option); }
            }
        }
        return;
    }
    if (command.takes_program && command.arguments.empty()) {
        out.program_at = before.size();
        return;
    }
    if (command.arguments.empty()) { return; }
    const auto at = std::min(place.arguments, command.arguments.size() - 1);
    const auto& argument = command.arguments[at];
    if (place.arguments <= at || argument.repeats) { offer_value(out, "", typed, argument.choices, argument.name); }
}

}  // namespace

Completion complete(std::span<const std::string> words, std::span<const Command* const> commands) {
    Completion out;
    if (words.empty()) { return out; }
    const auto& typed = words.back();
    const auto before = words.first(words.size() - 1);
    auto located = locate(before, commands);
    if (!located.ok()) { return out; }
    const auto found = std::move(located).take();
    if (found.command == nullptr || found.help) {
        const auto* awaiting = found.rest.empty() ? nullptr : find_option(global_options(), found.rest.back());
        if (awaiting != nullptr && !awaiting->value.empty()) {
            offer_value(out, "", typed, awaiting->choices, awaiting->value);
        } else {
            complete_name(out, found, typed, commands);
        }
        return out;
    }
    // A command may be the beginning of another one's name.
    complete_command(out, *found.command, found.rest, typed);
    if (found.rest.empty() && !is_option(typed)) { complete_name(out, found, typed, commands); }
    if (out.program_at) { *out.program_at += before.size() - found.rest.size(); }
    return out;
}

std::string to_lines(const Completion& completion) {
    std::string lines;
    for (const auto& candidate : completion.candidates) { lines += cat(candidate.word, "\t", candidate.meaning, "\n"); }
    if (completion.paths != Paths::none) { lines += completion.paths == Paths::files ? ":files\n" : ":folders\n"; }
    if (completion.program_at) { lines += cat(":program ", *completion.program_at, "\n"); }
    return lines;
}

}  // namespace runlake::cli

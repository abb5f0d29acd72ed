// SPDX-License-Identifier: Apache-2.0
#include "cli/words.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_globals = {
    Option{.names = "--store", .value = "DIR", .help = "Use this store instead of the project's (or RUNLAKE_STORE)"},
    Option{.names = "--json", .value = "", .help = "Answer with one JSON document; errors are JSON on stderr"},
    Option{.names = "--quiet", .value = "", .help = "Say nothing on stderr but errors"},
    Option{.names = "--color", .value = "WHEN", .help = "Colour the answer: auto (a terminal, no NO_COLOR), always, never", .choices = "auto|always|never"},
    Option{.names = "-h,--help", .value = "", .help = "Show help for the command and end"},
};

bool is_option(std::string_view word) { return word.size() > 1 && word.front() == '-'; }

const Option* find_global(std::string_view word) {
    const auto name = word.substr(0, word.find('='));
    for (const auto& option : k_globals) {
        for (const auto spelling : option_spellings(option)) {
            if (spelling == name) { return &option; }
        }
    }
    return nullptr;
}

bool begins_command(const Command& command, std::string_view words) {
    return command.name.starts_with(words) && (command.name.size() == words.size() || command.name[words.size()] == ' ');
}

core::Error unknown_word(std::string_view name, const std::string& word, std::span<const Command* const> commands) {
    auto hint = did_you_mean(word, next_words(name, commands));
    for (const auto* command : commands) {  // `tail` for `runs tail`
        if (hint.empty() && name.empty() && command->name.ends_with(core::cat(" ", word))) {
            hint = core::cat(", did you mean \"", command->name, "\"?");
        }
    }
    if (hint.empty()) { hint = core::cat(", see \"runlake ", name, name.empty() ? "" : " ", "--help\""); }
    return {core::Errc::usage, core::cat("unknown command \"", word, "\"", hint)};
}

}  // namespace

std::span<const Option> global_options() { return k_globals; }

std::vector<std::string_view> option_spellings(const Option& option) { return core::split(option.names, ','); }

bool may_lack_value(const Option& option) { return option.value.starts_with('['); }

std::string_view option_key(const Option& option) {
    std::string_view key;
    for (const auto spelling : option_spellings(option)) {
        if (key.empty() || spelling.starts_with("--")) { key = spelling; }
    }
    return key.substr(std::min(key.find_first_not_of('-'), key.size()));
}

std::vector<std::string> next_words(std::string_view name, std::span<const Command* const> commands) {
    std::vector<std::string> words;
    for (const auto* command : commands) {
        if (!name.empty() && !begins_command(*command, name)) { continue; }
        auto rest = command->name.substr(name.empty() ? 0 : name.size());
        rest = core::trim(rest);
        if (rest.empty()) { continue; }
        std::string word(rest.substr(0, rest.find(' ')));
        if (std::find(words.begin(), words.end(), word) == words.end()) { words.push_back(std::move(word)); }
    }
    return words;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> candidates) {
    const auto found = core::nearest(word, candidates);
    return found ? core::cat(", did you mean \"", *found, "\"?") : std::string();
}

core::Result<Located> locate(std::span<const std::string> words, std::span<const Command* const> commands) {
    Located found;
    std::size_t at = 0;
    for (; at < words.size(); ++at) {
        const auto& word = words[at];
        if (is_option(word)) {
            if (found.command != nullptr) { break; }
            if (word == "--version" && found.name.empty()) {
                found.version = true;
                continue;
            }
            const auto* option = find_global(word);
            if (option == nullptr) {
                std::vector<std::string> known = {"--version"};
                for (const auto& global : k_globals) {
                    for (const auto spelling : option_spellings(global)) { known.emplace_back(spelling); }
                }
                auto hint = did_you_mean(word, known);
                if (hint.empty()) { hint = "; options of a command stand after its name"; }
                return core::Error(core::Errc::usage, core::cat("unknown option \"", word, "\" before a command", hint));
            }
            if (option_key(*option) == "help") {
                found.help = true;
                continue;
            }
            found.rest.push_back(word);
            if (!option->value.empty() && word.find('=') == std::string::npos && at + 1 < words.size()) { found.rest.push_back(words[++at]); }
            continue;
        }
        if (word == "help" && found.name.empty() && !found.help) {
            found.help = true;
            continue;
        }
        const auto longer = found.name.empty() ? word : core::cat(found.name, " ", word);
        const Command* whole = nullptr;
        bool begins = false;
        for (const auto* command : commands) {
            if (command->name == longer) { whole = command; }
            begins = begins || begins_command(*command, longer);
        }
        if (!begins) {
            if (found.command != nullptr) { break; }  // an argument of the command found already
            return unknown_word(found.name, word, commands);
        }
        found.name = longer;
        found.command = whole;
    }
    found.rest.insert(found.rest.end(), words.begin() + static_cast<std::ptrdiff_t>(std::min(at, words.size())), words.end());
    return found;
}

}  // namespace runlake::cli

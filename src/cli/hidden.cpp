// SPDX-License-Identifier: Apache-2.0
#include "cli/hidden.hpp"

#include <string_view>

#include "cli/command.hpp"
#include "cli/words.hpp"
#include "core/json.hpp"
#include "os/fault.hpp"

namespace runlake::cli {
namespace {

std::string points() {
    std::string text;
    for (const auto& point : os::all_points()) {
        text += point.name;
        text += '\n';
    }
    return text;
}

core::Json described(const Option& option) {
    auto record = core::Json::object();
    auto names = core::Json::array();
    for (const auto spelling : option_spellings(option)) { names.push(spelling); }
    record.set("names", std::move(names)).set("value", option.value).set("help", option.help).set("repeats", option.repeats);
    return record.set("choices", option.choices);
}

std::string commands() {
    auto list = core::Json::array();
    for (const auto* command : all_commands()) {
        auto options = core::Json::array();
        for (const auto& option : command->options) { options.push(described(option)); }
        auto arguments = core::Json::array();
        for (const auto& argument : command->arguments) {
            auto record = core::Json::object();
            record.set("name", argument.name).set("help", argument.help).set("required", argument.required).set("repeats", argument.repeats);
            arguments.push(std::move(record));
        }
        auto record = core::Json::object();
        record.set("name", command->name).set("summary", command->summary).set("options", std::move(options));
        record.set("arguments", std::move(arguments)).set("takes_program", command->takes_program);
        list.push(std::move(record));
    }
    auto globals = core::Json::array();
    for (const auto& option : global_options()) { globals.push(described(option)); }
    auto record = core::Json::object();
    record.set("version", 1).set("commands", std::move(list)).set("global_options", std::move(globals));
    return core::to_json_pretty(record);
}

}  // namespace

std::optional<core::Result<std::string>> run_hidden(const std::vector<std::string>& words) {
    const std::string_view word = words.front();
    if (word == "__points") { return points(); }
    if (word == "__commands") { return commands(); }
    return std::nullopt;
}

}  // namespace runlake::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/invocation.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "cli/render/style.hpp"
#include "cli/words.hpp"
#include "core/text.hpp"
#include "os/system.hpp"

namespace runlake::cli {
namespace {

bool wants_color(const Parsed& parsed, bool terminal) {
    const auto given = parsed.values.find("color");
    const std::string when = given == parsed.values.end() ? "auto" : given->second.front();
    if (when != "auto") { return when == "always"; }
    if (!os::env("NO_COLOR").value_or("").empty() || os::env("TERM").value_or("") == "dumb") { return false; }
    return terminal;
}

// "--n" and "n" name the same option; "ID" an argument.
std::string_view without_dashes(std::string_view name) { return name.substr(std::min(name.find_first_not_of('-'), name.size())); }

}  // namespace

LiveInvocation::LiveInvocation(const Command& command, Parsed parsed)
    : command_(command),
      parsed_(std::move(parsed)),
      json_(parsed_.values.contains("json")),
      quiet_(parsed_.values.contains("quiet")),
      color_(wants_color(parsed_, os::is_terminal(1))),
      width_(os::is_terminal(1) ? os::terminal_width(1) : 0),
      output_(1, os::is_terminal(1)) {}

// Nothing when it was not given. A name that the command does not declare is a mistake in the command's code.
const std::vector<std::string>* LiveInvocation::find(std::string_view name) const {
    const auto key = without_dashes(name);
    const auto is_key = [key](const Option& option) { return option_key(option) == key; };
    const auto globals = global_options();
    if (std::none_of(command_.options.begin(), command_.options.end(), is_key) && std::none_of(globals.begin(), globals.end(), is_key) &&
        std::none_of(command_.arguments.begin(), command_.arguments.end(), [key](const Argument& argument) { return argument.name == key; })) {
        write_stderr(core::cat("runlake ", command_.name, ": internal error: no option or argument \"", name, "\" is declared\n"));
        std::abort();
    }
    const auto found = parsed_.values.find(key);
    return found == parsed_.values.end() ? nullptr : &found->second;
}

bool LiveInvocation::flag(std::string_view name) const { return find(name) != nullptr; }

std::optional<std::string> LiveInvocation::value(std::string_view name) const {
    const auto* given = find(name);
    if (given == nullptr) { return std::nullopt; }
    return given->back();
}

std::vector<std::string> LiveInvocation::values(std::string_view name) const {
    const auto* given = find(name);
    return given == nullptr ? std::vector<std::string>() : *given;
}

core::Result<std::optional<std::int64_t>> LiveInvocation::integer(std::string_view name) const {
    const auto text = value(name);
    if (!text) { return std::optional<std::int64_t>(); }
    const auto number = core::parse_integer(*text);
    if (!number) { return core::Error(core::Errc::usage, core::cat("--", without_dashes(name), ": \"", *text, "\" is not a whole number")); }
    return number;
}

core::Result<record::Store> LiveInvocation::store(record::OpenStore mode) const { return record::open_store(value("store"), mode); }

core::Result<record::Settings> LiveInvocation::settings() const {
    auto opened = store(record::OpenStore::existing);
    if (opened.ok()) { return record::Settings::load(std::move(opened).take()); }
    if (opened.error().code() == core::Errc::not_found) { return record::Settings::load(std::nullopt); }
    return std::move(opened).take_error();
}

void LiveInvocation::say(std::string_view line) {
    if (quiet_) { return; }
    output_.flush();  // what was answered before stands before it where both go to one terminal
    write_stderr(core::cat(render::harmless_text(line), "\n"));
}

void LiveInvocation::answer(core::Json record) {
    auto whole = core::Json::object();
    whole.set("version", 1);
    if (auto* members = record.as_object(); members != nullptr) {
        for (auto& [key, value] : *members) { whole.set(key, std::move(value)); }
    }
    out(core::to_json_pretty(whole));
}

bool LiveInvocation::confirm(std::string_view question) {
    const bool has_yes =
        std::any_of(command_.options.begin(), command_.options.end(), [](const Option& option) { return option_key(option) == "yes"; });
    if (has_yes && flag("yes")) { return true; }
    if (!os::is_terminal(0) || !os::is_terminal(2)) { return false; }
    output_.flush();
    write_stderr(core::cat(question, " [y/N] "));
    std::string line;
    char byte = 0;
    while (::read(0, &byte, 1) == 1 && byte != '\n') { line += byte; }
    const auto word = core::lower_ascii(core::trim(line));
    return word == "y" || word == "yes";
}

}  // namespace runlake::cli

// SPDX-License-Identifier: Apache-2.0
// A command as data: from this one description come parsing, help, man page, completion and the docs table.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "record/settings.hpp"
#include "record/store.hpp"

namespace runlake::cli {

struct Option {
    std::string_view names;        // "--stage" or "-n,--n"; the last long name is the key of look-ups
    std::string_view value;        // "NAME" as help shows it; "" for a flag; "[=NAME]" when it may be left out (it is "" then)
    std::string_view help;
    bool repeats = false;
    std::string_view choices = "";  // "auto|always|never": checked by the parser
};

struct Argument {
    std::string_view name;         // "ID"
    std::string_view help;
    bool required = true;
    bool repeats = false;          // the last one only
    std::string_view choices = "";  // "bash|zsh|fish": checked by the parser
};

class Invocation;

struct Command {
    std::string_view name;         // "runs tail"
    std::string_view summary;      // one line, imperative
    std::span<const Option> options;
    std::span<const Argument> arguments;
    bool takes_program = false;    // everything after "--" is a program and its arguments
    // Returns the exit status. Prints its answer to inv.out(); errors are returned, the frame prints them.
    core::Result<int> (*run)(Invocation&);
};

// The parsed words of one call and what commands need: settings, store, output.
class Invocation {
  public:
    virtual ~Invocation() = default;
    virtual bool flag(std::string_view name) const = 0;
    virtual std::optional<std::string> value(std::string_view name) const = 0;      // of an option or argument
    virtual std::vector<std::string> values(std::string_view name) const = 0;
    virtual core::Result<std::optional<std::int64_t>> integer(std::string_view name) const = 0;  // Errc::usage when it is no number
    virtual const std::vector<std::string>& program() const = 0;                     // after "--"

    virtual core::Result<record::Store> store(record::OpenStore mode) const = 0;     // with --store
    virtual core::Result<record::Settings> settings() const = 0;                     // strict: errors are the user's to mend
    virtual bool json() const = 0;                                                    // --json
    virtual bool quiet() const = 0;
    virtual bool color() const = 0;                                                   // of stdout, decided: option, NO_COLOR, terminal
    virtual int width() const = 0;                                                    // columns to fit tables into: of the terminal, 0 when stdout is none
    virtual void out(std::string_view text) = 0;                                      // stdout, buffered; a closed pipe ends the program quietly
    virtual void flush() = 0;                                                         // what out() holds back; before waiting, as `runs watch` does
    virtual void say(std::string_view line) = 0;                                      // stderr, for people; nothing with --quiet
    virtual void answer(core::Json record) = 0;                                       // --json: adds "version": 1 first and prints one document
    virtual bool confirm(std::string_view question) = 0;                              // --yes, or asks on a terminal; no terminal: false
};

// Every command, in the order help shows them (cli/commands.cpp).
std::span<const Command* const> all_commands();

// Parses, runs and reports; argv[0] is the program's name. Returns the exit status.
int run_main(int argc, char** argv);

}  // namespace runlake::cli

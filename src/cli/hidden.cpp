// SPDX-License-Identifier: Apache-2.0
#include "cli/hidden.hpp"

#include <string_view>

#include <span>

#include "cli/command.hpp"
#include "cli/complete.hpp"
#include "cli/man.hpp"
#include "cli/words.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "ops/lake_tables.hpp"
#include "ops/replay_child.hpp"
#include "ops/ledger_verify.hpp"
#include "ops/validate.hpp"
#include "os/fault.hpp"
#include "os/files.hpp"

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

// A page that is missing is an empty one: the table alone makes a page then.
core::Result<std::string> page_text(const std::string& path) {
    if (!os::exists(path)) { return std::string(); }
    return os::read_file(path);
}

core::Status publish(const std::string& path, std::string_view text) {
    return os::publish_file(path, text, 0644, os::Existing::replace, os::Durability::process, os::point::export_write);
}

core::Result<std::string> write_man_pages(const std::string& docs, const std::string& out) {
    RL_TRY(os::make_dirs(out, 0755, os::point::export_write));
    RL_ASSIGN(const auto overview, page_text(os::join_path(docs, "runlake.md")));
    RL_TRY(publish(os::join_path(out, "runlake.1"), man_overview(all_commands(), overview)));
    for (const auto* command : all_commands()) {
        RL_ASSIGN(const auto page, page_text(os::join_path(docs, page_name(*command) + ".md")));
        RL_TRY(publish(os::join_path(out, core::cat("runlake-", page_name(*command), ".1")), man_page(*command, page)));
    }
    return std::string();
}

core::Result<std::string> write_docs(const std::string& docs) {
    RL_TRY(publish(os::join_path(docs, "README.md"), docs_index(all_commands())));
    for (const auto* command : all_commands()) {
        const auto path = os::join_path(docs, page_name(*command) + ".md");
        if (!os::exists(path)) { continue; }  // a page without examples is none: a test asks for it
        RL_ASSIGN(const auto page, page_text(path));
        RL_TRY(publish(path, with_options(*command, page)));
    }
    return std::string();
}

core::Result<std::string> write_codes(const std::string& folder) {
    RL_TRY(publish(os::join_path(folder, "validation-codes.md"), ops::validation_codes_page()));
    return std::string();
}

core::Result<std::string> write_lake_tables(const std::string& folder) {
    RL_TRY(publish(os::join_path(folder, "lake-tables.md"), ops::lake_tables_page()));
    return std::string();
}

// git hands over three files; the common ancestor says nothing that either side does not.
core::Result<std::string> merge_ledger(const std::string& ours, const std::string& theirs) {
    RL_TRY(ops::merge_ledger_files(ours, theirs));
    return std::string();
}

// The child of a replay, before it becomes its program.
core::Result<std::string> become_replayed(const std::vector<std::string>& words) {
    std::_Exit(ops::replay_child({words.begin() + 1, words.end()}));
}

}  // namespace

std::optional<core::Result<std::string>> run_hidden(const std::vector<std::string>& words) {
    const std::string_view word = words.front();
    if (word == "__complete") { return to_lines(complete(std::span(words).subspan(1), all_commands())); }
    if (word == "__man" && words.size() == 3) { return write_man_pages(words[1], words[2]); }
    if (word == "__docs" && words.size() == 2) { return write_docs(words[1]); }
    if (word == "__codes" && words.size() == 2) { return write_codes(words[1]); }
    if (word == "__lake_tables" && words.size() == 2) { return write_lake_tables(words[1]); }
    if (word == "__replay-child") { return become_replayed(words); }
    if (word == "__merge-ledger" && words.size() == 4) { return merge_ledger(words[2], words[3]); }
    if (word == "__points") { return points(); }
    if (word == "__commands") { return commands(); }
    return std::nullopt;
}

}  // namespace runlake::cli

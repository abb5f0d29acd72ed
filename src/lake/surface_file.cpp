// SPDX-License-Identifier: Apache-2.0
#include "lake/surface_file.hpp"

#include <algorithm>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "lake/file_pattern.hpp"
#include "lake/registry_tables.hpp"
#include "sql/database.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;

constexpr std::string_view k_files_word = "{files}";

core::Status check_name(std::string_view name) {
    const bool letters = !name.empty() && name.size() <= 63 && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos &&
                         !(name.front() >= '0' && name.front() <= '9');
    if (!letters) { return Error(Errc::usage, cat("'", name, "' can't be a table: small letters, digits and _, at most 63, no digit first")); }
    const auto tables = all_tables();
    const bool taken = name == "all_runs" || name.starts_with("lake_") || std::any_of(tables.begin(), tables.end(), [&](const Table* table) { return table->name == name; });
    return taken ? core::Status(Error(Errc::usage, cat("'", name, "' is a table of the lake's own"))) : core::ok();
}

}  // namespace

core::Result<Surface> parse_surface(std::string_view name, std::string_view text) {
    RL_TRY(check_name(name));
    if (core::valid_utf8(text) != text) { return Error(Errc::usage, "it is no UTF-8"); }
    Surface surface{std::string(name), {}, std::string(text), core::sha256(text).hex()};
    std::size_t number = 0;
    for (const auto whole : core::split(text, '\n')) {
        ++number;
        auto line = core::trim(whole);
        if (!line.starts_with("--")) { continue; }
        line = core::trim(line.substr(2));
        if (!line.starts_with("files:")) { continue; }
        const auto glob = core::trim(line.substr(6));
        if (glob.empty()) { return Error(Errc::usage, cat("line ", number, ": it names no files")); }
        if (glob.starts_with('/') || glob == ".." || glob.starts_with("../") || glob.find("/../") != std::string_view::npos) {
            return Error(Errc::usage, cat("line ", number, ": files are named below a root: '", glob, "' leads out of it"));
        }
        surface.globs.emplace_back(glob);
    }
    if (surface.globs.empty()) { return Error(Errc::usage, "it does not say which files it reads: a line such as  -- files: **/scores.csv"); }
    // Comments may speak of {files} too.
    bool uses = false;
    for (const auto line : core::split(text, '\n')) { uses = uses || line.substr(0, line.find("--")).find(k_files_word) != std::string_view::npos; }
    if (!uses) { return Error(Errc::usage, "it does not select over {files}"); }
    return surface;
}

std::string surface_sql(const Surface& surface, const std::string& path) {
    const std::string list = cat('[', sql::quote_literal(file_pattern(path)), ']');
    std::string sql;
    std::string_view rest = surface.sql;
    for (auto at = rest.find(k_files_word); at != std::string_view::npos; at = rest.find(k_files_word)) {
        sql.append(rest.substr(0, at)).append(list);
        rest.remove_prefix(at + k_files_word.size());
    }
    return sql.append(rest);
}

}  // namespace runlake::lake

// SPDX-License-Identifier: Apache-2.0
#include "lake/surfaces.hpp"

#include <dirent.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/json.hpp"
#include "core/text.hpp"
#include "lake/file_pattern.hpp"
#include "lake/known.hpp"
#include "lake/regular_file.hpp"
#include "lake/surface_file.hpp"
#include "lake/surface_sandbox.hpp"
#include "os/files.hpp"
#include "os/stamp.hpp"
#include "os/system.hpp"
#include "sql/appender.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;
using sql::quote_identifier;
using sql::quote_literal;

constexpr int k_deepest = 32;
constexpr std::string_view k_ending = ".sql";
constexpr std::string_view k_scratch = ".surface-";
constexpr std::string_view k_places = "surface_places";  // a temporary table of the lake's connection

using Columns = SurfaceColumns;
using Outcome = SurfaceOutcome;

// A file that a surface names, as it is now or as it was when it was read.
struct Place {
    std::string root_id;
    std::string rel_path;
    auto operator<=>(const Place&) const = default;
};
struct Known {
    std::string stamp;
    Columns columns;
    std::string error;
};
struct Found {
    std::string path;
    std::string stamp;
    std::int64_t newest_ns = 0;
};

std::string columns_json(const Columns& columns) {
    Json list = Json::array();
    for (const auto& [name, type] : columns) { list.push(Json::object().set("name", name).set("type", type)); }
    return core::to_json(list);
}

Columns parse_columns(std::string_view text) {
    Columns columns;
    const auto list = core::parse_json(text, "columns");
    if (!list.ok() || !list.value().is_array()) { return columns; }
    for (const auto& one : *list.value().as_array()) { columns.emplace_back(one.string_at("name").value_or(""), one.string_at("type").value_or("")); }
    return columns;
}

// Null where none is called so.
const LogRoot* root_called(const std::vector<LogRoot>& roots, const std::string& id) {
    const auto found = std::find_if(roots.begin(), roots.end(), [&](const LogRoot& one) { return one.id == id; });
    return found == roots.end() ? nullptr : &*found;
}

// All files below the roots that one of the patterns names. Each is told by the shallowest root known that holds it, as runs are, so that it is there once however roots lie in each other.
class Finder {
  public:
    Finder(const std::vector<LogRoot>& wanted, const std::vector<LogRoot>& known) : wanted_(wanted), known_(known) {}

    std::map<Place, Found> find(const std::vector<std::string>& globs) {
        found_.clear();
        seen_.clear();
        for (const auto& root : wanted_) {
            const Told told = *told_by(root.path, known_);
            folder(*root_called(known_, told.root_id), told.rel_dir == "." ? "" : told.rel_dir, globs, 0);
        }
        return std::move(found_);
    }

  private:
    void folder(const LogRoot& root, const std::string& rel, const std::vector<std::string>& globs, int depth) {
        const std::string dir = rel.empty() ? root.path : os::join_path(root.path, rel);
        if (depth > k_deepest || !seen_.insert(dir).second) { return; }
        const auto entries = os::list_dir(dir);
        if (!entries.ok()) { return; }
        for (const auto& entry : entries.value()) {
            if (entry.name.starts_with('.')) { continue; }
            const std::string path = rel.empty() ? entry.name : cat(rel, '/', entry.name);
            const bool matches = std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return core::glob_match(glob, path); });
            if (!matches && entry.type == DT_REG) { continue; }
            const auto info = os::stat_link(os::join_path(root.path, path));
            if (!info) { continue; }
            if (S_ISDIR(info->st_mode)) {
                folder(root, path, globs, depth + 1);
            } else if (matches && S_ISREG(info->st_mode)) {
                const auto stamp = os::Stamp::of(*info);
                // Told as the lake keeps texts.
                found_.emplace(Place{root.id, core::valid_utf8(path)}, Found{os::join_path(root.path, path), stamp_text(stamp), stamp.newest_ns()});
            }
        }
    }

    const std::vector<LogRoot>& wanted_;
    const std::vector<LogRoot>& known_;  // the wanted ones among them
    std::set<std::string> seen_;
    std::map<Place, Found> found_;
};

// Removes the sandbox's database.
class ScratchFile {
  public:
    explicit ScratchFile(std::string path) : path_(std::move(path)) {}
    ScratchFile(const ScratchFile&) = delete;
    ScratchFile& operator=(const ScratchFile&) = delete;
    ~ScratchFile() {
        static_cast<void>(os::remove_file(path_, os::point::lake_database_replace));
        static_cast<void>(os::remove_file(path_ + ".wal", os::point::lake_database_replace));
    }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

// One surface brought up to date.
class Keeper {
  public:
    Keeper(sql::Connection& lake, const SurfacesRequest& request, const std::vector<LogRoot>& roots, SurfacesReport& report) : lake_(lake), request_(request), roots_(roots), report_(report) {}

    core::Status keep(const std::string& name, const std::string& text) {
        auto parsed = parse_surface(name, text);
        if (!parsed.ok()) { return give_up(name, "", parsed.error().message(), line_named(parsed.error().message())); }
        const Surface surface = std::move(parsed).take();
        RL_ASSIGN(const bool same, is_same(surface));
        std::map<Place, Known> known;
        if (same && !request_.full) { RL_ASSIGN(known, known_files(name)); }
        const bool afresh = known.empty();
        Finder finder(request_.roots, roots_);
        auto found = finder.find(surface.globs);
        settle(found);
        report_.files += found.size();
        if (found.empty()) {
            RL_ASSIGN(const auto files, lake_.integer(cat("SELECT count(*) FROM lake_surface_files WHERE surface = ", quote_literal(name))));
            if (files == 0) { report_.notes.push_back(cat("the surface ", name, " finds no file by ", core::join(surface.globs, " or "), ": there is no table of that name yet")); }
        }
        std::map<Place, Found> changed;
        for (const auto& [place, now] : found) {
            const auto before = known.find(place);
            if (before == known.end() || before->second.stamp != now.stamp) { changed.emplace(place, now); }
        }
        std::vector<Place> gone;
        for (const auto& [place, before] : known) {
            if (!found.contains(place) && was_looked_for(place)) { gone.push_back(place); }
        }
        if (same && !request_.full && changed.empty() && gone.empty()) { return core::ok(); }
        report_.files_gone += gone.size();
        RL_ASSIGN(const bool fits, write(surface, known, changed, gone, afresh));
        if (fits) { return core::ok(); }
        // The columns have become others: all files again.
        RL_ASSIGN(const bool fits_now, write(surface, {}, found, {}, true));
        return fits_now ? core::ok() : core::Status(Error(Errc::internal, cat("surface ", name, ": its columns are others each time they are asked for")));
    }

    core::Status unreadable(const std::string& name, const std::string& why) { return give_up(name, "", why, std::nullopt); }

    core::Status forget(const std::string& name) {
        RL_ASSIGN(auto transaction, sql::Transaction::begin(lake_));
        RL_TRY(drop(name));
        return transaction.commit();
    }

  private:
    // What lies below no root of this call is not known to have gone; what lies below none that is known at all has.
    bool was_looked_for(const Place& place) const {
        const auto* root = root_called(roots_, place.root_id);
        if (root == nullptr) { return true; }
        const std::string path = os::join_path(root->path, place.rel_path);
        return std::any_of(request_.roots.begin(), request_.roots.end(), [&](const LogRoot& wanted) { return os::relative_inside(path, wanted.path).has_value(); });
    }

    // So that a change from now on gives another stamp. One that lies in the future says nothing: such a file is read each time.
    static void settle(std::map<Place, Found>& found) {
        std::int64_t newest = 0;
        for (const auto& [place, file] : found) { newest = std::max(newest, file.newest_ns); }
        if (os::settle(newest)) { return; }
        const auto now = os::stamping_clock_ns();
        for (auto& [place, file] : found) {
            if (file.newest_ns >= now) { file.stamp += cat(" read at ", now); }
        }
    }

    static std::optional<std::uint64_t> line_named(std::string_view message) {
        if (!message.starts_with("line ")) { return std::nullopt; }
        const auto line = core::parse_integer(message.substr(5, message.find(':') - 5));
        return line && *line > 0 ? std::optional(static_cast<std::uint64_t>(*line)) : std::nullopt;
    }

    // False: the columns are not those of the table, and nothing was changed.
    core::Result<bool> write(const Surface& surface, std::map<Place, Known> known, const std::map<Place, Found>& changed, const std::vector<Place>& gone, bool afresh) {
        const Columns before = union_of(known);
        for (const auto& place : gone) { known.erase(place); }
        std::vector<std::pair<Place, Outcome>> outcomes;
        const ScratchFile scratch(os::join_path(request_.scratch, cat(k_scratch, os::random_hex(8), ".duckdb")));
        RL_ASSIGN(const auto tables, run_all(surface, changed, scratch.path(), outcomes));
        for (const auto& [place, outcome] : outcomes) {
            if (outcome.is_of_surface) {
                RL_TRY(give_up(surface.name, surface.sha256, outcome.error, outcome.line));
                return true;
            }
            known[place] = {changed.at(place).stamp, outcome.error.empty() ? outcome.columns : Columns(), outcome.error};
        }
        RL_ASSIGN(const Columns columns, types_of(union_of(known)));
        const auto bad = std::find_if(outcomes.begin(), outcomes.end(), [](const auto& one) { return !one.second.error.empty(); });
        if (columns.empty() && bad != outcomes.end()) {
            RL_TRY(give_up(surface.name, surface.sha256, cat("it can read none of its files; ", bad->first.rel_path, ": ", bad->second.error), bad->second.line));
            return true;
        }
        if (!afresh) {
            RL_ASSIGN(const Columns had, types_of(before));
            if (had != columns) { return false; }
        }
        RL_TRY(lake_.run(cat("ATTACH ", quote_literal(scratch.path()), " AS surface_rows (READ_ONLY)")));
        const auto status = replace({surface, known, changed, gone, columns, outcomes, tables, afresh});
        RL_TRY(lake_.run("DETACH surface_rows"));
        RL_TRY(status);
        report_.files_read += changed.size();
        return true;
    }

    // The tables that hold the rows.
    core::Result<std::vector<std::string>> run_all(const Surface& surface, const std::map<Place, Found>& changed, const std::string& scratch, std::vector<std::pair<Place, Outcome>>& outcomes) const {
        std::vector<std::string> paths;
        const auto is_named = [](const Found& found) { return core::valid_utf8(found.path) == found.path; };
        for (const auto& [place, found] : changed) {
            if (!is_named(found)) { continue; }
            paths.push_back(found.path);
            // The pattern that names it is held against the list before it is looked up.
            if (auto pattern = file_pattern(found.path); pattern != found.path) { paths.push_back(std::move(pattern)); }
        }
        RL_ASSIGN(auto sandbox, SurfaceSandbox::open(scratch, paths));
        for (const auto& [place, found] : changed) {
            if (request_.is_stopped && request_.is_stopped()) { return Error(Errc::interrupted, "reconciling was interrupted"); }
            if (!is_named(found)) {
                outcomes.emplace_back(place, Outcome{.columns = {}, .error = "its path is no UTF-8, by which alone DuckDB opens files", .line = {}});
                continue;
            }
            outcomes.emplace_back(place, sandbox.run(surface, found.path, outcomes.size()));
            if (outcomes.back().second.is_of_surface) { break; }
        }
        std::vector<std::string> tables;
        for (const auto& [columns, table] : sandbox.tables()) { tables.push_back(table); }
        return tables;
    }

    // What is to become of a surface's table.
    struct Replacement {
        const Surface& surface;
        const std::map<Place, Known>& known;
        const std::map<Place, Found>& changed;
        const std::vector<Place>& gone;
        const Columns& columns;
        const std::vector<std::pair<Place, Outcome>>& outcomes;
        const std::vector<std::string>& tables;
        bool afresh;
    };

    core::Status replace(const Replacement& to) {
        RL_ASSIGN(auto transaction, sql::Transaction::begin(lake_));
        const std::string& name = to.surface.name;
        const std::string table = quote_identifier(name);
        if (to.afresh) { RL_TRY(drop(name)); }
        if (!to.columns.empty()) {
            std::string list;
            for (const auto& [column, type] : to.columns) { list += cat(", ", quote_identifier(column), ' ', type); }
            RL_TRY(lake_.run(cat("CREATE TABLE IF NOT EXISTS ", table, " (run_key VARCHAR, root_id VARCHAR, rel_path VARCHAR, \"row\" BIGINT", list, ')')));
        }
        RL_TRY(tell_places(to));
        if (!to.afresh) { RL_TRY(remove_places(name)); }
        // Those that were not read have no number.
        RL_TRY(lake_.run(cat("INSERT INTO lake_surface_files SELECT ", quote_literal(name), ", root_id, rel_path, stamp, rows, columns, error FROM ", k_places, " WHERE file IS NOT NULL ORDER BY file")));
        for (const auto& rows : to.tables) {
            RL_TRY(lake_.run(cat("INSERT INTO ", table, " BY NAME SELECT p.run_key, p.root_id, p.rel_path, f.", k_surface_row, " AS \"row\", f.* EXCLUDE (", k_surface_file, ", ", k_surface_row, ") FROM surface_rows.", rows,
                                 " f JOIN ", k_places, " p ON p.file = f.", k_surface_file)));
        }
        for (const auto& [place, outcome] : to.outcomes) {
            report_.rows += static_cast<std::uint64_t>(outcome.rows);
            if (outcome.error.empty()) { continue; }
            tell(name, cat(place.rel_path, ": ", outcome.error), outcome.line);
            RL_TRY(add_error(name, cat(place.rel_path, ": ", outcome.error), outcome.line));
        }
        if (to.columns.empty() && !to.afresh) { RL_TRY(lake_.run(cat("DROP TABLE IF EXISTS ", table))); }
        RL_TRY(write_surface(name, to.surface.sha256, to.columns, "", std::nullopt));
        RL_TRY(lake_.run(cat("DROP TABLE ", k_places)));
        return transaction.commit();
    }

    // Files that were read now, by their numbers, and those that have gone, for statements about all of them at once.
    core::Status tell_places(const Replacement& to) {
        RL_TRY(lake_.run(cat("CREATE OR REPLACE TEMP TABLE ", k_places,
                             " (file BIGINT, run_key VARCHAR, root_id VARCHAR, rel_path VARCHAR, stamp VARCHAR, rows BIGINT, columns VARCHAR, error VARCHAR)")));
        RL_ASSIGN(auto rows, sql::Appender::open(lake_, std::string(k_places), "temp"));
        for (std::size_t file = 0; file < to.outcomes.size(); ++file) {
            const auto& [place, outcome] = to.outcomes[file];
            const Known& now = to.known.at(place);
            RL_ASSIGN(const auto run_key, run_key_of(to.changed.at(place).path));
            rows.set(0, static_cast<std::int64_t>(file));
            rows.set(1, run_key);
            rows.set(2, place.root_id);
            rows.set(3, place.rel_path);
            rows.set(4, now.stamp);
            rows.set(5, outcome.rows);
            rows.set(6, columns_json(now.columns));
            if (!now.error.empty()) { rows.set(7, core::valid_utf8(now.error)); }
            RL_TRY(rows.end_row());
        }
        for (const auto& place : to.gone) {
            rows.set(2, place.root_id);
            rows.set(3, place.rel_path);
            RL_TRY(rows.end_row());
        }
        return rows.close();
    }

    core::Status remove_places(const std::string& name) {
        const std::string where = cat(" WHERE (root_id, rel_path) IN (SELECT (root_id, rel_path) FROM ", k_places, ')');
        RL_ASSIGN(const auto has_table, lake_.integer(cat("SELECT count(*) FROM duckdb_tables() WHERE NOT temporary AND database_name = current_database() AND table_name = ", quote_literal(name))));
        if (has_table > 0) { RL_TRY(lake_.run(cat("DELETE FROM ", quote_identifier(name), where))); }
        RL_TRY(lake_.run(cat("DELETE FROM extract_errors WHERE stage = 'surface' AND rel_path = ", quote_literal(file_of(name)), " AND EXISTS (SELECT 1 FROM ", k_places,
                             " p WHERE starts_with(extract_errors.error, p.rel_path || ': '))")));
        return lake_.run(cat("DELETE FROM lake_surface_files", where, " AND surface = ", quote_literal(name)));
    }

    // The surface is wrong: its table goes, and why is kept.
    core::Status give_up(const std::string& name, const std::string& sha256, const std::string& error, std::optional<std::uint64_t> line) {
        tell(name, error, line);
        RL_ASSIGN(auto transaction, sql::Transaction::begin(lake_));
        RL_TRY(drop(name));
        RL_TRY(add_error(name, error, line));
        RL_TRY(write_surface(name, sha256, {}, error, line));
        return transaction.commit();
    }

    core::Status drop(const std::string& name) {
        // A name that can't be a table never was one.
        RL_ASSIGN(const auto known, lake_.integer(cat("SELECT count(*) FROM lake_surfaces WHERE error IS NULL AND name = ", quote_literal(name))));
        if (known > 0) { RL_TRY(lake_.run(cat("DROP TABLE IF EXISTS ", quote_identifier(name)))); }
        return lake_.run(cat("DELETE FROM lake_surface_files WHERE surface = ", quote_literal(name), "; DELETE FROM lake_surfaces WHERE name = ", quote_literal(name),
                             "; DELETE FROM extract_errors WHERE stage = 'surface' AND rel_path = ", quote_literal(file_of(name))));
    }

    core::Status write_surface(const std::string& name, const std::string& sha256, const Columns& columns, const std::string& error, std::optional<std::uint64_t> line) {
        RL_TRY(lake_.run(cat("DELETE FROM lake_surfaces WHERE name = ", quote_literal(name))));
        return lake_.run(cat("INSERT INTO lake_surfaces VALUES (", quote_literal(name), ", ", quote_literal(file_of(name)), ", ", quote_literal(sha256), ", ",
                             quote_literal(columns_json(columns)), ", ", error.empty() ? "NULL" : quote_literal(error), ", ", line ? cat(*line) : "NULL", ')'));
    }

    core::Status add_error(const std::string& name, const std::string& error, std::optional<std::uint64_t> line) {
        RL_ASSIGN(auto insert, lake_.prepare("INSERT INTO extract_errors (run_key, stage, error, recorded_at, rel_path, line, severity) VALUES (NULL, 'surface', ?, ?, ?, ?, 'error')"));
        RL_TRY(insert.bind(1, error));
        RL_TRY(insert.bind(2, request_.now));
        RL_TRY(insert.bind(3, file_of(name)));
        RL_TRY(line ? insert.bind(4, static_cast<std::int64_t>(*line)) : insert.bind_null(4));
        RL_ASSIGN(const auto rows, insert.execute());
        return core::ok();
    }

    void tell(const std::string& name, const std::string& error, std::optional<std::uint64_t> line) { report_.problems.push_back({file_of(name), error, line, false}); }
    static std::string file_of(const std::string& name) { return cat(name, k_ending); }

    // Whether it was read as it is now; a wrong one is tried again, as its files may have become others.
    core::Result<bool> is_same(const Surface& surface) {
        RL_ASSIGN(const auto count, lake_.integer(cat("SELECT count(*) FROM lake_surfaces WHERE error IS NULL AND name = ", quote_literal(surface.name), " AND sha256 = ",
                                                      quote_literal(surface.sha256))));
        return count > 0;
    }

    core::Result<std::map<Place, Known>> known_files(const std::string& name) {
        RL_ASSIGN(auto rows, lake_.query(cat("SELECT root_id, rel_path, stamp, columns::VARCHAR, error FROM lake_surface_files WHERE surface = ", quote_literal(name))));
        std::map<Place, Known> known;
        for (;;) {
            RL_ASSIGN(const bool more, rows.next());
            if (!more) { return known; }
            known.emplace(Place{std::string(rows.text(0)), std::string(rows.text(1))}, Known{std::string(rows.text(2)), parse_columns(rows.text(3)), rows.text_if(4).value_or("")});
        }
    }

    // Every type that a file gave a column, columns in the order of the least file that has them.
    static Columns union_of(const std::map<Place, Known>& known) {
        Columns all;
        std::set<std::pair<std::string, std::string>> seen;
        for (const auto& [place, file] : known) {
            for (const auto& column : file.columns) {
                if (seen.insert(column).second) { all.push_back(column); }
            }
        }
        return all;
    }

    // One type a column: the one that DuckDB gives what several statements select together.
    core::Result<Columns> types_of(const Columns& all) {
        if (all.empty()) { return Columns(); }
        std::string sql;
        for (const auto& [name, type] : all) { sql += cat(sql.empty() ? "" : " UNION ALL BY NAME ", "SELECT NULL::", type, " AS ", quote_identifier(name)); }
        return columns_of(lake_, sql);
    }

    // Of the deepest unit whose folder holds the file.
    core::Result<std::optional<std::string>> run_key_of(const std::string& path) {
        if (units_.empty()) {
            RL_ASSIGN(auto rows, lake_.query("SELECT dir, unit_key FROM lake_units ORDER BY dir, source DESC"));
            for (;;) {
                RL_ASSIGN(const bool more, rows.next());
                if (!more) { break; }
                units_.insert_or_assign(std::string(rows.text(0)), std::string(rows.text(1)));
            }
            units_.emplace("", "");
        }
        for (std::string dir = os::parent_path(path); dir.size() > 1; dir = os::parent_path(dir)) {
            if (const auto unit = units_.find(dir); unit != units_.end()) { return std::optional(unit->second); }
        }
        return std::optional<std::string>();
    }

    sql::Connection& lake_;
    const SurfacesRequest& request_;
    const std::vector<LogRoot>& roots_;  // all that are known
    SurfacesReport& report_;
    std::map<std::string, std::string> units_;  // key by folder
};

}  // namespace

core::Result<SurfacesReport> reconcile_surfaces(sql::Connection& lake, const SurfacesRequest& request) {
    SurfacesReport report;
    // Left by one that was killed: whoever changes the lake is alone.
    for (const auto& entry : os::list_dir(request.scratch).value_or({})) {
        if (entry.name.starts_with(k_scratch)) { RL_TRY(os::remove_file(os::join_path(request.scratch, entry.name), os::point::lake_database_replace)); }
    }
    RL_ASSIGN(auto roots, known_roots(lake));
    for (const auto& root : request.roots) {
        if (std::find(roots.begin(), roots.end(), root) == roots.end()) { roots.push_back(root); }
    }
    Keeper keeper(lake, request, roots, report);
    std::set<std::string> names;
    auto entries = os::list_dir(request.folder);
    if (!entries.ok() && entries.error().code() != Errc::not_found) { return std::move(entries).take_error(); }
    for (const auto& entry : std::move(entries).value_or({})) {
        if (!entry.name.ends_with(k_ending) || entry.name.starts_with('.')) { continue; }
        const std::string name = core::valid_utf8(std::string_view(entry.name).substr(0, entry.name.size() - k_ending.size()));
        names.insert(name);
        ++report.surfaces;
        const auto text = read_regular_file(os::join_path(request.folder, entry.name), 1U << 20U);
        RL_TRY(text.ok() ? keeper.keep(name, text.value()) : keeper.unreadable(name, text.error().message()));
    }
    std::vector<std::string> gone;
    RL_ASSIGN(auto rows, lake.query("SELECT name FROM lake_surfaces ORDER BY name"));
    for (;;) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { break; }
        if (!names.contains(std::string(rows.text(0)))) { gone.emplace_back(rows.text(0)); }
    }
    for (const auto& name : gone) { RL_TRY(keeper.forget(name)); }
    return report;
}

}  // namespace runlake::lake

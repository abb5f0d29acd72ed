// SPDX-License-Identifier: Apache-2.0
#include "lake/surfaces.hpp"

#include <dirent.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/json.hpp"
#include "core/text.hpp"
#include "lake/changing_sql.hpp"
#include "lake/known.hpp"
#include "lake/surface_file.hpp"
#include "os/files.hpp"
#include "os/stamp.hpp"
#include "os/system.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;
using sql::quote_identifier;
using sql::quote_literal;

constexpr int k_deepest = 32;
constexpr int k_deepest_tree = 2000;
constexpr std::string_view k_ending = ".sql";
constexpr std::string_view k_scratch = ".surface-";
constexpr std::string_view k_row = "runlake_row";  // the number of a row while it is in the sandbox
constexpr auto k_own_columns = std::to_array<std::string_view>({"run_key", "root_id", "rel_path", "row", k_row});

using Columns = std::vector<std::pair<std::string, std::string>>;  // name and type

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
                found_.emplace(Place{root.id, path}, Found{os::join_path(root.path, path), stamp_text(stamp), stamp.newest_ns()});
            }
        }
    }

    const std::vector<LogRoot>& wanted_;
    const std::vector<LogRoot>& known_;  // the wanted ones among them
    std::set<std::string> seen_;
    std::map<Place, Found> found_;
};

// "LINE 3: ..." of DuckDB's message: the line of the statement.
std::optional<std::uint64_t> line_of(std::string_view message) {
    const auto at = message.rfind("LINE ");
    if (at == std::string_view::npos) { return std::nullopt; }
    const auto rest = message.substr(at + 5);
    const auto line = core::parse_integer(rest.substr(0, rest.find_first_not_of("0123456789")));
    return line && *line > 0 ? std::optional(static_cast<std::uint64_t>(*line)) : std::nullopt;
}

// What one file gave, or why it gave nothing.
struct Outcome {
    std::string table;    // in the database of the sandbox
    Columns columns;
    std::string error;
    std::optional<std::uint64_t> line;
    bool is_of_surface = false;  // the surface is wrong, whatever the file
};

// A DuckDB that can open some files and nothing else, and keeps rows in a database file of its own.
class Sandbox {
  public:
    static core::Result<Sandbox> open(const std::string& database, const std::vector<std::string>& paths) {
        RL_ASSIGN(const auto memory, sql::Database::open("", sql::Access::in_memory, {{"threads", "1"}, {"memory_limit", "2GB"}}));
        RL_ASSIGN(auto connection, memory.connect());
        std::string list;
        for (const auto& path : paths) { list += cat(list.empty() ? "" : ", ", quote_literal(path)); }
        // Once external access is off it can't be switched on again, nor can anything else be set.
        RL_TRY(connection.run(cat("ATTACH ", quote_literal(database), " AS kept; SET allowed_paths = [", list, "]; SET enable_external_access = false; SET lock_configuration = true")));
        return Sandbox(std::move(connection));
    }

    Outcome run(const Surface& surface, const std::string& path, std::size_t number) {
        Outcome out;
        const std::string statement = surface_sql(surface, path);
        const auto prepared = connection_.prepare(statement);
        if (!prepared.ok()) {
            // Binding looks into the file already, so that all but the syntax may be the file's fault.
            out.error = prepared.error().message();
            out.line = line_of(out.error);
            out.is_of_surface = out.error.find("Parser Error") != std::string::npos;
            // Of a PIVOT that is to find its columns itself DuckDB makes two statements.
            if (out.error.find("multiple statements") != std::string::npos) {
                out.error = k_not_one_select;
                out.is_of_surface = true;
            }
            return out;
        }
        if (prepared.value().kind() != sql::StatementKind::select) {
            out.error = k_not_one_select;
            out.is_of_surface = true;
            return out;
        }
        if (auto changing = number == 0 ? changing_in(statement) : std::nullopt; changing) {
            out.error = *changing;
            out.is_of_surface = true;
            return out;
        }
        out.table = cat('f', number);
        // On a line of its own: the surface may end in a comment.
        const auto made = connection_.run(cat("CREATE TABLE kept.", out.table, " AS SELECT s.*, row_number() OVER () - 1 AS ", k_row, " FROM (\n", without_semicolon(statement), "\n) AS s"));
        if (!made.ok()) {
            out.error = made.error().message();
            if (const auto line = line_of(out.error); line && *line > 1) { out.line = *line - 1; }
            return out;
        }
        if (auto columns = columns_of(out.table); columns.ok()) { out.columns = std::move(columns).take(); }
        for (const auto& [name, type] : out.columns) {
            if (std::find(k_own_columns.begin(), k_own_columns.end(), core::lower_ascii(name)) == k_own_columns.end()) { continue; }
            out.error = cat("the column '", name, "' is one of those that stand before a surface's own: run_key, root_id, rel_path, row");
            out.is_of_surface = true;
        }
        return out;
    }

  private:
    static constexpr std::string_view k_not_one_select = "it is not one SELECT (PIVOT is one when it names its columns: ON column IN (...))";

    explicit Sandbox(sql::Connection connection) : connection_(std::move(connection)) {}

    // A surface may end in semicolons and comments after them; prepare() has seen that it is one statement.
    static std::string_view without_semicolon(std::string_view sql) {
        const auto end = sql.rfind(';');
        if (end == std::string_view::npos) { return sql; }
        // One in a comment or a text is followed by more than comments.
        for (const auto line : core::split(sql.substr(end + 1), '\n')) {
            const auto text = core::trim(line);
            if (!text.empty() && !text.starts_with("--")) { return sql; }
        }
        const auto begin = sql.rfind('\n', end);
        const auto line = sql.substr(begin == std::string_view::npos ? 0 : begin + 1, end - (begin == std::string_view::npos ? 0 : begin + 1));
        return line.find("--") == std::string_view::npos ? sql.substr(0, end) : sql;
    }

    // What of the statement would give other rows the next time.
    std::optional<std::string> changing_in(const std::string& statement) {
        auto rows = connection_.query(cat("SELECT json_serialize_sql(", quote_literal(statement), ")"));
        if (!rows.ok() || !rows.value().next().value_or(false)) { return std::nullopt; }
        const auto tree = core::parse_json(rows.value().text(0), "the parsed statement", k_deepest_tree);
        return tree.ok() ? what_changes(tree.value()) : std::nullopt;
    }

    core::Result<Columns> columns_of(const std::string& table) {
        RL_ASSIGN(auto rows, connection_.query(cat("SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'kept' AND table_name = ", quote_literal(table),
                                                   " ORDER BY column_index")));
        Columns columns;
        for (;;) {
            RL_ASSIGN(const bool more, rows.next());
            if (!more) { break; }
            columns.emplace_back(std::string(rows.text(0)), std::string(rows.text(1)));
        }
        columns.pop_back();  // k_row
        return columns;
    }

    sql::Connection connection_;
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
        RL_TRY(run_all(surface, changed, scratch.path(), outcomes));
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
        const auto status = replace(surface, known, changed, gone, columns, outcomes, afresh);
        RL_TRY(lake_.run("DETACH surface_rows"));
        RL_TRY(status);
        report_.files_read += changed.size();
        return true;
    }

    static core::Status run_all(const Surface& surface, const std::map<Place, Found>& changed, const std::string& scratch, std::vector<std::pair<Place, Outcome>>& outcomes) {
        std::vector<std::string> paths;
        for (const auto& [place, found] : changed) { paths.push_back(found.path); }
        RL_ASSIGN(auto sandbox, Sandbox::open(scratch, paths));
        for (const auto& [place, found] : changed) {
            outcomes.emplace_back(place, sandbox.run(surface, found.path, outcomes.size()));
            if (outcomes.back().second.is_of_surface) { break; }
        }
        return core::ok();
    }

    core::Status replace(const Surface& surface, const std::map<Place, Known>& known, const std::map<Place, Found>& changed, const std::vector<Place>& gone, const Columns& columns,
                         const std::vector<std::pair<Place, Outcome>>& outcomes, bool afresh) {
        RL_ASSIGN(auto transaction, sql::Transaction::begin(lake_));
        const std::string table = quote_identifier(surface.name);
        if (afresh) { RL_TRY(drop(surface.name)); }
        if (!columns.empty()) {
            std::string list;
            for (const auto& [name, type] : columns) { list += cat(", ", quote_identifier(name), ' ', type); }
            RL_TRY(lake_.run(cat("CREATE TABLE IF NOT EXISTS ", table, " (run_key VARCHAR, root_id VARCHAR, rel_path VARCHAR, \"row\" BIGINT", list, ')')));
        }
        for (const auto& place : gone) { RL_TRY(remove(surface.name, place, !columns.empty() || !afresh)); }
        for (const auto& [place, outcome] : outcomes) {
            if (!afresh) { RL_TRY(remove(surface.name, place, !columns.empty())); }
            RL_ASSIGN(const auto run_key, run_key_of(changed.at(place).path));
            std::int64_t rows = 0;
            if (outcome.error.empty()) {
                RL_ASSIGN(rows, lake_.integer(cat("SELECT count(*) FROM surface_rows.", outcome.table)));
                RL_TRY(lake_.run(cat("INSERT INTO ", table, " BY NAME SELECT ", run_key ? quote_literal(*run_key) : "NULL::VARCHAR", " AS run_key, ", quote_literal(place.root_id),
                                     " AS root_id, ", quote_literal(place.rel_path), " AS rel_path, ", k_row, " AS \"row\", f.* EXCLUDE (", k_row, ") FROM surface_rows.", outcome.table, " f")));
                report_.rows += static_cast<std::uint64_t>(rows);
            } else {
                tell(surface.name, cat(place.rel_path, ": ", outcome.error), outcome.line);
                RL_TRY(add_error(surface.name, cat(place.rel_path, ": ", outcome.error), outcome.line));
            }
            const Known& now = known.at(place);
            RL_TRY(lake_.run(cat("INSERT INTO lake_surface_files VALUES (", quote_literal(surface.name), ", ", quote_literal(place.root_id), ", ", quote_literal(place.rel_path), ", ",
                                 quote_literal(now.stamp), ", ", rows, ", ", quote_literal(columns_json(now.columns)), ", ", now.error.empty() ? "NULL" : quote_literal(now.error), ')')));
        }
        if (columns.empty() && !afresh) { RL_TRY(lake_.run(cat("DROP TABLE IF EXISTS ", table))); }
        RL_TRY(write_surface(surface.name, surface.sha256, columns, "", std::nullopt));
        return transaction.commit();
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

    core::Status remove(const std::string& name, const Place& place, bool has_table) {
        const std::string where = cat(" root_id = ", quote_literal(place.root_id), " AND rel_path = ", quote_literal(place.rel_path));
        if (has_table) { RL_TRY(lake_.run(cat("DELETE FROM ", quote_identifier(name), " WHERE", where))); }
        RL_TRY(lake_.run(cat("DELETE FROM extract_errors WHERE stage = 'surface' AND rel_path = ", quote_literal(file_of(name)), " AND starts_with(error, ",
                             quote_literal(cat(place.rel_path, ": ")), ')')));
        return lake_.run(cat("DELETE FROM lake_surface_files WHERE surface = ", quote_literal(name), " AND", where));
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
        RL_ASSIGN(auto rows, lake_.query(cat("SELECT column_name, column_type FROM (DESCRIBE ", sql, ')')));
        Columns columns;
        for (;;) {
            RL_ASSIGN(const bool more, rows.next());
            if (!more) { return columns; }
            columns.emplace_back(std::string(rows.text(0)), std::string(rows.text(1)));
        }
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
        const std::string name = entry.name.substr(0, entry.name.size() - k_ending.size());
        names.insert(name);
        ++report.surfaces;
        RL_ASSIGN(const auto text, os::read_file(os::join_path(request.folder, entry.name), 1U << 20U));
        RL_TRY(keeper.keep(name, text));
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

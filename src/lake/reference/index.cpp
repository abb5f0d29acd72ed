// SPDX-License-Identifier: Apache-2.0
#include "lake/reference/index.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "lake/reference/store.hpp"
#include "lake/registry_tables.hpp"
#include "os/fault_points.hpp"
#include "os/files.hpp"
#include "sql/appender.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Json;
using core::Status;

std::optional<std::string> text_of(const Json& value) { return value.is_null() ? std::nullopt : std::optional(core::to_json(value)); }

// One row a run that is a member: by its content, else by the goal cache that the outcomes of one were in; where those of several were in it, it stands for the first of them that no run
// is by its content. One row a member that no run stands for, so that there are never more rows than runs and members.
constexpr std::string_view k_make_members =
    "CREATE OR REPLACE TEMP TABLE reference_runs AS WITH by_content AS (SELECT m.ref_id, r.run_key, m.run_uid FROM temp.reference_members m JOIN runs r ON r.run_uid = m.run_uid), "
    "cached AS (SELECT m.ref_id, f.run_key, min(f.sha256) AS sha256 FROM (SELECT DISTINCT ref_id, goal_cache_sha256 FROM temp.reference_members) m JOIN run_files f ON f.sha256 = m.goal_cache_sha256 "
    "WHERE f.file_name IN ('goal_cache.json.gz', 'goal_cache.json') GROUP BY m.ref_id, f.run_key), "
    "runs_left AS (SELECT c.ref_id, c.run_key, c.sha256, dense_rank() OVER (PARTITION BY c.ref_id, c.sha256 ORDER BY r.run_uid) AS place FROM cached c JOIN runs r ON r.run_key = c.run_key "
    "ANTI JOIN by_content b ON b.ref_id = c.ref_id AND b.run_key = c.run_key), "
    "members_left AS (SELECT m.*, row_number() OVER (PARTITION BY m.ref_id, m.goal_cache_sha256 ORDER BY b.run_uid IS NOT NULL, m.run_uid) AS place, "
    "count(*) OVER (PARTITION BY m.ref_id, m.goal_cache_sha256) AS members FROM temp.reference_members m LEFT JOIN (SELECT DISTINCT ref_id, run_uid FROM by_content) b "
    "ON b.ref_id = m.ref_id AND b.run_uid = m.run_uid WHERE m.goal_cache_sha256 IS NOT NULL), "
    "by_cache AS (SELECT r.ref_id, r.run_key, m.run_uid FROM runs_left r JOIN members_left m ON m.ref_id = r.ref_id AND m.goal_cache_sha256 = r.sha256 AND m.place = (r.place - 1) % m.members + 1), "
    "hits AS (FROM by_content UNION FROM by_cache) "
    "SELECT m.ref_id, h.run_key, m.run_uid, m.goal_cache_sha256 FROM temp.reference_members m LEFT JOIN hits h ON h.ref_id = m.ref_id AND h.run_uid = m.run_uid";
constexpr std::string_view k_differing_members =
    "SELECT count(*) FROM ((FROM temp.reference_runs EXCEPT ALL FROM lake_reference_members) UNION ALL (FROM lake_reference_members EXCEPT ALL FROM temp.reference_runs))";
// Rows of runs that are not there any more, that have other content now, or whose file of scores is another or gone.
constexpr std::string_view k_drop_scores =
    "DELETE FROM k_reference_score AS k WHERE NOT EXISTS (SELECT 1 FROM temp.reference_files f JOIN runs r ON r.search_uid = f.search_uid WHERE f.ref_id = k.ref_id AND f.search_uid = k.search_uid AND "
    "r.run_key = k.run_key AND NOT f.is_new)";
constexpr std::string_view k_wanted_scores =
    "SELECT f.ref_id, f.search_uid, r.run_key FROM temp.reference_files f JOIN runs r ON r.search_uid = f.search_uid WHERE NOT EXISTS (SELECT 1 FROM k_reference_score k WHERE k.ref_id = f.ref_id AND "
    "k.run_key = r.run_key) ORDER BY 1, 2, 3";

class Indexer {
  public:
    Indexer(sql::Connection& connection, const std::string& references_dir) : connection_(connection), references_dir_(references_dir) {}

    core::Result<ReferencesIndexed> run() {
        RL_ASSIGN(const auto ids, list_references(references_dir_));
        RL_ASSIGN(const auto rows, connection_.integer("SELECT (SELECT count(*) FROM lake_references) + (SELECT count(*) FROM lake_reference_members) + (SELECT count(*) FROM lake_reference_files) + "
                                                       "(SELECT count(*) FROM k_reference_score)"));
        if (ids.empty() && rows == 0) { return std::move(out_); }
        RL_TRY(read_known());
        for (const auto& id : ids) { RL_TRY(look_at(id)); }
        out_.references = kept_.size() + read_.size();
        RL_ASSIGN(auto transaction, sql::Transaction::begin(connection_));
        RL_TRY(write_references());
        RL_TRY(write_members());
        RL_TRY(write_scores());
        RL_TRY(write_files());
        const auto injected = os::at_point(os::point::lake_database_change);
        if (injected.error != 0) { return os::system_error(injected.error, "committing to", "the lake"); }
        RL_TRY(transaction.commit());
        if (injected.kill_after) { os::kill_now(); }
        std::ranges::sort(out_.problems, {}, &ReferenceProblem::rel_path);
        return std::move(out_);
    }

  private:
    struct Read {
        std::string id;
        Reference reference;
        ReferenceProvenance provenance;
    };
    using Key = std::pair<std::string, std::string>;  // id and file

    Status read_known() {
        {
            RL_ASSIGN(auto rows, connection_.query("SELECT ref_id, file, stamp FROM lake_reference_files"));
            for (;;) {
                RL_ASSIGN(const bool more, rows.next());
                if (!more) { break; }
                known_.emplace(Key(rows.text(0), rows.text(1)), rows.text(2));
            }
        }
        // One of which members were forgotten, because their runs were, is read again.
        RL_ASSIGN(auto rows, connection_.query("SELECT r.ref_id FROM lake_references r WHERE r.members = (SELECT count(DISTINCT m.run_uid) FROM lake_reference_members m WHERE m.ref_id = r.ref_id)"));
        for (;;) {
            RL_ASSIGN(const bool more, rows.next());
            if (!more) { return core::ok(); }
            whole_.emplace(rows.text(0));
        }
    }

    bool is_known(const std::string& id, const ReferenceFile& file) const {
        const auto found = known_.find(Key(id, file.file));
        return found != known_.end() && found->second == file.stamp;
    }

    Status look_at(const std::string& id) {
        RL_ASSIGN(auto files, list_reference_files(references_dir_, id));
        const auto artifact = std::ranges::find(files, k_reference_file, &ReferenceFile::file);
        if (artifact == files.end()) { return core::ok(); }  // it has gone meanwhile
        const bool is_same = whole_.contains(id) && std::ranges::all_of(files, [&](const ReferenceFile& file) { return !file.search_uid.empty() || is_known(id, file); });
        if (is_same) {
            kept_.insert(id);
        } else {
            ++out_.files_read;
            auto reference = read_reference(references_dir_, id);
            if (!reference.ok()) {
                out_.problems.push_back({cat(k_goal_outcomes, '/', id, '/', k_reference_file), reference.error().message()});
                return core::ok();
            }
            read_.push_back({id, std::move(reference).take(), read_provenance(references_dir_, id)});
        }
        files_.emplace(id, std::move(files));
        return core::ok();
    }

    // Those that were read take the place of what was said of them, those that have gone lose it.
    Status write_references() {
        RL_TRY(connection_.run("CREATE OR REPLACE TEMP TABLE kept_references (ref_id VARCHAR)"));
        {
            RL_ASSIGN(auto kept, sql::Appender::open(connection_, "kept_references", "temp"));
            for (const auto& id : kept_) {
                kept.set(0, id);
                RL_TRY(kept.end_row());
            }
            RL_TRY(kept.close());
        }
        RL_ASSIGN(const auto gone, connection_.integer("SELECT count(*) FROM lake_references WHERE ref_id NOT IN (FROM temp.kept_references)"));
        out_.has_changed = gone > 0 || !read_.empty();
        RL_TRY(connection_.run("DELETE FROM lake_references WHERE ref_id NOT IN (FROM temp.kept_references)"));
        RL_ASSIGN(auto appender, sql::Appender::open(connection_, std::string(k_lake_references.name)));
        const auto at = [](std::string_view column) { return column_index(k_lake_references, column); };
        const auto sum = [](const auto& counts) {
            std::int64_t all = 0;
            for (const auto count : counts) { all += count; }
            return all;
        };
        for (const auto& one : read_) {
            appender.set(at("ref_id"), one.id);
            appender.set(at("kind"), k_goal_outcomes);
            appender.set(at("created_at"), one.provenance.created_at);
            appender.set(at("meta"), text_of(one.reference.meta));
            appender.set(at("artifact_path"), reference_artifact_path(one.id));
            appender.set(at("alpha"), one.reference.alpha);
            appender.set(at("members"), static_cast<std::int64_t>(one.reference.members.size()));
            appender.set(at("goals"), static_cast<std::int64_t>(one.reference.outcomes.by_goal.size()));
            appender.set(at("attempts"), sum(one.reference.outcomes.whole.attempts));
            appender.set(at("successes"), sum(one.reference.outcomes.whole.successes));
            appender.set(at("selection"), text_of(one.provenance.selection));
            RL_TRY(appender.end_row());
        }
        return appender.close();
    }

    Status write_members() {
        RL_TRY(connection_.run("CREATE OR REPLACE TEMP TABLE reference_members AS SELECT DISTINCT ref_id, run_uid, goal_cache_sha256 FROM lake_reference_members WHERE ref_id IN (FROM temp.kept_references)"));
        {
            RL_ASSIGN(auto appender, sql::Appender::open(connection_, "reference_members", "temp"));
            for (const auto& one : read_) {
                for (const auto& member : one.reference.members) {
                    appender.set(0, one.id);
                    appender.set(1, member.run_uid);
                    if (!member.goal_cache_sha256.empty()) { appender.set(2, member.goal_cache_sha256); }
                    RL_TRY(appender.end_row());
                }
            }
            RL_TRY(appender.close());
        }
        RL_TRY(connection_.run(k_make_members));
        RL_ASSIGN(const auto differing, connection_.integer(k_differing_members));
        if (differing == 0) { return core::ok(); }
        out_.has_changed = true;
        return connection_.run("DELETE FROM lake_reference_members; INSERT INTO lake_reference_members FROM temp.reference_runs ORDER BY ALL");
    }

    Status write_scores() {
        RL_TRY(connection_.run("CREATE OR REPLACE TEMP TABLE reference_files (ref_id VARCHAR, search_uid VARCHAR, is_new BOOLEAN)"));
        {
            RL_ASSIGN(auto appender, sql::Appender::open(connection_, "reference_files", "temp"));
            for (const auto& [id, files] : files_) {
                for (const auto& file : files) {
                    if (file.search_uid.empty()) { continue; }
                    appender.set(0, id);
                    appender.set(1, file.search_uid);
                    appender.set(2, !is_known(id, file));
                    RL_TRY(appender.end_row());
                }
            }
            RL_TRY(appender.close());
        }
        RL_ASSIGN(const auto before, connection_.integer("SELECT count(*) FROM k_reference_score"));
        RL_TRY(connection_.run(k_drop_scores));
        RL_ASSIGN(const auto after, connection_.integer("SELECT count(*) FROM k_reference_score"));
        out_.has_changed = out_.has_changed || before != after;
        std::vector<std::array<std::string, 3>> wanted;
        {
            RL_ASSIGN(auto rows, connection_.query(k_wanted_scores));
            for (;;) {
                RL_ASSIGN(const bool more, rows.next());
                if (!more) { break; }
                wanted.push_back({std::string(rows.text(0)), std::string(rows.text(1)), std::string(rows.text(2))});
            }
        }
        RL_ASSIGN(auto appender, sql::Appender::open(connection_, std::string(k_reference_scores.name)));
        for (std::size_t begin = 0; begin < wanted.size();) {
            const auto& [id, uid, unused] = wanted[begin];
            std::size_t end = begin + 1;
            while (end < wanted.size() && wanted[end][0] == id && wanted[end][1] == uid) { ++end; }
            ++out_.files_read;
            const auto scores = read_scores(references_dir_, id, uid);
            if (scores.ok()) {
                for (std::size_t i = begin; i < end; ++i) { RL_TRY(append(appender, scores.value(), wanted[i][2])); }
            } else {
                out_.problems.push_back({cat(k_goal_outcomes, '/', id, '/', k_scores_folder, '/', uid, k_score_suffix), scores.error().message()});
            }
            begin = end;
        }
        out_.has_changed = out_.has_changed || out_.rows > 0;
        return appender.close();
    }

    Status append(sql::Appender& appender, const RunScores& scores, const std::string& run_key) {
        const auto at = [](std::string_view column) { return column_index(k_reference_scores, column); };
        for (const auto& one : scores.scores) {
            const Json* primary = one.payload.find("primary");
            const Json none = Json::object();
            if (primary == nullptr) { primary = &none; }
            appender.set(at("run_key"), run_key);
            appender.set(at("theorem"), one.theorem);
            appender.set(at("variant"), one.variant);
            appender.set(at("ref_id"), scores.ref_id);
            appender.set(at("valid"), one.payload.bool_at("valid"));
            appender.set(at("primary_null_model"), primary->string_at("null_model"));
            appender.set(at("tau_agent"), one.payload.integer_at("tau_agent"));
            appender.set(at("tau_blind"), primary->number_at("tau_blind"));
            appender.set(at("K"), primary->number_at("K"));
            appender.set(at("score_json"), core::to_json(one.payload));
            appender.set(at("search_uid"), scores.search_uid);
            RL_TRY(appender.end_row());
            ++out_.rows;
        }
        return core::ok();
    }

    Status write_files() {
        std::map<Key, std::string> now;
        for (const auto& [id, files] : files_) {
            for (const auto& file : files) { now.emplace(Key(id, file.file), file.stamp); }
        }
        if (now == known_) { return core::ok(); }
        out_.has_changed = true;
        RL_TRY(connection_.run(cat("DELETE FROM ", k_lake_reference_files.name)));
        RL_ASSIGN(auto appender, sql::Appender::open(connection_, std::string(k_lake_reference_files.name)));
        for (const auto& [key, stamp] : now) {
            appender.set(0, key.first);
            appender.set(1, key.second);
            appender.set(2, stamp);
            RL_TRY(appender.end_row());
        }
        return appender.close();
    }

    sql::Connection& connection_;
    const std::string& references_dir_;
    std::map<Key, std::string> known_;                       // stamps of files as they were indexed
    std::set<std::string, std::less<>> whole_;               // of which the lake has every member
    std::set<std::string> kept_;
    std::vector<Read> read_;
    std::map<std::string, std::vector<ReferenceFile>> files_;  // of references that can be read
    ReferencesIndexed out_;
};

}  // namespace

core::Result<ReferencesIndexed> index_references(sql::Connection& connection, const std::string& references_dir) { return Indexer(connection, references_dir).run(); }

}  // namespace runlake::lake

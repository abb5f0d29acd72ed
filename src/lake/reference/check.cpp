// SPDX-License-Identifier: Apache-2.0
#include "lake/reference/check.hpp"

#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "core/text.hpp"
#include "lake/reference/store.hpp"
#include "os/files.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Status;

constexpr std::string_view k_members =
    "SELECT m.ref_id, count(DISTINCT m.run_uid), count(DISTINCT m.run_uid) FILTER (r.run_key IS NOT NULL), count(DISTINCT m.run_uid) FILTER (r.run_uid = m.run_uid) "
    "FROM lake_reference_members m LEFT JOIN runs r ON r.run_key = m.run_key GROUP BY m.ref_id";

class Checker {
  public:
    Checker(sql::Connection& connection, const std::string& references_dir) : connection_(connection), references_dir_(references_dir) {}

    core::Result<std::vector<ReferenceCheck>> run() {
        RL_TRY(read_lake());
        std::vector<ReferenceCheck> out;
        const std::string folder = os::parent_path(reference_folder(references_dir_, "x"));
        auto ids = known_;
        if (os::is_dir(folder)) {
            RL_ASSIGN(const auto entries, os::list_dir(folder));
            for (const auto& entry : entries) {
                if (is_reference_id(entry.name)) { ids.insert(entry.name); }
            }
        }
        for (const auto& id : ids) {
            RL_ASSIGN(auto check, look_at(id));
            out.push_back(std::move(check));
        }
        return out;
    }

  private:
    struct Members {
        std::int64_t all = 0;
        std::int64_t here = 0;
        std::int64_t same = 0;
    };

    Status each(std::string_view question, const std::function<void(const sql::Rows& row)>& take) {
        RL_ASSIGN(auto rows, connection_.query(question));
        for (;;) {
            RL_ASSIGN(const bool more, rows.next());
            if (!more) { return core::ok(); }
            take(rows);
        }
    }

    Status read_lake() {
        RL_TRY(each("SELECT ref_id FROM lake_references", [&](const sql::Rows& row) { known_.emplace(row.text(0)); }));
        RL_TRY(each(k_members, [&](const sql::Rows& row) { members_.emplace(row.text(0), Members{.all = row.integer(1), .here = row.integer(2), .same = row.integer(3)}); }));
        RL_TRY(each("SELECT DISTINCT search_uid FROM runs", [&](const sql::Rows& row) { searches_.emplace(row.text(0)); }));
        return each("SELECT DISTINCT ref_id, search_uid FROM k_reference_score", [&](const sql::Rows& row) { scored_.emplace(row.text(0), row.text(1)); });
    }

    core::Result<ReferenceCheck> look_at(const std::string& id) {
        ReferenceCheck out;
        out.ref_id = id;
        const auto reference = read_reference(references_dir_, id);
        out.has_artifact = reference.ok() || os::exists(os::join_path(reference_folder(references_dir_, id), k_reference_file));
        out.is_in_lake = known_.contains(id);
        if (!out.has_artifact) { return out; }
        if (!reference.ok()) { out.damage = reference.error().message(); }
        if (const auto found = members_.find(id); found != members_.end()) {
            out.members = found->second.all;
            out.missing = found->second.all - found->second.here;
            out.changed = found->second.here - found->second.same;
        }
        RL_ASSIGN(const auto files, list_reference_files(references_dir_, id));
        for (const auto& file : files) {
            if (file.search_uid.empty() || scored_.contains({id, file.search_uid})) { continue; }
            // Read only where the lake has no rows of it.
            const auto scores = read_scores(references_dir_, id, file.search_uid);
            if (!scores.ok()) {
                out.damaged_scores.push_back(scores.error().message());
            } else if (!searches_.contains(file.search_uid)) {
                ++out.other_scores;
            } else if (!scores.value().scores.empty()) {
                ++out.unread_scores;
            }
        }
        return out;
    }

    sql::Connection& connection_;
    const std::string& references_dir_;
    std::set<std::string, std::less<>> known_;
    std::map<std::string, Members, std::less<>> members_;
    std::set<std::string, std::less<>> searches_;
    std::set<std::pair<std::string, std::string>> scored_;
};

}  // namespace

core::Result<std::vector<ReferenceCheck>> check_references(sql::Connection& connection, const std::string& references_dir) { return Checker(connection, references_dir).run(); }

}  // namespace runlake::lake

// SPDX-License-Identifier: Apache-2.0
#include "lake/writer.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "lake/identity.hpp"
#include "lake/registry_tables.hpp"
#include "os/fault_points.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "sql/appender.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Result;
using core::Status;

// The column by which rows of a unit are found.
std::string key_column(const Table& table) { return sql::quote_identifier(table.columns.front().name); }

Status append_texts(sql::Connection& connection, const std::string& table, const std::vector<std::vector<std::string_view>>& rows) {
    if (rows.empty()) { return core::ok(); }
    RL_ASSIGN(auto appender, sql::Appender::open(connection, table, "temp"));
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) { appender.set(i, row[i]); }
        RL_TRY(appender.end_row());
    }
    return appender.close();
}

constexpr std::size_t k_waiting_bytes = 16U << 20U;  // of rows that wait to be stored

// The rows of one table among those of many files, one after another.
class RowsOfTable {
  public:
    RowsOfTable(const std::vector<FileRows>& files, const Table& table) : files_(files), table_(table) {}

    void fill(sql::ChunkWriter& chunk) {
        for (; file_ < files_.size(); ++file_, at_ = 0) {
            const FileRows& rows = files_[file_];
            for (; at_ < rows.table_count(); ++at_, row_ = 0) {
                if (&rows.table(at_) != &table_) { continue; }
                for (; row_ < rows.row_count(at_); ++row_) {
                    if (chunk.is_full()) { return; }
                    write(rows, chunk);
                }
            }
        }
    }

  private:
    void write(const FileRows& rows, sql::ChunkWriter& chunk) const {
        for (std::size_t c = 0; c < table_.columns.size(); ++c) {
            const Cell& cell = rows.cell(at_, row_, c);
            switch (cell.kind) {
                case Cell::Kind::null: break;
                case Cell::Kind::boolean: chunk.set(c, cell.integer != 0); break;
                case Cell::Kind::integer: chunk.set(c, cell.integer); break;
                case Cell::Kind::real: chunk.set(c, cell.real); break;
                case Cell::Kind::text: chunk.set_in_place(c, rows.text(cell)); break;
                case Cell::Kind::time: chunk.set(c, core::Timestamp{cell.integer}); break;
            }
        }
        chunk.next_row();
    }

    const std::vector<FileRows>& files_;
    const Table& table_;
    std::size_t file_ = 0;
    std::size_t at_ = 0;  // the table in that file
    std::size_t row_ = 0;
};

}  // namespace

Status LakeWriter::begin() {
    if (!has_temporaries_) {
        RL_TRY(connection_.run("CREATE OR REPLACE TEMP TABLE doomed_files (extractor VARCHAR, stage VARCHAR, unit_key VARCHAR, rel_path VARCHAR);"
                               "CREATE OR REPLACE TEMP TABLE doomed_wholes (extractor VARCHAR, stage VARCHAR, unit_key VARCHAR);"
                               "CREATE OR REPLACE TEMP TABLE doomed_things (unit_key VARCHAR, thing VARCHAR);"
                               "CREATE OR REPLACE TEMP TABLE doomed_units (source VARCHAR, unit_key VARCHAR, is_all BOOLEAN, has_things BOOLEAN)"));
        has_temporaries_ = true;
    }
    RL_ASSIGN(auto transaction, sql::Transaction::begin(connection_));
    transaction_.emplace(std::move(transaction));
    return core::ok();
}

Status LakeWriter::fill_doomed(std::span<const Doomed* const> doomed) {
    RL_TRY(connection_.run("DELETE FROM doomed_files; DELETE FROM doomed_wholes; DELETE FROM doomed_things; DELETE FROM doomed_units"));
    std::vector<std::vector<std::string_view>> files;
    std::vector<std::vector<std::string_view>> wholes;
    std::vector<std::vector<std::string_view>> things;
    RL_ASSIGN(auto units, sql::Appender::open(connection_, "doomed_units", "temp"));
    for (const auto* unit : doomed) {
        if (!unit->is_known) { continue; }
        units.set(0, unit->source->name);
        units.set(1, unit->unit_key);
        units.set(2, unit->all);
        units.set(3, unit->things.has_value());
        RL_TRY(units.end_row());
        if (unit->things) {
            for (const auto& thing : *unit->things) { things.push_back({unit->unit_key, thing}); }
        }
        if (unit->all) { continue; }
        for (const auto& file : unit->files) { files.push_back({file.extractor->name, file.extractor->stage, unit->unit_key, file.rel_path}); }
        for (const auto* whole : unit->wholes) { wholes.push_back({whole->name, whole->stage, unit->unit_key}); }
    }
    RL_TRY(units.close());
    RL_TRY(append_texts(connection_, "doomed_files", files));
    RL_TRY(append_texts(connection_, "doomed_things", things));
    return append_texts(connection_, "doomed_wholes", wholes);
}

Status LakeWriter::forget(std::span<const Doomed* const> doomed) {
    std::set<const Source*> sources;
    std::set<const Extractor*> by_file;
    std::set<const Extractor*> by_unit;
    bool any_all = false;
    for (const auto* unit : doomed) {
        if (!unit->is_known) { continue; }
        sources.insert(unit->source);
        any_all = any_all || unit->all;
        for (const auto& file : unit->files) { by_file.insert(file.extractor); }
        by_unit.insert(unit->wholes.begin(), unit->wholes.end());
    }
    if (sources.empty()) { return core::ok(); }
    RL_TRY(fill_doomed(doomed));
    const auto drop = [&](std::string_view table, std::string_view from, std::string_view where) {
        return connection_.run(cat("DELETE FROM ", sql::quote_identifier(table), " AS t USING ", from, " AS d WHERE ", where));
    };
    std::set<const Table*> done;  // several extractors may fill one table
    for (const auto* source : sources) {
        for (const auto* extractor : source->extractors) {
            std::vector<const Table*> tables(extractor->tables.begin(), extractor->tables.end());
            if (extractor->error_table != nullptr) { tables.push_back(extractor->error_table); }
            const std::string of_extractor = cat("d.extractor = ", sql::quote_literal(extractor->name), " AND ");
            for (const auto* table : tables) {
                const std::string same_unit = cat("t.", key_column(*table), " = d.unit_key");
                if (any_all && done.insert(table).second) { RL_TRY(drop(table->name, "doomed_units", cat(same_unit, " AND d.is_all"))); }
                if (by_file.contains(extractor)) { RL_TRY(drop(table->name, "doomed_files", cat(of_extractor, same_unit, " AND t.rel_path = d.rel_path"))); }
                if (by_unit.contains(extractor)) { RL_TRY(drop(table->name, "doomed_wholes", cat(of_extractor, same_unit))); }
            }
        }
        for (const auto* table : source->unit_tables) {
            const std::string same_unit = cat("t.", key_column(*table), " = d.unit_key");
            RL_TRY(drop(table->name, "doomed_units", cat(same_unit, " AND NOT d.has_things AND d.source = ", sql::quote_literal(source->name))));
            if (source->changed == nullptr) { continue; }
            RL_TRY(drop(table->name, "doomed_things", cat(same_unit, " AND t.", sql::quote_identifier(table->columns[1].name), " = d.thing")));
        }
    }
    for (const auto* table : {&k_lake_units, &k_lake_files, &k_artifact_extract_state}) { RL_TRY(drop(table->name, "doomed_units", cat("t.", key_column(*table), " = d.unit_key"))); }
    RL_TRY(drop("extract_errors", "doomed_units",
                cat("t.run_key = d.unit_key AND (d.is_all OR t.rel_path IS NULL OR t.stage IN ('", k_list_stage, "', '", k_read_stage, "'))")));
    if (!by_file.empty()) { RL_TRY(drop("extract_errors", "doomed_files", "t.run_key = d.unit_key AND t.rel_path = d.rel_path AND t.stage = d.stage")); }
    if (!by_unit.empty()) { RL_TRY(drop("extract_errors", "doomed_wholes", "t.run_key = d.unit_key AND t.stage = d.stage")); }
    return core::ok();
}

Result<LakeWriter::Target*> LakeWriter::target_of(const Table& table) {
    if (const auto found = targets_.find(&table); found != targets_.end()) { return &found->second; }
    RL_ASSIGN(auto inserter, sql::Inserter::open(connection_, std::string(table.name)));
    return &targets_.emplace(&table, Target{std::move(inserter)}).first->second;
}

Status LakeWriter::append(FileRows&& rows) {
    for (std::size_t t = 0; t < rows.table_count(); ++t) {
        RL_ASSIGN(Target* const target, target_of(rows.table(t)));
        target->waiting += rows.row_count(t);
    }
    waiting_bytes_ += rows.bytes();
    waiting_.push_back(std::move(rows));
    return waiting_bytes_ < k_waiting_bytes ? core::ok() : store();
}

// Table by table, so that each statement has many rows.
Status LakeWriter::store() {
    for (const auto* table : all_tables()) {
        const auto found = targets_.find(table);
        if (found == targets_.end() || found->second.waiting == 0) { continue; }
        RowsOfTable rows(waiting_, *table);
        RL_TRY(found->second.inserter.insert([&](sql::ChunkWriter& chunk) { rows.fill(chunk); }));
        found->second.stored += std::exchange(found->second.waiting, 0);
    }
    waiting_.clear();
    waiting_bytes_ = 0;
    return core::ok();
}

Status LakeWriter::commit() {
    RL_TRY(store());
    const auto injected = os::at_point(os::point::lake_database_change);
    if (injected.error != 0) {
        roll_back();
        return os::system_error(injected.error, "committing to", "the lake");
    }
    auto status = transaction_->commit();
    transaction_.reset();
    if (!status.ok()) {
        roll_back();
        return status;
    }
    for (auto& [table, target] : targets_) {
        if (target.stored > 0) { rows_written_[table->name] += std::exchange(target.stored, 0); }
    }
    if (injected.kill_after) { os::kill_now(); }
    return core::ok();
}

void LakeWriter::roll_back() {
    transaction_.reset();
    waiting_.clear();
    waiting_bytes_ = 0;
    targets_.clear();  // what DuckDB was told of them may have gone with the transaction
}

Result<std::uint64_t> LakeWriter::register_roots(const std::vector<LogRoot>& roots, const KnownUnits& units) {
    RL_ASSIGN(const auto registered, known_roots(connection_));
    std::vector<LogRoot> all = registered;
    std::vector<const LogRoot*> added;
    for (const auto& root : roots) {
        if (std::find(all.begin(), all.end(), root) != all.end()) { continue; }
        added.push_back(&root);
        all.push_back(root);
    }
    if (added.empty()) { return std::uint64_t{0}; }
    RL_TRY(begin());
    FileRows rows;
    for (const auto* root : added) { rows.row(k_log_roots, root->id, root->path, os::system_clock().now()); }
    RL_TRY(append(std::move(rows)));
    std::vector<std::string> texts;
    std::vector<std::vector<std::string_view>> moved;
    texts.reserve(units.size() * 4);  // views into it stay
    for (const auto& [key, unit] : units) {
        const auto told = told_by(unit.dir, all);
        if (!told || (told->root_id == unit.root_id && told->rel_dir == unit.rel_dir)) { continue; }
        const std::size_t at = texts.size();
        texts.insert(texts.end(), {key, told->root_id, told->rel_dir, run_key_seed(told->root_id, told->rel_dir)});
        moved.push_back({texts[at], texts[at + 1], texts[at + 2], texts[at + 3]});
    }
    if (!moved.empty()) {
        RL_TRY(connection_.run("CREATE OR REPLACE TEMP TABLE moved_units (unit_key VARCHAR, root_id VARCHAR, rel_dir VARCHAR, key_seed VARCHAR)"));
        RL_TRY(append_texts(connection_, "moved_units", moved));
        for (const auto* table : all_tables()) {
            const bool is_units = table == &k_lake_units;
            if (!is_units && (!has_column(*table, "root_id") || !has_column(*table, "rel_run_dir"))) { continue; }
            RL_TRY(connection_.run(cat("UPDATE ", sql::quote_identifier(table->name), " AS t SET root_id = m.root_id, ", is_units ? "rel_dir" : "rel_run_dir", " = m.rel_dir",
                                       has_column(*table, "run_key_seed") ? ", run_key_seed = m.key_seed" : "", " FROM moved_units AS m WHERE t.", key_column(*table), " = m.unit_key")));
        }
    }
    RL_TRY(commit());
    return static_cast<std::uint64_t>(moved.size());
}

Status LakeWriter::prune(const std::vector<std::string>& unit_keys) {
    RL_TRY(begin());
    RL_TRY(connection_.run("CREATE OR REPLACE TEMP TABLE pruned_units (unit_key VARCHAR)"));
    std::vector<std::vector<std::string_view>> keys;
    for (const auto& key : unit_keys) { keys.push_back({key}); }
    RL_TRY(append_texts(connection_, "pruned_units", keys));
    std::set<std::string_view> done;
    const auto drop = [&](std::string_view table, std::string_view column) {
        return connection_.run(cat("DELETE FROM ", sql::quote_identifier(table), " AS t USING pruned_units AS d WHERE t.", sql::quote_identifier(column), " = d.unit_key"));
    };
    for (const auto* source : all_sources()) {
        for (const auto* table : source->unit_tables) {
            if (done.insert(table->name).second) { RL_TRY(drop(table->name, table->columns.front().name)); }
        }
        for (const auto* extractor : source->extractors) {
            for (const auto* table : extractor->tables) {
                if (done.insert(table->name).second) { RL_TRY(drop(table->name, table->columns.front().name)); }
            }
        }
    }
    for (const auto* table : all_tables()) {
        if (done.contains(table->name)) { continue; }
        for (const std::string_view column : {"run_key", "unit_key"}) {
            if (has_column(*table, column)) { RL_TRY(drop(table->name, column)); }
        }
    }
    // Roots that have gone with their last run.
    RL_ASSIGN(const auto roots, known_roots(connection_));
    for (const auto& root : roots) {
        if (os::is_dir(root.path)) { continue; }
        RL_TRY(connection_.run(cat("DELETE FROM log_roots WHERE root_id = ", sql::quote_literal(root.id), " AND root_id NOT IN (SELECT root_id FROM lake_units)")));
    }
    return commit();
}

Status LakeWriter::replace_failure(const UnitWork& work) {
    RL_TRY(begin());
    RL_TRY(connection_.run(cat("DELETE FROM extract_errors WHERE stage = '", k_read_stage, "' AND run_key = ", sql::quote_literal(work.unit().key))));
    RL_TRY(connection_.run(cat("UPDATE lake_units SET is_settled = false WHERE unit_key = ", sql::quote_literal(work.unit().key))));
    RL_TRY(append(work.failure_rows()));
    return commit();
}

}  // namespace runlake::lake

// SPDX-License-Identifier: Apache-2.0
// The one thread's way into the lake: transactions of whole units, rows that go before rows that come.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/result.hpp"
#include "lake/discovery.hpp"
#include "lake/file_rows.hpp"
#include "lake/known.hpp"
#include "lake/table.hpp"
#include "lake/unit_work.hpp"
#include "sql/database.hpp"
#include "sql/inserter.hpp"

namespace runlake::lake {

// Not thread-safe. What is not committed when it goes away is as if it had not been.
class LakeWriter {
  public:
    // The connection must outlive it.
    explicit LakeWriter(sql::Connection& connection) : connection_(connection) {}
    ~LakeWriter() { roll_back(); }
    LakeWriter(const LakeWriter&) = delete;
    LakeWriter& operator=(const LakeWriter&) = delete;

    core::Status begin();
    bool is_open() const { return transaction_.has_value(); }
    // Before rows of these units are appended: rows of known ones that go.
    core::Status forget(std::span<const Doomed* const> doomed);
    core::Status append(FileRows&& rows);
    core::Status commit();
    void roll_back();

    // Whole transactions of their own:
    // Registers roots, and tells units anew by the roots that are known now. How many units that changed.
    core::Result<std::uint64_t> register_roots(const std::vector<LogRoot>& roots, const KnownUnits& units);
    // Every row of these units, in whatever table, and roots that hold no unit any more and are no folder.
    core::Status prune(const std::vector<std::string>& unit_keys);
    core::Status replace_failure(const UnitWork& work);

    const std::map<std::string_view, std::uint64_t>& rows_written() const { return rows_written_; }  // by table, in transactions that were committed

  private:
    core::Status fill_doomed(std::span<const Doomed* const> doomed);
    core::Status store();
    struct Target {
        sql::Inserter inserter;
        std::uint64_t waiting = 0;  // rows in waiting_
        std::uint64_t stored = 0;   // rows of the transaction
    };
    core::Result<Target*> target_of(const Table& table);

    sql::Connection& connection_;
    std::optional<sql::Transaction> transaction_;
    std::unordered_map<const Table*, Target> targets_;
    std::vector<FileRows> waiting_;  // appended, and not yet in the database
    std::size_t waiting_bytes_ = 0;
    std::map<std::string_view, std::uint64_t> rows_written_;
    bool has_temporaries_ = false;
};

}  // namespace runlake::lake

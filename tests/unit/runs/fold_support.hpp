// SPDX-License-Identifier: Apache-2.0
// What the folding tests share: random records with many ties, a store to write them to, and dumps of tables.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <variant>
#include <vector>

#include "core/text.hpp"
#include "os/system.hpp"
#include "record/journal.hpp"
#include "record/model.hpp"
#include "record/store.hpp"
#include "runs/merge.hpp"
#include "runs/schema.hpp"
#include "sql/database.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::runs::test {

using Said = std::variant<record::StartRecord, record::LogRecord, record::EndRecord>;

// The value, or a failed test that shows the error and an abort.
template <class T>
T must(core::Result<T> result) {
    if (!result.ok()) { ADD_FAILURE() << result.error().message(); }
    return std::move(result).take();
}

inline std::string payload_of(const Said& said) {
    return std::visit([](const auto& record) { return record::to_payload(record); }, said);
}

// Random records of one run. Times, numbers and values come from small pools, so that ties and conflicts are common.
class RecordMaker {
  public:
    explicit RecordMaker(std::uint64_t seed) : random_(seed) {}

    int below(int limit) { return static_cast<int>(random_() % static_cast<std::uint64_t>(limit)); }
    bool chance(int percent) { return below(100) < percent; }
    core::RunId id() {
        std::array<std::uint8_t, 16> bytes{};
        for (auto& byte : bytes) { byte = static_cast<std::uint8_t>(random_()); }
        return core::RunId::from_random(bytes);
    }
    std::mt19937_64& engine() { return random_; }

    std::vector<Said> run(const core::RunId& id) {
        std::vector<Said> all;
        const int starts = chance(80) ? 1 : below(3);
        for (int i = 0; i < starts; ++i) { all.emplace_back(start(id)); }
        for (int i = below(6); i > 0; --i) { all.emplace_back(log(id)); }
        for (int i = chance(70) ? 1 : below(4); i > 0; --i) { all.emplace_back(end(id)); }
        return all;
    }

    record::StartRecord start(const core::RunId& id) {
        record::StartRecord out{.header = header(id)};
        out.stage = pick({"train", "evaluate", "stage with \"quotes\" and \xC3\xA9"});
        if (chance(50)) { out.tenant = pick({"acme", "beta"}); }
        if (chance(30)) { out.parent = this->id(); }
        if (chance(60)) { out.trace_id = "0123456789abcdef0123456789abcdef"; }
        if (chance(60)) { out.span_id = pick({"0123456789abcdef", "1123456789abcdef"}); }
        if (chance(30)) { out.parent_span_id = "2123456789abcdef"; }
        if (chance(80)) { out.argv = {"python3", pick({"a.py", "b \\ c.py"})}; }
        if (chance(50)) { out.working_dir = "."; }
        if (chance(50)) { out.config_path = "conf.yaml"; }
        out.inputs = inputs();
        out.params = named(true);
        out.tags = named(false);
        for (auto& [name, value] : *out.tags.as_object()) {
            if (value.is_null()) { value = "was null"; }
        }
        out.facts = facts();
        out.recorder = process();
        if (chance(50)) {
            out.watched = process();
        }
        out.host = "host";
        return out;
    }

    record::LogRecord log(const core::RunId& id) {
        record::LogRecord out{.header = header(id)};
        out.metrics = metrics();
        if (chance(50)) { out.step = below(3); }
        out.tags = named(false);
        out.params = named(true);
        if (chance(30)) { out.note = pick({"a note", "another", ""}); }
        if (chance(30)) { out.error = pick({"an error", "E"}); }
        out.inputs = inputs();
        out.facts = facts();
        return out;
    }

    record::EndRecord end(const core::RunId& id) {
        using record::RunState;
        record::EndRecord out{.header = header(id)};
        const RunState states[] = {RunState::completed, RunState::degraded, RunState::failed, RunState::stopped, RunState::abandoned, RunState::cached};
        out.state = states[below(6)];
        out.duration_seconds = below(3) * 0.5;
        if (chance(70)) { out.exit_status = below(3); }
        if (chance(20)) { out.signal = 9 + below(2); }
        if (chance(30)) { out.error = record::ErrorText{pick({"ValueError: x", "E"}), 600, "output/x/error.txt"}; }
        out.metrics = metrics();
        if (chance(20)) { out.stderr_tail = pick({"tail", "line\nline"}); }
        if (chance(10)) { out.cached_from = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"; }
        out.presumed = chance(30);
        if (out.presumed) { out.presumption = pick({"killed", "host_lost"}); }
        out.facts = facts();
        if (chance(15)) { out.start = start(id); }
        out.lost_records = static_cast<std::uint64_t>(below(2));
        return out;
    }

  private:
    std::string pick(std::initializer_list<const char*> from) { return *(from.begin() + below(static_cast<int>(from.size()))); }
    record::Header header(const core::RunId& id) {
        return {id, core::Timestamp{1736432595000000 + below(3) * 1000}, static_cast<std::uint64_t>(below(2))};
    }
    os::ProcessId process() { return {"0123456789abcdef0123456789abcdef", "boot", 4026531836, 100 + below(2), 5000}; }
    std::vector<record::Input> inputs() {
        std::vector<record::Input> out;
        for (int i = below(3); i > 0; --i) {
            record::Input input{pick({"a.csv", "b.csv", "c/d.csv"})};
            if (chance(50)) { input.fingerprint = pick({"sha256/1:aa", "sha256/1:bb"}); }
            if (chance(50)) { input.bytes = static_cast<std::uint64_t>(below(3)); }
            out.push_back(std::move(input));
        }
        return out;
    }
    core::Json named(bool any_kind) {
        core::Json out = core::Json::object();
        for (int i = below(3); i > 0; --i) {
            const std::string name = pick({"alpha", "beta", "gamma"});
            core::Json value = pick({"x", "10", "9"});
            if (chance(25)) { value = core::Json(); }
            if (any_kind && chance(40)) { value = below(20); }
            if (any_kind && chance(20)) { value = 0.5; }
            out.set(name, std::move(value));
        }
        return out;
    }
    std::vector<std::pair<std::string, double>> metrics() {
        std::vector<std::pair<std::string, double>> out;
        for (int i = below(3); i > 0; --i) { out.emplace_back(pick({"loss", "accuracy"}), below(3) * 0.25); }
        return out;
    }
    record::Facts facts() {
        record::Facts out;
        if (chance(30)) { out.input_fingerprint = pick({"sha256/1:aa", "sha256/1:bb"}); }
        if (chance(30)) { out.code_ref = pick({"abc", "abc+dirty.unknown"}); }
        if (chance(30)) { out.config_hash = pick({"config/1:cc", "config/1:dd"}); }
        if (chance(30)) { out.environment = pick({"ee", "ff"}); }
        if (chance(30)) { out.rows_in = below(20); }
        if (chance(30)) { out.rows_out = below(20); }
        if (chance(30)) { out.llm_calls = below(20); }
        if (chance(30)) { out.tokens = below(20); }
        out.degraded = chance(20);
        if (chance(20)) { out.degraded_reason = pick({"slow", "warnings"}); }
        return out;
    }

    std::mt19937_64 random_;
};

// A store in a temporary folder.
class TempStore {
  public:
    TempStore() : store_(must(record::open_store(dir_ / ".runlake", record::OpenStore::create))) {}
    const record::Store& operator*() const { return store_; }
    const record::Store* operator->() const { return &store_; }

    // Appends to as many segments as there are groups.
    void append(const std::vector<std::vector<std::string>>& groups) {
        std::vector<std::unique_ptr<record::JournalWriter>> writers;
        for (const auto& group : groups) {
            writers.push_back(must(record::JournalWriter::open(store_, os::Durability::process)));
            for (const std::string& payload : group) { must(writers.back()->append(payload)); }
        }
    }

  private:
    runlake::testing::TempDir dir_;
    record::Store store_;
};

// Every row of every table as text, ordered; without the places in the journal when these may differ.
enum class Places : std::uint8_t { with, without };
inline std::string dump(sql::Connection& connection, Places places) {
    std::string out;
    for (const Table& table : tables()) {
        if (table.overlay == Overlay::internal) { continue; }
        const bool cut = table.name == "run_details" && places == Places::without;
        auto rows = must(connection.query(core::cat("SELECT COLUMNS(*)::VARCHAR FROM (SELECT *", cut ? " EXCLUDE (started_segment, started_offset)" : "", " FROM ",
                                                    table.name, ") ORDER BY ALL")));
        out += core::cat("== ", table.name, '\n');
        while (must(rows.next())) {
            for (std::size_t i = 0; i < rows.column_count(); ++i) { out += core::cat(rows.text_if(i).value_or("-"), '|'); }
            out += '\n';
        }
    }
    return out;
}

}  // namespace runlake::runs::test

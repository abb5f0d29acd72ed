// SPDX-License-Identifier: Apache-2.0
// Everything that tests/support/make_proof_logs.py makes is found and read: each kind of artifact, each table, packed and plain alike.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "core/text.hpp"
#include "lake/discovery.hpp"
#include "lake/source.hpp"
#include "lake/extract.hpp"
#include "lake/identity.hpp"
#include "tests/support/python.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::lake {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class GeneratedLogs : public ::testing::Test {
  protected:
    void SetUp() override {
        if (testing::find_python().empty()) { GTEST_SKIP() << "no python3"; }
        const std::string command = testing::find_python() + " -I '" RUNLAKE_SOURCE_DIR "/tests/support/make_proof_logs.py' '" + logs_ + "' > '" + (folder_ / "list") + "'";
        ASSERT_EQ(std::system(command.c_str()), 0);
        std::ifstream list(folder_ / "list");
        for (std::string line; std::getline(list, line);) { made_.push_back(line); }
    }
    std::vector<Unit> runs() const {
        auto discovery = discover_units({{logs_}, {}, {}});
        EXPECT_TRUE(discovery.ok());
        EXPECT_THAT(discovery.ok() ? discovery.value().passed_over.size() : 1U, 0U);
        return discovery.ok() ? std::move(discovery).take().units : std::vector<Unit>();
    }
    static std::vector<Offer> offers(const Unit& run) {
        auto files = list_run_files(run.dir, provider_of(run.dir).has_value());
        EXPECT_TRUE(files.ok());
        return files.ok() ? offers_of(run.key, std::move(files).take()) : std::vector<Offer>();
    }

    testing::TempDir folder_;
    std::string logs_ = folder_ / "logs";
    std::vector<std::string> made_;
};

// The rows of an extraction as one text, less the paths and digests of files.
std::string rows_text(const Extracted& extracted) {
    std::string text;
    for (std::size_t t = 0; t < extracted.rows.table_count(); ++t) {
        const Table& table = extracted.rows.table(t);
        for (std::size_t r = 0; r < extracted.rows.row_count(t); ++r) {
            text += table.name;
            for (std::size_t c = 0; c < table.columns.size(); ++c) {
                const auto& name = table.columns[c].name;
                if (name == "rel_path" || name == "source_sha256" || name == "run_key") { continue; }
                const Cell& cell = extracted.rows.cell(t, r, c);
                text += cell.kind == Cell::Kind::text ? core::cat(" '", extracted.rows.text(cell), "'")
                        : cell.kind == Cell::Kind::real ? core::cat(" ", core::format_float(cell.real)) : core::cat(" ", static_cast<int>(cell.kind), "=", cell.integer);
            }
            text += '\n';
        }
    }
    return text;
}

TEST_F(GeneratedLogs, AreFoundAndReadWhole) {
    std::vector<std::string> names;
    std::set<std::string> kinds;
    std::set<std::string> tables;
    for (const auto& run : runs()) {
        names.push_back(run.rel_dir);
        for (const auto& offer : offers(run)) {
            if (!offer.file().is_run_file()) { kinds.emplace(artifact_kind_name(offer.file().kind)); }
            for (const auto* extractor : all_sources().front()->extractors) {
                if (!extractor->takes(offer.file())) { continue; }
                const Extracted extracted = extract_offer(*extractor, offer);
                EXPECT_TRUE(extracted.ok) << offer.file().rel_path << ": " << (extracted.problems.empty() ? "" : extracted.problems[0].message);
                // The only thing to remark is the bad line that each trace has.
                EXPECT_EQ(extracted.problems.size(), extractor->name == "mcts_trace" ? 1U : 0U) << offer.file().rel_path;
                for (std::size_t t = 0; t < extracted.rows.table_count(); ++t) { tables.emplace(extracted.rows.table(t).name); }
            }
        }
    }
    EXPECT_EQ(names, made_);
    EXPECT_EQ(kinds.size(), 13U);
    for (const auto* extractor : all_sources().front()->extractors) {
        for (const auto* table : extractor->tables) { EXPECT_TRUE(tables.contains(std::string(table->name))) << table->name; }
    }
}

TEST_F(GeneratedLogs, PackedAndPlainFormsGiveEqualRowsAndADamagedPackedOneIsReplaced) {
    int compared = 0;
    for (const auto& run : runs()) {
        for (const auto& offer : offers(run)) {
            if (offer.forms.size() != 2) { continue; }
            ASSERT_TRUE(offer.forms[0].is_packed && !offer.forms[1].is_packed);
            for (const auto* extractor : all_sources().front()->extractors) {
                if (!extractor->takes(offer.file())) { continue; }
                const Extracted packed = extract_offer(*extractor, offer);
                EXPECT_TRUE(packed.rel_path.ends_with(".gz"));
                std::ofstream(offer.forms[0].path) << "damaged";
                const Extracted plain = extract_offer(*extractor, offer);
                EXPECT_TRUE(plain.ok);
                EXPECT_EQ(plain.rel_path + ".gz", packed.rel_path);
                EXPECT_EQ(rows_text(plain), rows_text(packed)) << packed.rel_path;
                ASSERT_FALSE(plain.problems.empty());
                EXPECT_TRUE(plain.problems[0].is_warning);
                EXPECT_THAT(plain.problems[0].message, HasSubstr("was read instead"));
                std::ofstream(offer.forms[1].path) << "damaged too";
                const Extracted neither = extract_offer(*extractor, offer);
                if (extractor->name != "mcts_trace") {  // whose bad lines are counted
                    EXPECT_FALSE(neither.ok);
                    EXPECT_EQ(neither.problems.size(), 2U);
                    EXPECT_EQ(neither.rows.table_count(), 0U);
                }
                ++compared;
            }
        }
    }
    EXPECT_GT(compared, 10);
}

TEST_F(GeneratedLogs, AProvidersRunReadsTheReportAboveIt) {
    int found = 0;
    for (const auto& run : runs()) {
        if (!provider_of(run.dir)) { continue; }
        for (const auto& offer : offers(run)) { found += offer.file().plain_name == "postprocess_metrics.json" && offer.file().is_run_file() ? 1 : 0; }
    }
    EXPECT_EQ(found, 2);
}

TEST_F(GeneratedLogs, HaveOneNameByContentWhereverTheyLie) {
    const auto uid = [](const Unit& run) {
        std::vector<FileContent> contents;
        for (const auto& offer : offers(run)) {
            for (const auto& form : offer.forms) {
                FileInput input(form.path, false);
                EXPECT_TRUE(input.document().ok());
                contents.push_back({form.file.rel_path, input.sha256()});
            }
        }
        return run_uid(contents);
    };
    const auto before = runs();
    std::vector<std::string> uids;
    for (const auto& run : before) { uids.push_back(uid(run)); }
    EXPECT_EQ(std::set<std::string>(uids.begin(), uids.end()).size(), uids.size());
    fs::rename(logs_, folder_ / "elsewhere");
    logs_ = folder_ / "elsewhere";
    const auto after = runs();
    ASSERT_EQ(after.size(), before.size());
    for (std::size_t i = 0; i < after.size(); ++i) {
        EXPECT_EQ(uid(after[i]), uids[i]);
        EXPECT_NE(after[i].key, before[i].key);
    }
}

}  // namespace
}  // namespace runlake::lake

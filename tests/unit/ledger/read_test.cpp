// SPDX-License-Identifier: Apache-2.0
// Reading a ledger's folders: what is an entry, which of two stands, and what is left out.
#include "ledger/view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/digest.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::ledger {
namespace {

namespace fs = std::filesystem;
using core::Errc;
using core::Json;
using ::testing::ElementsAre;

// A whole ledger, parsed.
struct Ledger {
    std::vector<JobEntry> jobs;
    std::vector<LeftOut> left_out;
};

Ledger read_ledger(const record::Store& store) {
    const View view = View::open(store);
    Ledger ledger{.jobs = {}, .left_out = view.left_out()};
    for (const Item& item : view.items()) {
        auto entry = item.job();
        if (entry.ok()) {
            ledger.jobs.push_back(std::move(entry).take());
        } else {
            ledger.left_out.push_back({std::string(item.path), std::move(entry).take_error()});
        }
    }
    return ledger;
}

struct ReadTest : ::testing::Test {
    testing::TempDir temp;
    record::Store store{.root = temp.path(), .dir = temp / ".runlake"};
    std::string theirs = temp / ".aexp/ledger";
    std::string ours = temp / ".runlake/ledger";

    void SetUp() override {
        fs::create_directories(theirs);
        fs::create_directories(ours);
    }
    static std::string id(int seed) { return core::md5_hex(core::canonical_json(Json::object().set("seed", seed)).take()); }
    static Json entry(int seed) {
        return Json::object()
            .set("schema_version", 1)
            .set("job_id", id(seed))
            .set("statepoint", Json::object().set("seed", seed))
            .set("status", "complete")
            .set("promoted_at", "2026-06-03T11:48:10Z")
            .set("registered_machine", "cluster");
    }
    static void put(const std::string& path, const std::string& text) { std::ofstream(path) << text; }
    static void put(const std::string& folder, int seed, const Json& found) { put(folder + "/" + id(seed) + ".json", core::to_json(found)); }
    static std::vector<std::string> machines(const Ledger& ledger) {
        std::vector<std::string> found;
        for (const JobEntry& job : ledger.jobs) { found.push_back(job.machine); }
        return found;
    }
};

TEST_F(ReadTest, BothFoldersAreReadById) {
    put(theirs, 1, entry(1));
    put(ours, 2, entry(2));
    put(ours, 3, entry(3));
    const Ledger ledger = read_ledger(store);
    EXPECT_TRUE(ledger.left_out.empty());
    ASSERT_EQ(ledger.jobs.size(), 3U);
    EXPECT_TRUE(std::ranges::is_sorted(ledger.jobs, {}, &JobEntry::id));
}

TEST_F(ReadTest, MissingFoldersHoldNothing) {
    fs::remove_all(theirs);
    fs::remove_all(store.dir);
    const Ledger ledger = read_ledger(store);
    EXPECT_TRUE(ledger.jobs.empty() && ledger.left_out.empty());
    EXPECT_TRUE(read_ledger({.root = "", .dir = temp / "nowhere"}).jobs.empty());
}

TEST_F(ReadTest, OfTwoEntriesOfAJobOneStandsWhicheverFolderItIsIn) {
    for (const bool swapped : {false, true}) {
        const std::string& first = swapped ? ours : theirs;
        const std::string& second = swapped ? theirs : ours;
        put(first, 1, entry(1).set("status", "failed").set("registered_machine", "failed"));
        put(second, 1, entry(1).set("registered_machine", "complete"));
        put(first, 2, entry(2).set("ended_at", "2026-06-03T12:00:00Z").set("registered_machine", "late"));
        put(second, 2, entry(2).set("ended_at", "2026-06-03T11:00:00Z").set("registered_machine", "early"));
        put(first, 3, entry(3).set("registered_machine", "b"));
        put(second, 3, entry(3).set("registered_machine", "a"));
        auto found = machines(read_ledger(store));
        std::ranges::sort(found);
        EXPECT_THAT(found, ElementsAre("a", "complete", "early"));
    }
}

TEST_F(ReadTest, WhatIsNoEntryIsLeftOutAndSaid) {
    put(ours, 1, entry(1));
    put(ours + "/" + id(2) + ".json", "{\"schema_version\": 7}");
    put(ours + "/" + id(3) + ".json", "<<<<<<< HEAD\n");
    put(ours + "/notes.json", "{}");
    put(ours + "/" + id(4) + ".json", core::to_json(entry(5)));
    // None of these is an entry at all.
    put(ours + "/README.md", "words");
    put(ours + "/." + id(6) + ".json", "{");
    put(ours + "/.gitattributes", "*.json merge=runlake\n");
    fs::create_directories(ours + "/segments");
    const Ledger ledger = read_ledger(store);
    EXPECT_EQ(ledger.jobs.size(), 1U);
    ASSERT_EQ(ledger.left_out.size(), 4U);
    for (const LeftOut& entry : ledger.left_out) {
        EXPECT_EQ(entry.why.code(), entry.path.ends_with(id(2) + ".json") ? Errc::unsupported : Errc::corrupt) << entry.path << ": " << entry.why.message();
    }
}

TEST_F(ReadTest, PipesAndFoldersWithAnEntrysNameAreNotWaitedFor) {
    ASSERT_EQ(::mkfifo((ours + "/" + id(1) + ".json").c_str(), 0600), 0);
    fs::create_directory(ours + "/" + id(2) + ".json");
    fs::create_symlink("/dev/zero", ours + "/" + id(3) + ".json");
    fs::create_symlink("nowhere", ours + "/" + id(4) + ".json");
    const Ledger ledger = read_ledger(store);
    EXPECT_TRUE(ledger.jobs.empty());
    EXPECT_EQ(ledger.left_out.size(), 4U);
}

TEST_F(ReadTest, AFileInTheFoldersPlaceHoldsNothing) {
    fs::remove_all(ours);
    put(ours, "a file");
    put(theirs, 1, entry(1));
    const Ledger ledger = read_ledger(store);
    EXPECT_EQ(ledger.jobs.size(), 1U);
    EXPECT_TRUE(ledger.left_out.empty());
}

// Entries that aexp wrote, where there are any.
TEST_F(ReadTest, EntriesOfTheOriginalToolAreRead) {
    const char* root = ::getenv("RUNLAKE_SHARED_DATA");
    const fs::path samples = (root != nullptr ? fs::path(root) : fs::path(RUNLAKE_SOURCE_DIR) / "../shared/data") / "aexp";
    if (!fs::is_directory(samples)) { GTEST_SKIP() << "no entries in " << samples << " (RUNLAKE_SHARED_DATA names the folder that holds aexp/)"; }
    std::size_t count = 0;
    for (const auto& file : fs::directory_iterator(samples)) {
        if (file.path().stem().string().size() == 32) {
            fs::copy_file(file.path(), theirs + "/" + file.path().filename().string());
            ++count;
        }
    }
    const Ledger ledger = read_ledger(store);
    ASSERT_EQ(ledger.jobs.size(), count);
    for (const JobEntry& job : ledger.jobs) { EXPECT_TRUE(job.started_at && job.ended_at && job.link && job.tracker && job.code_commit) << job.id.str(); }
}

}  // namespace
}  // namespace runlake::ledger

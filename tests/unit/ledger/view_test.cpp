// SPDX-License-Identifier: Apache-2.0
// The view of the whole ledger: several entries of one id, packs beside files, and a cache that is believed only as far as it may be.
#include "ledger/view.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/text.hpp"
#include "ledger/layout.hpp"
#include "ledger/pack.hpp"
#include "ledger/text.hpp"
#include "ledger/view_cache.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::ledger {
namespace {

namespace fs = std::filesystem;
using core::Errc;
using core::Json;

struct ViewTest : ::testing::Test {
    testing::TempDir temp;
    record::Store store{.root = temp.path(), .dir = temp / ".runlake"};

    void SetUp() override {
        fs::create_directories(packs_folder(store));
        fs::create_directories(extra_folder(store));
        put(store.dir + "/.gitignore", "*\n");
    }
    static std::string id(int seed) { return JobId::of(Json::object().set("seed", seed)).take().str(); }
    static Json entry(int seed, const std::string& machine = "cluster", const std::string& promoted = "2026-06-03T11:48:10Z") {
        Json json = Json::object();
        json.set("schema_version", 1).set("job_id", id(seed)).set("statepoint", Json::object().set("seed", seed)).set("status", "complete");
        return json.set("promoted_at", promoted).set("registered_machine", machine);
    }
    static void put(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
    static std::string get(const std::string& path) {
        std::ostringstream text;
        text << std::ifstream(path, std::ios::binary).rdbuf();
        return text.str();
    }
    std::string path(int seed) const { return own_folder(store) + "/" + id(seed) + ".json"; }
    void put(int seed, const Json& json) const { put(path(seed), ledger_text(json).value_or("")); }
    void pack(std::vector<Json> entries) const {
        std::ranges::sort(entries, {}, [](const Json& one) { return *one.string_at("job_id"); });
        std::vector<std::string> texts;
        std::vector<std::string> ids;
        for (const Json& one : entries) {
            texts.push_back(core::to_json(one));
            ids.push_back(*one.string_at("job_id"));
        }
        std::vector<PackedEntry> packed;
        for (std::size_t i = 0; i < texts.size(); ++i) { packed.push_back({ids[i], texts[i], ""}); }
        for (const PackFile& file : make_packs(packed)) { put(packs_folder(store) + "/" + file.name, file.bytes); }
    }
    std::string machine(const View& view, int seed) const {
        const Item* item = view.find(id(seed));
        return item == nullptr ? "" : item->job().take().machine;
    }
    // Old enough to be believed.
    void age(const std::string& file) const {
        const timespec times[2] = {{1'700'000'000, 0}, {1'700'000'000, 0}};
        ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
    }
};

TEST_F(ViewTest, FilesAndPacksAreOneList) {
    put(1, entry(1));
    pack({entry(2), entry(3)});
    const View view = View::open(store);
    EXPECT_EQ(view.items().size(), 3U);
    EXPECT_TRUE(std::ranges::is_sorted(view.items(), {}, &Item::id));
    EXPECT_FALSE(view.find(id(1))->packed);
    EXPECT_TRUE(view.find(id(2))->packed);
    EXPECT_EQ(view.find("nothing"), nullptr);
    EXPECT_TRUE(view.left_out().empty());
}

TEST_F(ViewTest, OfSeveralEachMachinesLatestAndThenTheEarliestStands) {
    pack({entry(1, "a", "2026-06-03T11:00:00Z").set("ended_at", "2026-06-03T08:00:00Z")});
    pack({entry(1, "b", "2026-06-03T12:00:00Z").set("ended_at", "2026-06-03T10:00:00Z")});
    EXPECT_EQ(machine(View::open(store), 1), "a");
    // a says later that it failed: of what counts now the other one is complete.
    put(1, entry(1, "a", "2026-06-03T13:00:00Z").set("status", "failed"));
    EXPECT_EQ(machine(View::open(store), 1), "b");
}

TEST_F(ViewTest, WhatStandsBesideAnEntryIsReadWithIt) {
    put(1, entry(1));
    Extra extra{.id = id(1), .promoted_at = {0}, .machine = "cluster"};
    extra.metrics["loss"].value = 0.25;
    put(extra_folder(store) + "/" + id(1) + ".json", ledger_text(to_json(extra)).value_or(""));
    const View view = View::open(store);
    EXPECT_EQ(view.find(id(1))->read_extra().take()->metrics.at("loss").value, 0.25);
    put(extra_folder(store) + "/" + id(1) + ".json", "{");
    const View damaged = View::open(store);
    EXPECT_TRUE(damaged.find(id(1))->extra.empty());
    EXPECT_EQ(damaged.left_out().size(), 1U);
}

TEST_F(ViewTest, RunsAreFoundByTheirBeginnings) {
    const auto run = [](const std::string& id) {
        RunEntry entry{.id = core::RunId::parse(id).take(), .promoted_at = {0}, .machine = "m", .stage = "fit"};
        return ledger_text(to_json(entry)).value_or("");
    };
    for (const char* id : {"0123abcd-0000-4000-8000-000000000001", "0123abce-0000-4000-8000-000000000001"}) { put(own_folder(store) + "/" + id + ".json", run(id)); }
    const View view = View::open(store);
    EXPECT_EQ(view.find_run("0123ABCD").take()->run().take().stage, "fit");
    EXPECT_EQ(view.find_run("0123").error().code(), Errc::conflict);
    EXPECT_EQ(view.find_run("9").error().code(), Errc::not_found);
    EXPECT_EQ(view.find_run("*").error().code(), Errc::usage);
}

TEST_F(ViewTest, TheCacheSparesReadingAndIsNeverBelievedBeyondTheStamp) {
    for (int seed = 0; seed < 100; ++seed) {
        put(seed, entry(seed));
        age(path(seed));
    }
    // The time of last change can't be set back: files that were made a moment ago are not kept.
    struct stat info {};
    ASSERT_EQ(::stat(path(1).c_str(), &info), 0);
    const os::Stamp stamp = os::Stamp::of(info);
    const std::string name = "1/" + id(1) + ".json";
    const std::string other = core::to_json(entry(1, "from the cache"));
    ViewCache::save(store, {{name, stamp, other}}, {});
    EXPECT_EQ(machine(View::open(store), 1), "from the cache") << "an equal stamp is believed";
    EXPECT_EQ(machine(View::open(store, {.cache = false}), 1), "cluster");
    put(1, entry(1, "changed"));
    EXPECT_EQ(machine(View::open(store), 1), "changed");
}

TEST_F(ViewTest, ACacheThatIsDamagedCostsAReadingOnly) {
    put(1, entry(1));
    const std::string good = ViewCache::text_of({{"1/a.json", {.device = 1, .inode = 2, .size = 3, .mtime_ns = -4, .ctime_ns = 5, .mode = 6}, "{}"}}, {"p"});
    const ViewCache read = ViewCache::parse(good);
    ASSERT_NE(read.find("1/a.json"), nullptr);
    EXPECT_EQ(read.find("1/a.json")->stamp.mtime_ns, -4);
    EXPECT_EQ(read.find("1/a.json")->text, "{}");
    EXPECT_TRUE(read.has_pack("p"));
    for (std::size_t length = 0; length < good.size(); ++length) {
        const ViewCache cut = ViewCache::parse(good.substr(0, length));
        EXPECT_EQ(cut.size(), 0U) << length;
    }
    fs::create_directories(store.cache());
    put(store.cache() + "/ledger", "garbage");
    EXPECT_EQ(machine(View::open(store), 1), "cluster");
}

TEST_F(ViewTest, APackIsCheckedOnceAndByItsName) {
    pack({entry(1)});
    EXPECT_EQ(View::open(store).items().size(), 1U);
    EXPECT_NE(get(store.cache() + "/ledger").find("P "), std::string::npos);
    const auto file = *fs::directory_iterator(packs_folder(store));
    put(file.path(), get(file.path()) + "x");
    const View view = View::open(store);
    EXPECT_TRUE(view.items().empty());
    ASSERT_EQ(view.left_out().size(), 1U);
    EXPECT_EQ(view.left_out()[0].why.code(), Errc::corrupt);
}

TEST_F(ViewTest, WhereNothingIsIgnoredNothingIsWritten) {
    fs::remove(store.dir + "/.gitignore");
    pack({entry(1)});
    EXPECT_EQ(View::open(store).items().size(), 1U);
    EXPECT_FALSE(fs::exists(store.cache()));
}

}  // namespace
}  // namespace runlake::ledger

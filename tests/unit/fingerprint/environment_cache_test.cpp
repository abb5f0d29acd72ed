// SPDX-License-Identifier: Apache-2.0
// The kept environment: found while nothing changed, forgotten when anything did, never believed when damaged.
#include "fingerprint/environment_cache.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include "fingerprint/ld_cache.hpp"
#include "tests/unit/fingerprint/forged_machine.hpp"

namespace runlake::testing {
namespace {

using fingerprint::cached_environment;
using fingerprint::store_environment;

class EnvironmentCache : public ::testing::Test {
  protected:
    EnvironmentCache() {
        store.dir = files / ".runlake";
        store.root = files.path();
        let_files_age();  // the machine is older than what is learnt of it
    }
    std::string stored() {
        auto digest = store_environment(store, machine.source());
        EXPECT_TRUE(digest.ok()) << (digest.ok() ? "" : digest.error().message());
        return digest.ok() ? digest.value() : "";
    }
    Files files;
    ForgedMachine machine;
    record::Store store;
};

TEST_F(EnvironmentCache, FoundOnceItWasStored) {
    EXPECT_FALSE(cached_environment(store, machine.source()));
    const std::string digest = stored();
    EXPECT_EQ(cached_environment(store, machine.source()), digest);
    const std::string document = os::read_file(store.environments() + "/" + digest + ".json").value_or("");
    EXPECT_EQ(document, fingerprint::collect_environment(machine.source()).document);
}

TEST_F(EnvironmentCache, SettingsAreTakenAnewAndTheirDocumentIsWritten) {
    const std::string digest = stored();
    auto source = machine.source();
    (*source.variables)["OMP_NUM_THREADS"] = "64";
    const auto other = cached_environment(store, source);
    ASSERT_TRUE(other);
    EXPECT_NE(*other, digest);
    EXPECT_EQ(os::read_file(store.environments() + "/" + *other + ".json").value_or(""), fingerprint::collect_environment(source).document);
}

TEST_F(EnvironmentCache, ForgottenWhenAnythingItWasReadFromChanges) {
    const std::vector<std::function<void()>> changes = {
        [&] { machine.write("var/lib/dpkg/status", "Package: x\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n"); },
        [&] { machine.write("usr/lib/python3/dist-packages/new-1.0.dist-info/METADATA", ""); },
        [&] { machine.write("etc/os-release", "ID=other\n"); },
        [&] { machine.write("etc/ld.so.cache", ld_cache({})); },
        [&] {
            machine.write("usr/local/bin/gcc", "earlier on PATH");
            ::chmod((machine / "usr/local/bin/gcc").c_str(), 0755);
        },
        [&] { machine.remove("usr/local/bin/gcc"); },
        [&] { machine.write("usr/local/lib/python3.11/site-packages/y-2.dist-info/METADATA", ""); },
        [&] { machine.write(".dockerenv", ""); },
    };
    for (std::size_t i = 0; i < changes.size(); ++i) {
        stored();
        ASSERT_TRUE(cached_environment(store, machine.source())) << i;
        changes[i]();
        EXPECT_FALSE(cached_environment(store, machine.source())) << i;
        let_files_age();
        EXPECT_EQ(stored(), fingerprint::collect_environment(machine.source()).digest) << i;
    }
}

TEST_F(EnvironmentCache, WhatChangedJustNowIsNotKept) {
    machine.write("etc/os-release", "ID=new\n");
    const auto begun = os::stamping_clock_ns();
    if (machine.stamp("etc/os-release").newest_ns() >= begun) {
        stored();
        EXPECT_FALSE(cached_environment(store, machine.source())) << "it could change again in the same tick";
    }
    let_files_age();
    stored();
    EXPECT_TRUE(cached_environment(store, machine.source()));
}

TEST_F(EnvironmentCache, DamageMeansCollectingAnew) {
    const std::string digest = stored();
    const std::string folder = store.cache() + "/environment";
    const std::vector<std::function<void(std::string&)>> ways = {[](std::string& text) { text.clear(); }, [](std::string& text) { text.resize(text.size() / 2); },
                                                                 [](std::string& text) { text[text.size() / 2] ^= 1; }, [](std::string& text) { text += "x"; }};
    for (const auto& way : ways) {
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            std::string text = os::read_file(entry.path()).value_or("");
            way(text);
            std::ofstream(entry.path(), std::ios::binary | std::ios::trunc) << text;
        }
        EXPECT_FALSE(cached_environment(store, machine.source()));
        EXPECT_EQ(stored(), digest);
    }
}

TEST_F(EnvironmentCache, ADocumentThatIsGoneIsWrittenAgain) {
    const std::string digest = stored();
    std::filesystem::remove_all(store.environments());
    EXPECT_EQ(cached_environment(store, machine.source()), digest);
    EXPECT_TRUE(os::exists(store.environments() + "/" + digest + ".json"));
}

TEST_F(EnvironmentCache, AStoreThatCannotBeWrittenIsAnError) {
    files.write(".runlake", "a file");
    auto digest = store_environment(store, machine.source());
    ASSERT_FALSE(digest.ok());
    EXPECT_NE(digest.error().message().find("environments"), std::string::npos);
}

TEST_F(EnvironmentCache, StopGivesNothingHalf) {
    auto source = machine.source();
    source.stop = [] { return true; };
    auto digest = store_environment(store, source);
    ASSERT_FALSE(digest.ok());
    EXPECT_EQ(digest.error().code(), core::Errc::interrupted);
    EXPECT_FALSE(os::exists(store.environments()));
}

TEST_F(EnvironmentCache, OldKeysDoNotPileUp) {
    for (int i = 0; i < 200; ++i) {
        auto source = machine.source();
        (*source.variables)["HOME"] = core::cat("/home/", i);
        ASSERT_TRUE(store_environment(store, source).ok());
    }
    EXPECT_LE(os::list_dir(store.cache() + "/environment").value_or({}).size(), 130U);
}

TEST_F(EnvironmentCache, OnceAProcess) {
    auto first = fingerprint::process_environment(store);
    ASSERT_TRUE(first.ok());
    std::filesystem::remove_all(store.dir);
    auto second = fingerprint::process_environment(store);
    ASSERT_TRUE(second.ok());
    EXPECT_EQ(first.value(), second.value());
    EXPECT_FALSE(os::exists(store.dir)) << "answered from memory";
}

TEST(KeptSummary, ReadsBackAsWritten) {
    fingerprint::KeptSummary summary;
    summary.groups.push_back({.name = "machine", .text = "", .digest = std::string(64, 'a')});
    summary.read_from = {{"/a path with spaces", "1.2.3.4"}, {"/missing", "-"}};
    const std::string text = fingerprint::write_summary(summary);
    auto read = fingerprint::read_summary(text);
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read.value().read_from, summary.read_from);
    EXPECT_EQ(fingerprint::write_summary(read.value()), text);
    for (std::size_t cut = 0; cut < text.size(); ++cut) { ASSERT_FALSE(fingerprint::read_summary(text.substr(0, cut)).ok()) << cut; }
}

TEST(LdCache, GarbageGivesNothing) {
    const std::string good = ld_cache({{"liba.so.1", "/lib/liba.so.1"}});
    ASSERT_EQ(fingerprint::parse_ld_cache(good).size(), 1U);
    EXPECT_EQ(fingerprint::parse_ld_cache("ld.so-1.7.0" + std::string(20, 'x') + good).size(), 1U) << "behind an old format";
    EXPECT_TRUE(fingerprint::parse_ld_cache("").empty());
    for (std::size_t cut = 0; cut < good.size(); ++cut) { EXPECT_TRUE(fingerprint::parse_ld_cache(good.substr(0, cut)).empty()) << cut; }
    std::string wild = good;
    for (std::size_t i = 20; i < 72; ++i) { wild[i] = static_cast<char>(0xff); }
    EXPECT_TRUE(fingerprint::parse_ld_cache(wild).empty());
}

}  // namespace
}  // namespace runlake::testing

// SPDX-License-Identifier: Apache-2.0
// The workspace: ids, the two files, prefixes, concurrent changes, what is damaged, signac 1.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <limits>
#include <thread>

#include "jobs/config.hpp"
#include "os/fault.hpp"
#include "os/files.hpp"
#include "tests/unit/jobs/support.hpp"

namespace runlake::jobs {
namespace {

using core::Errc;
using core::Json;
using ::testing::HasSubstr;

using RunStoreTest = Project;

TEST_F(RunStoreTest, IsMadeAsSignacMakesIt) {
    EXPECT_EQ(RunStore::find(store_).error().code(), Errc::not_found);
    const RunStore store = make_store();
    EXPECT_EQ(read(root_ / ".runs/.signac/config"), "schema_version = 2\n");
    EXPECT_EQ(read(root_ / ".runs/.gitignore"), "*\n");
    EXPECT_TRUE(std::filesystem::is_directory(root_ / ".runs/workspace"));
    EXPECT_TRUE(RunStore::find(store_).ok());
    EXPECT_TRUE(store.ids().take().empty());
}

TEST_F(RunStoreTest, LeavesAFolderOfTheUsersAsItIs) {
    write(root_ / ".runs/mine.txt", "x");
    make_store();
    EXPECT_FALSE(std::filesystem::exists(root_ / ".runs/.gitignore"));
    EXPECT_EQ(read(root_ / ".runs/mine.txt"), "x");
}

TEST_F(RunStoreTest, WritesTheBytesThatSignacWrites) {
    const RunStore store = make_store();
    const Job job = make_job(store, R"({"z":1,"a":[1.0,true,null,"é\u007f"],"m":{"y":1e-5}})", R"({"status":"created","n":{}})");
    EXPECT_EQ(job.id.str(), core::JobId::of(job.state_point).take().str());
    EXPECT_EQ(read(job.folder + "/signac_statepoint.json"), R"({"z": 1, "a": [1.0, true, null, "\u00e9\u007f"], "m": {"y": 1e-05}})");
    EXPECT_EQ(read(job.folder + "/signac_job_document.json"), R"({"status": "created", "n": {}})");
    const auto again = store.make(job.state_point, [](Json& document) { document.set("other", 1); });
    ASSERT_TRUE(again.ok());
    EXPECT_FALSE(again.value().is_new);
    EXPECT_EQ(again.value().job.document, job.document);
    EXPECT_EQ(store.ids().take().size(), 1U);
    for (const auto& entry : std::filesystem::directory_iterator(store.workspace())) { EXPECT_EQ(entry.path().filename().string(), job.id.str()); }
}

TEST_F(RunStoreTest, ReadsAnySpacingAndOrder) {
    const RunStore store = make_store();
    const std::filesystem::path folder = std::filesystem::path(store.workspace()) / "42b7b4f2921788ea14dac5566e6f06d0";
    write(folder / "signac_statepoint.json", "\n{\t\"a\" :\r\n 1}\n\n");
    const auto without = store.read(core::JobId::parse("42b7b4f2921788ea14dac5566e6f06d0").take());
    ASSERT_TRUE(without.ok()) << without.error().message();
    EXPECT_EQ(without.value().document, Json::object());
    write(folder / "signac_job_document.json", R"({"loss":NaN,"most" : -Infinity,"text":"NaN, Infinity"})");
    const auto changed = store.update(without.value().id, [](Json& document) {
        document.set("status", "complete");
        return core::ok();
    });
    ASSERT_TRUE(changed.ok()) << changed.error().message();
    EXPECT_EQ(read(folder / "signac_job_document.json"), R"({"loss": NaN, "most": -Infinity, "text": "NaN, Infinity", "status": "complete"})");
}

TEST_F(RunStoreTest, KeepsWhatItDoesNotKnowAndItsOrder) {
    const RunStore store = make_store();
    const Job job = make_job(store, R"({"a":1})", R"({"zeta":{"b":1,"a":[]},"status":"created","big":123456789012345678901234567890})");
    const auto changed = store.update(job.id, [](Json& document) {
        document.set("status", "running");
        return core::ok();
    });
    ASSERT_TRUE(changed.ok());
    EXPECT_EQ(read(job.folder + "/signac_job_document.json"), R"({"zeta": {"b": 1, "a": []}, "status": "running", "big": 123456789012345678901234567890})");
}

TEST_F(RunStoreTest, WritesNothingWhenNothingChangesOrTheChangeRefuses) {
    const RunStore store = make_store();
    const Job job = make_job(store, R"({"a":1})");
    const std::string path = job.folder + "/signac_job_document.json";
    write(path, "{ \"status\":\"created\" }");
    EXPECT_TRUE(store.update(job.id, [](Json&) { return core::ok(); }).ok());
    const auto refused = store.update(job.id, [](Json& document) -> core::Status {
        document.set("status", "failed");
        return core::Error(Errc::conflict, "no");
    });
    EXPECT_EQ(refused.error().code(), Errc::conflict);
    EXPECT_EQ(read(path), "{ \"status\":\"created\" }");
}

TEST_F(RunStoreTest, RefusesWhatIsNoStatePoint) {
    const RunStore store = make_store();
    const auto message = [&](const Json& state_point) {
        const auto made = store.make(state_point, {});
        EXPECT_FALSE(made.ok());
        return made.ok() ? "" : made.error().message();
    };
    EXPECT_THAT(message(Json(1)), HasSubstr("no JSON object"));
    EXPECT_THAT(message(json(R"({"a":{"b.c":1}})")), HasSubstr("\"b.c\" has a dot"));
    EXPECT_THAT(message(json(R"({"":1})")), HasSubstr("empty"));
    EXPECT_THAT(message(Json::object().set("a", json("[[1]]")).set("lr", std::numeric_limits<double>::quiet_NaN())), HasSubstr("at lr"));
    Json deep;
    for (int i = 0; i < 150; ++i) { deep = Json(core::JsonArray{deep}); }
    EXPECT_THAT(message(Json::object().set("a", deep)), HasSubstr("levels deep"));
    EXPECT_TRUE(store.ids().take().empty());
}

TEST_F(RunStoreTest, NamesDamagedJobsAndReadsTheOthers) {
    const RunStore store = make_store();
    const Job good = make_job(store, R"({"a":1})");
    const Job changed = make_job(store, R"({"a":2})");
    const Job torn = make_job(store, R"({"a":3})");
    const Job empty = make_job(store, R"({"a":4})");
    const Job no_object = make_job(store, R"({"a":5})");
    write(changed.folder + "/signac_statepoint.json", R"({"a": 3})");
    write(torn.folder + "/signac_job_document.json", R"({"status": "comp)");
    std::filesystem::remove(empty.folder + "/signac_statepoint.json");
    write(no_object.folder + "/signac_job_document.json", "[]");
    write(std::filesystem::path(store.workspace()) / "notes.txt", "x");
    write(std::filesystem::path(store.workspace()) / (good.id.str() + "-copy") / "signac_statepoint.json", "{}");
    const auto all = store.read_all();
    ASSERT_TRUE(all.ok());
    ASSERT_EQ(all.value().jobs.size(), 1U);
    EXPECT_EQ(all.value().jobs[0].id, good.id);
    ASSERT_EQ(all.value().left_out.size(), 4U);
    for (const LeftOut& one : all.value().left_out) { EXPECT_EQ(one.why.code(), Errc::corrupt) << one.why.message(); }
    EXPECT_THAT(store.read(changed.id).error().message(), HasSubstr(core::JobId::of(json(R"({"a":3})")).take().str()));
    // A change of a damaged document would lose what is in it.
    EXPECT_EQ(store.update(torn.id, [](Json&) { return core::ok(); }).error().code(), Errc::corrupt);
    EXPECT_EQ(read(torn.folder + "/signac_job_document.json"), R"({"status": "comp)");
}

TEST_F(RunStoreTest, FindsJobsByTheBeginningOfTheirIds) {
    const RunStore store = make_store();
    std::vector<Job> jobs;
    for (int i = 0; i < 40; ++i) { jobs.push_back(make_job(store, "{\"a\":" + std::to_string(i) + "}")); }
    EXPECT_EQ(store.resolve(jobs[7].id.str()).take(), jobs[7].id);
    EXPECT_EQ(store.resolve(jobs[7].id.brief()).take(), jobs[7].id);
    // Of 40 ids two begin alike.
    std::string shared;
    for (const Job& a : jobs) {
        for (const Job& b : jobs) {
            if (a.id != b.id && a.id.str()[0] == b.id.str()[0]) { shared = a.id.str().substr(0, 1); }
        }
    }
    const auto ambiguous = store.resolve(shared);
    ASSERT_FALSE(ambiguous.ok());
    EXPECT_EQ(ambiguous.error().code(), Errc::conflict);
    EXPECT_THAT(ambiguous.error().message(), HasSubstr("begin with it"));
    EXPECT_EQ(store.resolve("ffffffffffff").error().code(), Errc::not_found);
    for (const std::string_view hostile : {"", "../", "..", "XYZ", "42B7", "/etc", "42b7b4f2921788ea14dac5566e6f06d00"}) { EXPECT_EQ(store.resolve(hostile).error().code(), Errc::usage) << hostile; }
}

TEST_F(RunStoreTest, LosesNothingBetweenProcessesThatChangeOneDocument) {
    const RunStore store = make_store();
    const Job job = make_job(store, R"({"a":1})", "{}");
    constexpr int k_processes = 8;
    constexpr int k_changes = 10;
    std::vector<pid_t> children;
    for (int i = 0; i < k_processes; ++i) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            bool good = true;
            for (int n = 0; n < k_changes; ++n) {
                good = good && store.update(job.id, [&](Json& document) {
                                        document.set("count", document.integer_at("count").value_or(0) + 1).set("p" + std::to_string(i), n);
                                        return core::ok();
                                    }).ok();
            }
            ::_exit(good ? 0 : 1);
        }
        children.push_back(pid);
    }
    for (const pid_t child : children) {
        int status = -1;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    const Job after = store.read(job.id).take();
    EXPECT_EQ(after.document.integer_at("count"), k_processes * k_changes);
    for (int i = 0; i < k_processes; ++i) { EXPECT_EQ(after.document.integer_at("p" + std::to_string(i)), k_changes - 1); }
}

TEST_F(RunStoreTest, DoesNotWriteOverWhatAProgramWithoutLocksHasWritten) {
    const RunStore store = make_store();
    const Job job = make_job(store, R"({"a":1})", "{}");
    int calls = 0;
    const auto changed = store.update(job.id, [&](Json& document) {
        // Between our reading and our writing signac replaces the file.
        if (calls++ == 0) {
            write(job.folder + "/other", R"({"theirs": 1})");
            std::filesystem::rename(job.folder + "/other", job.folder + "/signac_job_document.json");
        }
        document.set("ours", 2);
        return core::ok();
    });
    ASSERT_TRUE(changed.ok());
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(read(job.folder + "/signac_job_document.json"), R"({"theirs": 1, "ours": 2})");
}

TEST_F(RunStoreTest, MakesOneJobOfOneStatePointHoweverManyTry) {
    const RunStore store = make_store();
    std::atomic<int> made{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            const auto one = store.make(json(R"({"a":1})"), [](Json& document) { document.set("status", "created"); });
            EXPECT_TRUE(one.ok()) << (one.ok() ? "" : one.error().message());
            if (one.ok() && one.value().is_new) { ++made; }
        });
    }
    for (std::thread& thread : threads) { thread.join(); }
    EXPECT_EQ(made, 1);
    EXPECT_EQ(os::list_dir(store.workspace()).take().size(), 1U);
}

TEST_F(RunStoreTest, MendsAFolderThatItsMakerLeftWithoutAStatePoint) {
    const RunStore store = make_store();
    const core::JobId id = core::JobId::of(json(R"({"a":1})")).take();
    std::filesystem::create_directories(store.folder(id));
    const Job job = make_job(store, R"({"a":1})");
    EXPECT_EQ(job.document.string_at("status"), "created");
    EXPECT_TRUE(store.read(id).ok());
}

TEST_F(RunStoreTest, ADiskThatFailsLeavesThingsAsTheyWere) {
    const RunStore store = make_store();
    const Job job = make_job(store, R"({"a":1})");
    const std::string before = read(job.folder + "/signac_job_document.json");
    for (const std::string_view fault : {"job.document.write:enospc", "job.document.write:short:2", "job.document.write:eio:3", "job.document.write:erofs:4", "lease.create:eacces"}) {
        ASSERT_TRUE(os::configure_faults(fault));
        EXPECT_FALSE(store.update(job.id, [](Json& document) {
                              document.set("status", "failed");
                              return core::ok();
                          }).ok())
            << fault;
        ASSERT_TRUE(os::configure_faults(""));
        EXPECT_EQ(read(job.folder + "/signac_job_document.json"), before) << fault;
        EXPECT_EQ(os::list_dir(job.folder).take().size(), 2U) << fault;
    }
    for (const std::string_view fault : {"job.create:enospc", "job.write:short", "job.write:eio:3", "job.publish:enospc"}) {
        ASSERT_TRUE(os::configure_faults(fault));
        EXPECT_FALSE(store.make(json(R"({"a":2})"), {}).ok()) << fault;
        ASSERT_TRUE(os::configure_faults(""));
        EXPECT_EQ(os::list_dir(store.workspace()).take().size(), 1U) << fault;
    }
}

TEST_F(RunStoreTest, ReadsASignac1ProjectAndLeavesItAlone) {
    write(root_ / "signac.rc", "project = demo\nworkspace_dir = ws\nschema_version = 1\n[hosts]\n x y\n");
    write(root_ / "ws/42b7b4f2921788ea14dac5566e6f06d0/signac_statepoint.json", R"({"a": 1})");
    const auto store = RunStore::find(store_);
    ASSERT_TRUE(store.ok()) << store.error().message();
    EXPECT_EQ(store.value().layout(), Layout::signac1);
    EXPECT_EQ(store.value().read_all().take().jobs.size(), 1U);
    EXPECT_EQ(store.value().make(json(R"({"a":2})"), {}).error().code(), Errc::unsupported);
    EXPECT_EQ(store.value().update(store.value().ids().take()[0], [](Json&) { return core::ok(); }).error().code(), Errc::unsupported);
}

TEST_F(RunStoreTest, RefusesOtherSchemas) {
    write(root_ / ".runs/.signac/config", "schema_version = 3\n");
    EXPECT_EQ(RunStore::find(store_).error().code(), Errc::unsupported);
    EXPECT_EQ(RunStore::create(store_).error().code(), Errc::unsupported);
    write(root_ / ".runs/.signac/config", "schema_version = many\n");
    EXPECT_EQ(RunStore::find(store_).error().code(), Errc::corrupt);
    write(root_ / ".runs/.signac/config", "# mine\nschema_version = \"2\"\nextra = 1\n");
    EXPECT_TRUE(RunStore::find(store_).ok());
}

}  // namespace
}  // namespace runlake::jobs

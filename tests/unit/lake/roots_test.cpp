// SPDX-License-Identifier: Apache-2.0
// The roots: defaults, both families of variables, staging, remotes, and what is refused.
#include <gmock/gmock.h>

#include <map>
#include <string>

#include "lake/roots.hpp"

namespace runlake::lake {
namespace {

using core::Errc;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Variables = std::map<std::string, std::string>;

core::Result<Roots> resolve(const Variables& variables, bool has_dossier = false) {
    return resolve_roots({.base = "/p",
                          .store = "/p/.runlake",
                          .variable = [&](const char* name) -> std::optional<std::string> {
                              const auto found = variables.find(name);
                              return found == variables.end() ? std::nullopt : std::optional(found->second);
                          },
                          .is_folder = [&](const std::string& path) { return has_dossier && path == "/p/dossiers/wonton-soup"; }});
}

Roots resolved(const Variables& variables, bool has_dossier = false) {
    auto roots = resolve(variables, has_dossier);
    EXPECT_TRUE(roots.ok()) << (roots.ok() ? "" : roots.error().message());
    return roots.ok() ? std::move(roots).take() : Roots();
}

TEST(Roots, WithoutVariablesEverythingIsInTheProject) {
    const Roots roots = resolved({});
    EXPECT_EQ(roots.lake.path, "/p/.runlake/lake");
    EXPECT_EQ(roots.database, "/p/.runlake/lake/lake.duckdb");
    EXPECT_EQ(roots.exports, "/p/.runlake/lake/exports");
    EXPECT_EQ(roots.jobs, "/p/.runlake/lake/jobs");
    EXPECT_EQ(roots.references, "/p/.runlake/lake/reference");
    EXPECT_EQ(roots.logs.path, "/p/logs");
    EXPECT_FALSE(roots.remote || roots.remote_lake || roots.remote_logs || roots.remote_log_archives);
    EXPECT_THAT(roots.notes, IsEmpty());
}

TEST(Roots, AProjectOfTheSeedsLayoutKeepsItsFolders) {
    const Roots roots = resolved({}, true);
    EXPECT_EQ(roots.lake.path, "/p/dossiers/wonton-soup/outputs/lake");
    EXPECT_EQ(roots.logs.path, "/p/dossiers/wonton-soup/logs");
}

TEST(Roots, OfTheSpecterFamilyHaveTheSegment) {
    Roots roots = resolved({{"SPECTER_ARTIFACT_ROOT", "/far"}, {"SPECTER_LOG_ROOT", "/farlogs"}, {"SPECTER_RUNTIME_ROOT", "/near"}});
    EXPECT_EQ(roots.lake.path, "/near/wonton-soup/artifacts/lake");
    EXPECT_EQ(roots.remote_lake->path, "/far/wonton-soup/artifacts/lake");
    EXPECT_EQ(roots.logs.path, "/near/wonton-soup/logs");
    EXPECT_EQ(roots.remote_logs->path, "/farlogs/wonton-soup/logs");
    EXPECT_EQ(roots.remote_log_archives->path, "/farlogs/wonton-soup/log-archives");
    EXPECT_EQ(roots.remote->kind, RemoteKind::folder);
    roots = resolved({{"SPECTER_ARTIFACT_ROOT", "/far"}, {"SPECTER_LOG_ROOT", "/farlogs"}});
    EXPECT_EQ(roots.lake.path, "/p/tmp/runtime-artifacts/wonton-soup/artifacts/lake");
    EXPECT_EQ(roots.logs.path, "/p/tmp/runtime-logs/wonton-soup/logs");
}

TEST(Roots, OfOurFamilyHaveNone) {
    Roots roots = resolved({{"RUNLAKE_ARTIFACT_ROOT", "/far/"}, {"RUNLAKE_LOG_ROOT", "up/../logs2"}});
    EXPECT_EQ(roots.lake.path, "/p/.runlake/lake");
    EXPECT_EQ(roots.remote_lake->path, "/far/artifacts/lake");
    EXPECT_EQ(roots.logs.path, "/p/logs");
    EXPECT_EQ(roots.remote_logs->path, "/p/logs2/logs");
    roots = resolved({{"RUNLAKE_ARTIFACT_ROOT", "/far"}, {"RUNLAKE_RUNTIME_ROOT", "near"}});
    EXPECT_EQ(roots.lake.path, "/p/near/artifacts/lake");
    EXPECT_THAT(roots.lake.why, HasSubstr("RUNLAKE_RUNTIME_ROOT"));
}

TEST(Roots, OursWinsAndAVariableThatChangesNothingIsSaid) {
    const Roots roots = resolved({{"RUNLAKE_ARTIFACT_ROOT", "/a"}, {"SPECTER_ARTIFACT_ROOT", "/b"}, {"SPECTER_RUNTIME_ROOT", "/near"}});
    EXPECT_EQ(roots.remote_lake->path, "/a/artifacts/lake");
    EXPECT_EQ(roots.lake.path, "/near/wonton-soup/artifacts/lake");
    EXPECT_THAT(roots.notes, ElementsAre(HasSubstr("SPECTER_ARTIFACT_ROOT is not used")));
    EXPECT_THAT(resolved({{"RUNLAKE_RUNTIME_ROOT", "/near"}, {"RUNLAKE_REMOTE", "a@b:1"}}).notes,
                ElementsAre(HasSubstr("RUNLAKE_REMOTE changes nothing"), HasSubstr("RUNLAKE_RUNTIME_ROOT changes nothing")));
}

TEST(Roots, EveryVariableThatIsEmptyIsRefusedByItsName) {
    for (const std::string name : {"ARTIFACT_ROOT", "RUNTIME_ROOT", "LOG_ROOT"}) {
        for (const std::string family : {"RUNLAKE_", "SPECTER_"}) {
            for (const std::string text : {"", " "}) {
                const auto roots = resolve({{family + name, text}});
                ASSERT_FALSE(roots.ok()) << family << name;
                EXPECT_EQ(roots.error().code(), Errc::usage);
                EXPECT_THAT(roots.error().message(), HasSubstr(family + name + " is set but empty"));
            }
        }
    }
    EXPECT_EQ(resolve({{"RUNLAKE_REMOTE", ""}}).error().code(), Errc::usage);
    // An empty one is refused even where the other name wins.
    EXPECT_FALSE(resolve({{"RUNLAKE_ARTIFACT_ROOT", "/a"}, {"SPECTER_ARTIFACT_ROOT", ""}}).ok());
}

TEST(Roots, RemotesAreReadWhole) {
    const Variables far = {{"RUNLAKE_ARTIFACT_ROOT", "/far"}};
    const auto with = [&](const std::string& name, const std::string& text) {
        Variables variables = far;
        variables[name] = text;
        return resolve(variables);
    };
    const auto remote = resolved({{"RUNLAKE_ARTIFACT_ROOT", "/far"}, {"SPECTER_REMOTE_SSH", "ann@store.example:2222"}}).remote;
    ASSERT_TRUE(remote);
    EXPECT_EQ(remote->kind, RemoteKind::ssh);
    EXPECT_EQ(remote->user + "|" + remote->host + "|" + std::to_string(remote->port), "ann|store.example|2222");
    EXPECT_TRUE(with("RUNLAKE_REMOTE", "ssh://ann@store:22").ok());
    EXPECT_EQ(with("RUNLAKE_REMOTE", "rclone:backup:base").take().remote->name, "backup:base");
    for (const std::string text : {"store", "ann@store", "ann@store:", "ann@store:0", "ann@store:65536", "ann@store:22x", "-oProxyCommand=x@h:1", "a@-h:1", "@h:1", "a@:1",
                                   "a b@h:1", "rclone:", "rclone:backup", "rclone::local:", "rclone:-x:"}) {
        const auto roots = with("RUNLAKE_REMOTE", text);
        ASSERT_FALSE(roots.ok()) << text;
        EXPECT_EQ(roots.error().code(), Errc::usage) << text;
    }
    EXPECT_FALSE(with("SPECTER_REMOTE_SSH", "rclone:backup:").ok());
    EXPECT_FALSE(with("SPECTER_REMOTE_SSH", "ssh://ann@store:22").ok());
}

TEST(Roots, OnAnotherMachineARelativePathIsRefused) {
    const auto roots = resolve({{"RUNLAKE_ARTIFACT_ROOT", "far"}, {"RUNLAKE_REMOTE", "a@b:1"}});
    ASSERT_FALSE(roots.ok());
    EXPECT_THAT(roots.error().message(), HasSubstr("RUNLAKE_ARTIFACT_ROOT"));
    // In an object store it is a bucket.
    EXPECT_EQ(resolved({{"RUNLAKE_ARTIFACT_ROOT", "bucket/x"}, {"RUNLAKE_REMOTE", "rclone:s3:"}}).remote_lake->path, "bucket/x/artifacts/lake");
}

}  // namespace
}  // namespace runlake::lake

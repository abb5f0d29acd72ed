// SPDX-License-Identifier: Apache-2.0
// Laws of the lake's roots, for any values of all their variables.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "lake/roots.hpp"
#include "os/files.hpp"
#include "tests/support/random.hpp"

namespace runlake::lake {
namespace {

using Variables = std::map<std::string, std::string>;

const std::vector<std::string> k_names = {"RUNLAKE_ARTIFACT_ROOT", "RUNLAKE_RUNTIME_ROOT", "RUNLAKE_LOG_ROOT", "RUNLAKE_REMOTE", "SPECTER_ARTIFACT_ROOT", "SPECTER_RUNTIME_ROOT", "SPECTER_LOG_ROOT", "SPECTER_REMOTE_SSH"};
const std::vector<std::string> k_paths = {"/srv/team", "/srv/../etc", "here", "../there", ".", "/", "a b", "-rf", "$(touch x)", "/srv//team/", "\xff", " ", ""};
const std::vector<std::string> k_remotes = {"ann@host:22", "ann@host:0", "ann@host:65536", "ann@-oX:22", "-oX@host:22", "a b@h:1", "ann@h;x:1", "ssh://ann@host:2222", "rclone:store:", "rclone:store:bucket/x", "rclone:-x:", "rclone::x", "host", "", " "};

core::Result<Roots> resolve(const Variables& variables) {
    return resolve_roots({.base = "/p",
                          .store = "/p/.runlake",
                          .variable = [&](const char* name) -> std::optional<std::string> {
                              const auto found = variables.find(name);
                              return found == variables.end() ? std::nullopt : std::optional(found->second);
                          },
                          .is_folder = [](const std::string&) { return false; }});
}

void expect_place(const std::string& path) {
    EXPECT_TRUE(path.starts_with('/')) << path;
    EXPECT_EQ(path, os::lexically_normal(path));
}

bool is_set(const Variables& variables, const std::string& what) { return variables.contains("RUNLAKE_" + what) || variables.contains("SPECTER_" + what); }

TEST(LakeRootsProperty, AnyEnvironmentGivesPlacesOrSaysWhichVariableIsWrong) {
    testing::Random random;
    std::size_t resolved = 0;
    for (int round = 0; round < 20000; ++round) {
        Variables variables;
        for (const std::string& name : k_names) {
            if (!random.chance(3)) { continue; }
            variables[name] = random.pick(name.find("REMOTE") == std::string::npos ? k_paths : k_remotes);
        }
        const auto roots = resolve(variables);
        bool empty = false;
        for (const auto& [name, value] : variables) { empty = empty || core::trim(value).empty(); }
        if (!roots.ok()) {
            EXPECT_EQ(roots.error().code(), core::Errc::usage);
            bool names_one = false;
            for (const auto& [name, value] : variables) { names_one = names_one || roots.error().message().find(name) != std::string::npos; }
            EXPECT_TRUE(names_one) << roots.error().message();
            continue;
        }
        ++resolved;
        EXPECT_FALSE(empty) << "set but empty is never a default";
        for (const std::string& path : {roots.value().lake.path, roots.value().logs.path, roots.value().database, roots.value().exports, roots.value().jobs, roots.value().references}) { expect_place(path); }
        EXPECT_EQ(roots.value().remote_lake.has_value(), is_set(variables, "ARTIFACT_ROOT"));
        EXPECT_EQ(roots.value().remote_logs.has_value(), is_set(variables, "LOG_ROOT"));
        EXPECT_EQ(roots.value().remote.has_value(), roots.value().remote_lake || roots.value().remote_logs);
        if (roots.value().remote && roots.value().remote->kind == RemoteKind::ssh) {
            // Words that ssh is started with: none is an option, none ends one.
            for (const std::string& word : {roots.value().remote->user, roots.value().remote->host}) {
                EXPECT_FALSE(word.empty() || word.starts_with('-'));
                EXPECT_EQ(word.find_first_of(" ;$\n@:/"), std::string::npos) << word;
            }
            EXPECT_TRUE(roots.value().remote->port > 0 && roots.value().remote->port < 65536);
            if (roots.value().remote_lake) { expect_place(roots.value().remote_lake->path); }
        }
        // The same again, whatever else the environment holds.
        Variables more = variables;
        more["UNRELATED"] = "x";
        const auto again = resolve(more);
        ASSERT_TRUE(again.ok());
        EXPECT_EQ(again.value().lake.path, roots.value().lake.path);
        EXPECT_EQ(again.value().logs.path, roots.value().logs.path);
    }
    EXPECT_GT(resolved, 1000U) << "the generator makes too little that is right";
}

}  // namespace
}  // namespace runlake::lake

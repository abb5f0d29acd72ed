// SPDX-License-Identifier: Apache-2.0
// A repository made by the git command, for tests; no configuration of the user's is read.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "git/repository.hpp"
#include "git/tree_state.hpp"
#include "os/child.hpp"
#include "os/files.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::testing {

// git and libgit2 must not see the configuration of whoever runs the tests. libgit2 reads HOME when it is loaded, so this stands before everything.
// Below a file nothing can be, and root can make nothing.
inline const bool g_no_user_configuration = [] {
    ::setenv("HOME", "/dev/null", 1);
    ::setenv("XDG_CONFIG_HOME", "/dev/null", 1);
    ::setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    ::setenv("GIT_CONFIG_SYSTEM", "/dev/null", 1);
    for (const char* who : {"AUTHOR", "COMMITTER"}) {
        ::setenv((std::string("GIT_") + who + "_NAME").c_str(), "Test", 1);
        ::setenv((std::string("GIT_") + who + "_EMAIL").c_str(), "test@example.org", 1);
        ::setenv((std::string("GIT_") + who + "_DATE").c_str(), "2025-01-09T14:23:15Z", 1);
    }
    return true;
}();

inline void write_file(const std::string& path, std::string_view text) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

inline std::string slurp(const std::string& path) {
    std::stringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

class GitRepo {
  public:
    GitRepo() : path_(dir_ / "repo") {
        std::filesystem::create_directory(path_);
        git({"init", "-q", "-b", "main"});
    }
    // A copy of another repository's commits in a folder of its own.
    explicit GitRepo(const GitRepo& other, const std::vector<std::string>& options) : path_(dir_ / "repo") {
        std::vector<std::string> words = {"git", "clone", "-q"};
        words.insert(words.end(), options.begin(), options.end());
        words.insert(words.end(), {other.path(), path_});
        run(words);
    }

    const std::string& path() const { return path_; }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }
    void write(const std::string& name, std::string_view text) const { write_file(*this / name, text); }
    void remove(const std::string& name) const { std::filesystem::remove_all(*this / name); }

    static std::string run(const std::vector<std::string>& words) {
        auto output = os::run_program(words, 60000);
        EXPECT_TRUE(output.ok());
        if (!output.ok()) { return ""; }
        EXPECT_TRUE(WIFEXITED(output.value().status) && WEXITSTATUS(output.value().status) == 0)
            << core::join(words, " ") << "\n" << output.value().out << output.value().err;
        return output.value().out;
    }
    std::string git(std::vector<std::string> words) const {
        words.insert(words.begin(), {"git", "-C", path_, "-c", "protocol.file.allow=always"});
        return run(words);
    }
    std::string commit(const std::string& message = "work") const {
        git({"add", "-A"});
        git({"commit", "-q", "-m", message});
        return head();
    }
    std::string head() const { return std::string(core::trim(git({"rev-parse", "HEAD"}))); }

    git::Location where() const {
        auto found = git::find_repository(path_);
        if (!found.ok() || !found.value()) { ::abort(); }
        return *found.value();
    }
    git::TreeState state(git::TreeOptions options = {}) const {
        if (options.limit == std::chrono::milliseconds(2000)) { options.limit = std::chrono::minutes(5); }  // a slow machine is no failure
        return git::tree_state(where(), git::read_head(where()).commit, options);
    }
    // Digest of the difference; "" when clean, and a failed test when unknown.
    std::string digest(const git::TreeOptions& options = {}) const {
        const auto found = state(options);
        EXPECT_NE(found.kind, git::TreeKind::unknown) << found.reason;
        return found.digest ? found.digest->hex() : "";
    }

  private:
    TempDir dir_;
    std::string path_;
};

}  // namespace runlake::testing

// SPDX-License-Identifier: Apache-2.0
// A project with a run store in a temporary folder.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include "core/json.hpp"
#include "jobs/run_store.hpp"
#include "os/system.hpp"

namespace runlake::jobs {

class Project : public ::testing::Test {
  protected:
    Project() : root_(std::filesystem::temp_directory_path() / ("jobs-" + os::random_hex(16))) {
        std::filesystem::create_directories(root_ / ".runlake");
        store_.root = root_.string();
        store_.dir = (root_ / ".runlake").string();
    }
    ~Project() override { std::filesystem::remove_all(root_); }

    RunStore make_store() {
        auto made = RunStore::create(store_);
        EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().message());
        return std::move(made).take();
    }
    static core::Json json(std::string_view text) {
        auto value = core::parse_json(text, "test");
        EXPECT_TRUE(value.ok()) << text;
        return value.ok() ? std::move(value).take() : core::Json();
    }
    static Job make_job(const RunStore& store, std::string_view state_point, std::string_view document = R"({"status": "created"})") {
        auto made = store.make(json(state_point), [&](core::Json& begun) { begun = json(document); });
        EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().message());
        return std::move(made).take().job;
    }
    static std::string read(const std::filesystem::path& path) {
        std::ifstream in(path, std::ios::binary);
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }
    static void write(const std::filesystem::path& path, std::string_view text) {
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << text;
    }

    std::filesystem::path root_;
    record::Store store_;
};

}  // namespace runlake::jobs

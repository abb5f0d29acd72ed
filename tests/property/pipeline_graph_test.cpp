// SPDX-License-Identifier: Apache-2.0
// Laws of graphs, on random pipelines: the order is topological, and overlaps and needs are those that comparing every pair finds.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/text.hpp"
#include "pipeline/graph.hpp"
#include "pipeline/path_index.hpp"
#include "pipeline/resolve.hpp"
#include "tests/support/random.hpp"

namespace runlake::pipeline {
namespace {

using testing::Random;

// Few names, so that paths meet often.
std::string random_path(Random& random) {
    static const std::vector<std::string> k_names{"a", "b", "ab", "c.csv", ".h"};
    std::string path;
    for (std::size_t parts = 1 + random.below(4); parts > 0; --parts) { path += (path.empty() ? "" : "/") + random.pick(k_names); }
    return path + (random.chance(3) ? "/" : "");
}

std::string random_read(Random& random) {
    static const std::vector<std::string> k_parts{"a", "b", "*", "**", "a*", "?", "[ab]", "c.*", ".*", "*b"};
    if (random.chance(2)) { return random_path(random); }
    std::string path;
    for (std::size_t parts = 1 + random.below(4); parts > 0; --parts) { path += (path.empty() ? "" : "/") + random.pick(k_parts); }
    return path + (random.chance(4) ? "/" : "");
}

std::string plain(const std::string& path) { return path.ends_with('/') ? path.substr(0, path.size() - 1) : path; }
bool lies_in(const std::string& path, const std::string& folder) { return path.starts_with(folder + "/"); }

TEST(PathIndex, FindsTheOverlapsThatComparingEveryPairFinds) {
    Random random;
    for (int round = 0; round < 3'000; ++round) {
        PathIndex index;
        std::vector<std::string> paths;
        for (std::size_t i = 0; i < 12; ++i) {
            const std::string path = random_path(random);
            std::set<std::size_t> overlapping;
            for (std::size_t j = 0; j < paths.size(); ++j) {
                const std::string a = plain(paths[j]);
                const std::string b = plain(path);
                if (a == b || lies_in(a, b) || lies_in(b, a)) { overlapping.insert(j); }
            }
            const auto found = index.add(path, i);
            ASSERT_EQ(found.has_value(), !overlapping.empty()) << path << " among " << core::join(paths, " ");
            if (found) { ASSERT_TRUE(overlapping.contains(*found)) << path << " and " << paths[*found]; }
            paths.push_back(path);
        }
    }
}

TEST(PathIndex, FindsTheWritesThatComparingEveryPairFinds) {
    Random random;
    for (int round = 0; round < 3'000; ++round) {
        PathIndex index;
        std::vector<std::string> paths;
        for (std::size_t i = 0; i < 12; ++i) {
            paths.push_back(random_path(random));
            index.add(paths.back(), i);
        }
        for (int i = 0; i < 6; ++i) {
            const std::string read = random_read(random);
            std::vector<std::size_t> expected;
            for (std::size_t j = 0; j < paths.size(); ++j) {
                if (is_about(read, paths[j])) { expected.push_back(j); }
            }
            ASSERT_EQ(index.find(read), expected) << read << " among " << core::join(paths, " ");
        }
    }
}

// What a glob means, said by way of core::glob_match: some folder around the file, or the file, is matched.
TEST(Paths, AGlobCoversWhatItMatchesAndAllBelow) {
    Random random;
    for (int round = 0; round < 30'000; ++round) {
        const std::string read = plain(random_read(random));
        const std::string file = plain(random_path(random));
        if (file.find("/.") != std::string::npos || file.starts_with('.') || read.find('.') != std::string::npos) { continue; }
        bool expected = false;
        for (std::size_t end = file.find('/');; end = file.find('/', end + 1)) {
            expected = expected || core::glob_match(read, file.substr(0, end));
            if (end == std::string::npos) { break; }
        }
        // As the last part, "**" also stands for no folder at all.
        if (read.ends_with("/**")) { expected = expected || covers(read.substr(0, read.size() - 3), file); }
        ASSERT_EQ(covers(read, file), expected) << read << " and " << file;
    }
}

std::string random_file(Random& random, std::size_t stages) {
    std::string text = "experiment_key: demo\nstages:\n";
    for (std::size_t i = 0; i < stages; ++i) {
        const std::string name = core::cat("s", i);
        text += core::cat("  ", name, ":\n    command: [x]\n");
        const bool matrix = random.chance(3);
        if (matrix) { text += "    matrix: {k: [1, 2, 3]}\n"; }
        text += core::cat("    writes: [\"", name, matrix ? "/{k}/" : "/", "o.csv\"]\n    reads: [");
        for (std::size_t n = random.below(4); n > 0; --n) {
            const std::size_t from = random.below(stages);
            text += core::cat("\"s", from, random.chance(2) ? "/\", " : "/**/*.csv\", ");
        }
        text += "\"workspace:in.csv\"]\n";
    }
    return text;
}

TEST(Graph, PutsEveryInstanceAfterWhatItNeedsOrNamesACircle) {
    Random random;
    int ordered = 0;
    int circles = 0;
    for (int round = 0; round < 600; ++round) {
        const std::string text = random_file(random, 2 + random.below(10));
        auto file = parse_pipeline(text, "p.yaml", "/nowhere");
        ASSERT_TRUE(file.ok()) << file.error().message() << text;
        const auto resolved = resolve(std::move(file).take(), {});
        ASSERT_TRUE(resolved.ok());
        const auto graph = build_graph(resolved.value());
        if (!graph.ok()) {
            const std::string& message = graph.error().message();
            ASSERT_TRUE(message.find("in a circle") != std::string::npos || message.find("writes itself") != std::string::npos) << message << text;
            ++circles;
            continue;
        }
        ++ordered;
        const std::vector<Instance>& all = graph.value().instances;
        for (std::size_t i = 0; i < all.size(); ++i) {
            std::set<std::size_t> expected;
            for (const DeclaredPath& read : all[i].reads) {
                std::vector<std::size_t> writers;
                for (std::size_t j = 0; j < all.size(); ++j) {
                    const bool about = j != i && std::any_of(all[j].writes.begin(), all[j].writes.end(),
                                                             [&](const DeclaredPath& write) { return write.place == read.place && is_about(read.path, write.path); });
                    if (about) { writers.push_back(j); }
                }
                ASSERT_EQ(read.writers, writers) << text;
                expected.insert(writers.begin(), writers.end());
            }
            ASSERT_EQ(all[i].needs, std::vector<std::size_t>(expected.begin(), expected.end())) << text;
            for (const std::size_t need : all[i].needs) {
                ASSERT_LT(need, i) << text;
                ASSERT_TRUE(std::binary_search(all[need].needed_by.begin(), all[need].needed_by.end(), i)) << text;
            }
        }
    }
    EXPECT_GT(ordered, 50);
    EXPECT_GT(circles, 50);
}

TEST(Graph, KeptConfigurationsGiveTheSameGraph) {
    Random random;
    for (int round = 0; round < 200; ++round) {
        auto file = parse_pipeline(random_file(random, 1 + random.below(6)), "p.yaml", "/nowhere");
        ASSERT_TRUE(file.ok());
        // Params of every kind: their values have to survive being written down.
        core::Json& params = file.value().stages[0].params;
        for (std::size_t n = 0; n < random.below(4); ++n) { params.set(core::cat("p", n), random.json()); }
        const auto first = resolve(std::move(file).take(), {});
        ASSERT_TRUE(first.ok());
        const std::string text = first.value().config_text();
        const auto second = resolve_from_config(text, "/nowhere/p.yaml", {});
        ASSERT_TRUE(second.ok()) << second.error().message() << '\n' << text;
        ASSERT_EQ(second.value().config_text(), text);
        ASSERT_EQ(build_graph(first.value()).ok(), build_graph(second.value()).ok());
    }
}

}  // namespace
}  // namespace runlake::pipeline

// SPDX-License-Identifier: Apache-2.0
// Hashing beside its ideal: N threads that hash the same bytes already in memory. And what unchanged input files cost, beside only looking at them (readdir and
// lstat). Prints ratios of one run, as JSON: of wall time, and of processor time, which a busy machine disturbs less.
//
// Usage: hash_bench [MiB of the large file, default 1024]. All is repeated five times in turn; the best of each counts.
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "fingerprint/file_hash.hpp"
#include "fingerprint/input.hpp"
#include "os/files.hpp"
#include "os/stamp.hpp"
#include "os/system.hpp"
#include "tests/support/temp_dir.hpp"

namespace {

namespace core = runlake::core;
namespace fingerprint = runlake::fingerprint;
namespace os = runlake::os;

struct Took {
    double wall = 1e9;
    double cpu = 1e9;   // of all threads
    void keep_best(const Took& other) {
        wall = std::min(wall, other.wall);
        cpu = std::min(cpu, other.cpu);
    }
};

double cpu_now() {
    struct timespec now {};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

Took measure(const auto& work) {
    const auto begun = std::chrono::steady_clock::now();
    const double cpu = cpu_now();
    work();
    return {.wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count(), .cpu = cpu_now() - cpu};
}

// The least that any cache by stamps has to do.
std::size_t look_at_all(const std::string& folder) {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) { files += os::stat_link(entry.path().string()) && !entry.is_directory() ? 1U : 0U; }
    return files;
}

// The ideal: every thread has its share in memory and hashes it in the same leaves.
void hash_in_memory(const std::string& bytes, int threads) {
    std::vector<std::thread> pool;
    const std::size_t leaves = bytes.size() / fingerprint::k_leaf_bytes;
    for (std::size_t t = 0; t < static_cast<std::size_t>(threads); ++t) {
        pool.emplace_back([&, t] {
            for (std::size_t leaf = t; leaf < leaves; leaf += static_cast<std::size_t>(threads)) {
                static_cast<void>(core::sha256(std::string_view(bytes).substr(leaf * fingerprint::k_leaf_bytes, fingerprint::k_leaf_bytes)));
            }
        });
    }
    for (std::thread& thread : pool) { thread.join(); }
}

[[noreturn]] void fail(std::string_view why) {
    std::fprintf(stderr, "hash_bench: %.*s\n", static_cast<int>(why.size()), why.data());
    std::exit(1);
}

void check(const core::Result<fingerprint::InputReport>& report) {
    if (!report.ok()) { fail(report.error().message()); }
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t mib = argc > 1 ? static_cast<std::size_t>(std::strtoul(argv[1], nullptr, 10)) : 1024;
    const runlake::testing::TempDir dir;
    const int threads = os::usable_processors();

    // The name that the reference computes must be the one that the code gives.
    std::string bytes(mib << 20U, '\0');
    std::uint64_t state = 42;
    for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        for (std::size_t b = 0; b < 8; ++b) { bytes[i + b] = static_cast<char>(state >> (8 * b)); }
    }
    std::ofstream(dir / "large", std::ios::binary) << bytes;
    const auto hash_file = [&](const std::string& path) {
        const auto info = os::stat_path(path);
        auto hashed = fingerprint::hash_files({{.path = path, .stamp = os::Stamp::of(*info)}}, threads, {});
        if (!hashed.ok()) { fail(hashed.error().message()); }
        return hashed.value().front().digest;
    };
    if (hash_file(dir / "large") != fingerprint::hash_as_file(bytes)) { fail("the digest of the large file is wrong"); }
    Took memory;
    Took file;
    for (int round = 0; round < 5; ++round) {
        memory.keep_best(measure([&] { hash_in_memory(bytes, threads); }));
        file.keep_best(measure([&] { hash_file(dir / "large"); }));
    }
    const double gigabytes = static_cast<double>(bytes.size()) / 1e9;
    bytes = std::string();

    std::string small;
    for (const int count : {1000, 10000}) {
        for (int i = 0; i < count; ++i) {
            const std::string folder = core::cat(dir / "small", count, '/', i % 100);
            if (i < 100) { std::filesystem::create_directories(folder); }
            std::ofstream(core::cat(folder, "/f", i)) << "input " << i << '\n';
        }
        fingerprint::InputOptions options;
        options.root = options.working_dir = dir.path();
        options.cache_dir = dir / "digests";
        const std::vector<std::string> inputs = {core::cat("small", count)};
        while (!os::settle(os::stamping_clock_ns() + 20'000'000)) {}
        const Took first = measure([&] { check(fingerprint::input_fingerprint(inputs, options)); });
        Took again;
        Took looked;
        for (int round = 0; round < 5; ++round) {
            again.keep_best(measure([&] {
                auto report = fingerprint::input_fingerprint(inputs, options);
                check(report);
                if (report.value().read_bytes != 0) { fail("unchanged files were read again"); }
            }));
            looked.keep_best(measure([&] {
                if (look_at_all(core::cat(dir / "small", count)) != static_cast<std::size_t>(count)) { fail("files are missing"); }
            }));
        }
        const auto ms = [](double seconds) { return core::format_fixed(seconds * 1e3, 1); };
        small += core::cat(small.empty() ? "" : ", ", "{\"files\": ", count, ", \"first_ms\": ", ms(first.wall), ", \"unchanged_ms\": ", ms(again.wall), ", \"unchanged_cpu_ms\": ",
                           ms(again.cpu), ", \"looked_at_ms\": ", ms(looked.wall), ", \"cpu_ratio_to_looking\": ", core::format_fixed(again.cpu / looked.cpu, 2), '}');
    }
    std::printf("{\"version\": 1, \"threads\": %d, \"mib\": %zu, \"memory_gb_per_s\": %.2f, \"file_gb_per_s\": %.2f, \"ratio\": %.3f, \"cpu_ratio\": %.3f, \"aim\": 0.9, "
                "\"inputs\": [%s]}\n",
                threads, mib, gigabytes / memory.wall, gigabytes / file.wall, memory.wall / file.wall, memory.cpu / file.cpu, small.c_str());
    return 0;
}

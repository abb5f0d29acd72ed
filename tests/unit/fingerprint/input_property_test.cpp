// SPDX-License-Identifier: Apache-2.0
// Random trees: the fingerprint equals that of a plain, single-threaded reading of the recipe, with and without the cache, whatever changes in between.
#include <map>
#include <random>

#include "tests/unit/fingerprint/files.hpp"

namespace runlake::testing {
namespace {

std::string u64(std::uint64_t number) {
    std::string out;
    for (int i = 0; i < 8; ++i) { out += static_cast<char>(number >> (8 * i) & 0xff); }
    return out;
}

// docs/formats/fingerprints.md in a few lines, from std::filesystem alone.
struct Reference {
    static std::string recipe(std::string_view name) { return core::cat('R', u64(name.size()), name); }
    static std::string field(std::string_view name, std::string_view value) { return core::cat('S', u64(name.size()), name, u64(value.size()), value); }
    static std::string absent(std::string_view name) { return core::cat('A', u64(name.size()), name); }

    static std::string file(const std::filesystem::path& path) {
        const std::string bytes = os::read_file(path).value_or("");
        std::string leaves;
        for (std::size_t at = 0; at < bytes.size(); at += 4U << 20U) {
            const auto digest = core::sha256("L" + bytes.substr(at, 4U << 20U)).bytes();
            leaves.append(reinterpret_cast<const char*>(digest.data()), digest.size());
        }
        return core::sha256(recipe("file/1") + field("size", std::to_string(bytes.size())) + field("leaves", leaves)).hex();
    }
    static std::string folder(const std::filesystem::path& path) {
        std::map<std::string, std::string> members;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
            const std::string name = entry.path().lexically_relative(path);
            if (entry.is_symlink()) {
                members[name] = field("kind", "link") + field("content", std::filesystem::canonical(entry.path()).lexically_relative(path).string());
            } else if (entry.is_directory()) {
                members[name] = field("kind", "folder") + absent("content");
            } else {
                members[name] = field("kind", "file") + field("content", file(entry.path()));
            }
        }
        std::string text = recipe("dir/1");
        for (const auto& [name, member] : members) { text += field("path", name) + member; }
        return core::sha256(text).hex();
    }
    static std::string inputs(const Files& files, const std::vector<std::string>& names) {
        std::map<std::string, std::string> roots;
        for (const std::string& name : names) {
            const bool is_folder = std::filesystem::is_directory(files / name);
            roots[name] = field("kind", is_folder ? "folder" : "file") + field("digest", is_folder ? folder(files / name) : file(files / name));
        }
        std::string text = recipe("input/1");
        for (const auto& [name, root] : roots) { text += field("name", name) + root; }
        return "input/1:" + core::sha256(text).hex();
    }
};

TEST(InputProperty, EqualsThePlainReading) {
    const std::uint32_t seed = std::random_device{}();
    SCOPED_TRACE(core::cat("seed ", seed));
    std::mt19937 random(seed);
    const auto pick = [&](std::uint32_t below) { return random() % below; };
    const auto text = [&] {
        const std::size_t sizes[] = {0, 1, 10, 1000, 70000, (4U << 20U) + 17};
        std::string out(sizes[pick(20) == 0 ? 5 : pick(5)], static_cast<char>('a' + pick(26)));
        if (!out.empty()) { out[pick(static_cast<std::uint32_t>(out.size()))] = static_cast<char>(pick(256)); }
        return out;
    };
    const Files files;
    files.folder("d");
    for (int round = 0; round < 30; ++round) {
        for (int edit = 0; edit < 6; ++edit) {
            const std::string name = core::cat("d/", "ab\xc3\xa9z"[pick(5)], pick(3), '/', pick(6));
            switch (pick(6)) {
                case 0: files.remove(name); break;
                case 1: files.remove(std::filesystem::path(name).parent_path().string()); break;
                case 2:
                    files.remove(name);
                    files.write("d/target", "t");
                    files.link("../target", name);
                    break;
                case 3:
                    files.remove(name);
                    files.folder(name);
                    break;
                default:
                    files.remove(name);
                    files.write(name, text());
            }
        }
        files.write("single", text());
        auto options = files.options();
        options.cache_dir = files / "cache";
        options.threads = static_cast<int>(1 + pick(8));
        auto report = fingerprint::input_fingerprint({"single", "d"}, options);
        ASSERT_TRUE(report.ok()) << report.error().message();
        ASSERT_EQ(report.value().fingerprint, Reference::inputs(files, {"d", "single"})) << "round " << round;
    }
}

}  // namespace
}  // namespace runlake::testing

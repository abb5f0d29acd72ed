// SPDX-License-Identifier: Apache-2.0
// Manifests: their text, their digest, and what differs between two of them.
#include "rundir/manifest.hpp"

#include <algorithm>
#include <utility>

#include "core/json.hpp"
#include "core/json_lists.hpp"
#include "core/text.hpp"
#include "rundir/parts.hpp"

namespace runlake::rundir {
namespace {

constexpr std::string_view k_recipe = "manifest/1";
constexpr std::int64_t k_version = 1;

std::optional<ManifestEntry> entry_of(const core::Json& json) {
    const std::optional<std::string> path = json.string_at("path");
    const std::optional<std::int64_t> bytes = json.integer_at("bytes");
    const std::optional<std::string> digest = json.string_at("digest");
    if (!path || !is_tree_path(*path) || !bytes || *bytes < 0 || !digest) { return std::nullopt; }
    const core::Result<core::Digest> parsed = core::Digest::parse(*digest);
    const core::Json* const executable = json.find("executable");
    if (!parsed.ok() || (executable != nullptr && !executable->is_bool())) { return std::nullopt; }
    return ManifestEntry{.path = *path, .bytes = static_cast<std::uint64_t>(*bytes), .digest = parsed.value(), .executable = executable != nullptr && *executable->as_bool()};
}

}  // namespace

bool is_tree_path(std::string_view path) {
    for (const std::string_view part : core::split(path, '/')) {
        if (part.empty() || part == "." || part == "..") { return false; }
    }
    const bool control = std::any_of(path.begin(), path.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    return !control && core::valid_utf8(path) == path;
}

std::uint64_t Manifest::bytes() const {
    std::uint64_t sum = 0;
    for (const ManifestEntry& entry : entries) { sum += entry.bytes; }
    return sum;
}

const ManifestEntry* Manifest::find(std::string_view path) const {
    const auto at = std::lower_bound(entries.begin(), entries.end(), path, [](const ManifestEntry& entry, std::string_view wanted) { return entry.path < wanted; });
    return at != entries.end() && at->path == path ? &*at : nullptr;
}

core::Digest Manifest::digest() const {
    core::FieldHash hash(k_recipe);
    for (const ManifestEntry& entry : entries) {
        hash.field("path", entry.path)
            .field("bytes", std::to_string(entry.bytes))
            .field("digest", entry.digest.hex())
            .field("executable", entry.executable ? "yes" : "no");
    }
    return hash.finish();
}

std::string to_json(const Manifest& manifest) {
    std::string text = core::cat("{\"version\":", k_version, ",\"recipe\":\"", k_recipe, "\",\"files\":\"file/1\",\"digest\":\"", manifest.digest().hex(), "\",\"entries\":[");
    for (std::size_t i = 0; i < manifest.entries.size(); ++i) {
        const ManifestEntry& entry = manifest.entries[i];
        core::Json one = core::Json::object();
        one.set("path", entry.path).set("bytes", entry.bytes).set("digest", entry.digest.hex());
        if (entry.executable) { one.set("executable", true); }
        text += i == 0 ? "\n" : ",\n";
        core::append_json(text, one);
    }
    text += "\n]}\n";
    return text;
}

core::Result<Manifest> parse_manifest(std::string_view text, std::string_view what) {
    RL_ASSIGN(const core::Json json, core::parse_json(text, what));
    RL_TRY(check_version(json, k_version, what));
    const auto refuse = [&](std::string_view why) { return core::Error(core::Errc::corrupt, core::cat("reading ", what, ": ", why)); };
    const core::JsonArray* const list = core::find_list(json, "entries");
    const std::optional<std::string> digest = json.string_at("digest");
    if (list == nullptr || !digest) { return refuse("no manifest"); }
    if (json.string_at("recipe") != k_recipe || json.string_at("files") != "file/1") { return refuse("made by a recipe that is not known"); }
    Manifest manifest;
    manifest.entries.reserve(list->size());
    for (const core::Json& one : *list) {
        std::optional<ManifestEntry> entry = entry_of(one);
        if (!entry) { return refuse(core::cat("entry ", manifest.entries.size() + 1, " is none")); }
        if (!manifest.entries.empty() && manifest.entries.back().path >= entry->path) { return refuse(core::cat("entry ", manifest.entries.size() + 1, " is not in order")); }
        manifest.entries.push_back(std::move(*entry));
    }
    if (manifest.digest().hex() != *digest) { return refuse("its entries are not those that its digest was made of"); }
    return manifest;
}

std::vector<Difference> compare(const Manifest& before, const Manifest& after) {
    std::vector<Difference> differences;
    auto i = before.entries.begin();
    auto j = after.entries.begin();
    while (i != before.entries.end() || j != after.entries.end()) {
        if (j == after.entries.end() || (i != before.entries.end() && i->path < j->path)) {
            differences.push_back({DifferenceKind::missing, i->path, *i, std::nullopt});
            ++i;
        } else if (i == before.entries.end() || j->path < i->path) {
            differences.push_back({DifferenceKind::added, j->path, std::nullopt, *j});
            ++j;
        } else {
            if (*i != *j) { differences.push_back({DifferenceKind::changed, i->path, *i, *j}); }
            ++i;
            ++j;
        }
    }
    return differences;
}

}  // namespace runlake::rundir

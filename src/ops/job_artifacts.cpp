// SPDX-License-Identifier: Apache-2.0
#include "ops/job_artifacts.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "fingerprint/file_hash.hpp"
#include "ledger/concerns.hpp"
#include "os/files.hpp"

namespace runlake::ops {
namespace {

constexpr std::size_t k_most_files = 64;
constexpr std::uint64_t k_most_bytes = 16U << 20U;
constexpr int k_deepest = 8;
constexpr std::array<std::string_view, 5> k_not_ours_to_tell = {"signac_statepoint.json", "signac_job_document.json", "tracker_log", "wandb", "runlake"};

struct Listing {
    std::vector<std::string> paths;    // relative
    std::vector<fingerprint::FileToHash> files;
    std::uint64_t bytes = 0;
};

bool list(const std::string& folder, const std::string& below, int depth, Listing& listing) {
    const auto entries = os::list_dir(os::join_path(folder, below));
    if (!entries.ok() || depth > k_deepest) { return false; }
    for (const os::DirEntry& entry : entries.value()) {
        if (entry.name.starts_with('.') || (below.empty() && std::ranges::find(k_not_ours_to_tell, entry.name) != k_not_ours_to_tell.end())) { continue; }
        const std::string path = below.empty() ? entry.name : below + "/" + entry.name;
        const std::string whole = os::join_path(folder, path);
        const auto info = os::stat_link(whole);
        if (!info) { return false; }
        if (S_ISDIR(info->st_mode)) {
            if (!list(folder, path, depth + 1, listing)) { return false; }
        } else if (S_ISREG(info->st_mode)) {
            listing.bytes += static_cast<std::uint64_t>(info->st_size);
            if (listing.paths.size() == k_most_files || listing.bytes > k_most_bytes) { return false; }
            listing.paths.push_back(path);
            listing.files.push_back({.path = whole, .stamp = os::Stamp::of(*info), .links_may_change = true});
        }
    }
    return true;
}

}  // namespace

std::vector<ledger::ArtifactFact> artifacts_of_folder(const std::string& folder) {
    std::vector<ledger::ArtifactFact> facts;
    Listing listing;
    if (!list(folder, "", 0, listing) || listing.files.empty()) { return facts; }
    const auto hashed = fingerprint::hash_files(listing.files, 1, [] { return false; });
    if (!hashed.ok()) { return facts; }
    for (std::size_t i = 0; i < listing.paths.size(); ++i) {
        const core::Json path = core::Json::object().set("path", core::valid_utf8(listing.paths[i]));
        if (!ledger::concerns_in(path, "").empty()) { continue; }
        facts.push_back({.path = core::valid_utf8(listing.paths[i]), .digest = core::cat("file/1:", hashed.value()[i].digest.hex()), .bytes = listing.files[i].stamp.size});
    }
    std::ranges::sort(facts, {}, &ledger::ArtifactFact::path);
    return facts;
}

}  // namespace runlake::ops

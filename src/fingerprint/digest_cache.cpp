// SPDX-License-Identifier: Apache-2.0
// The cache of digests: shards of fixed-size entries with a checksum.
#include "fingerprint/digest_cache.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::fingerprint {
namespace {

constexpr std::string_view k_magic = "runlake digests 1\n";
constexpr std::size_t k_entry_bytes = 88;
constexpr std::size_t k_checksum_bytes = 4;
constexpr std::int64_t k_network_margin_ns = 60'000'000'000;

template <class Number>
void put(std::string& out, Number number) {
    for (std::size_t i = 0; i < sizeof number; ++i) { out += static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i) & 0xffU); }
}

std::uint64_t take(std::string_view bytes, std::size_t count) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < count; ++i) { number |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i); }
    return number;
}

bool by_file(const CachedDigest& a, const CachedDigest& b) { return a.space != b.space ? a.space < b.space : a.inode < b.inode; }
bool same_file(const CachedDigest& a, const CachedDigest& b) { return a.space == b.space && a.inode == b.inode; }

std::size_t shard_of(std::uint64_t inode) { return static_cast<std::size_t>((inode * 0x9E3779B97F4A7C15U) >> 60U); }

std::vector<CachedDigest> load(const std::string& path) {
    auto bytes = os::read_file(path, k_magic.size() + DigestCache::k_entries_a_shard * k_entry_bytes + k_checksum_bytes);
    if (!bytes.ok()) { return {}; }
    return read_shard(bytes.value()).value_or({});
}

}  // namespace

std::string write_shard(const std::vector<CachedDigest>& sorted) {
    std::string out(k_magic);
    out.reserve(k_magic.size() + sorted.size() * k_entry_bytes + k_checksum_bytes);
    for (const CachedDigest& entry : sorted) {
        put(out, entry.space);
        put(out, entry.inode);
        put(out, entry.size);
        put(out, entry.mtime_ns);
        put(out, entry.ctime_ns);
        put(out, entry.read_at_ns);
        put(out, entry.used_at_s);
        out.append(reinterpret_cast<const char*>(entry.digest.data()), entry.digest.size());
    }
    put(out, core::crc32(out));
    return out;
}

core::Result<std::vector<CachedDigest>> read_shard(std::string_view bytes) {
    const core::Error corrupt(core::Errc::corrupt, "reading a shard of the digest cache: it is not as it was written");
    if (!bytes.starts_with(k_magic) || bytes.size() < k_magic.size() + k_checksum_bytes) { return corrupt; }
    const std::string_view checked = bytes.substr(0, bytes.size() - k_checksum_bytes);
    if ((checked.size() - k_magic.size()) % k_entry_bytes != 0) { return corrupt; }
    if (take(bytes.substr(checked.size()), k_checksum_bytes) != core::crc32(checked)) { return corrupt; }
    std::vector<CachedDigest> entries;
    entries.reserve((checked.size() - k_magic.size()) / k_entry_bytes);
    for (std::string_view rest = checked.substr(k_magic.size()); !rest.empty(); rest.remove_prefix(k_entry_bytes)) {
        CachedDigest entry;
        entry.space = take(rest, 8);
        entry.inode = take(rest.substr(8), 8);
        entry.size = take(rest.substr(16), 8);
        entry.mtime_ns = static_cast<std::int64_t>(take(rest.substr(24), 8));
        entry.ctime_ns = static_cast<std::int64_t>(take(rest.substr(32), 8));
        entry.read_at_ns = static_cast<std::int64_t>(take(rest.substr(40), 8));
        entry.used_at_s = static_cast<std::int64_t>(take(rest.substr(48), 8));
        std::memcpy(entry.digest.data(), rest.data() + 56, entry.digest.size());
        if (!entries.empty() && !by_file(entries.back(), entry)) { return corrupt; }
        entries.push_back(entry);
    }
    return entries;
}

std::string DigestCache::file_of(std::size_t shard) const { return os::join_path(*dir_, std::string(1, "0123456789abcdef"[shard])); }

std::uint64_t DigestCache::space_of(std::uint64_t device) {
    const auto known = spaces_.find(device);
    if (known != spaces_.end()) { return known->second; }
    const core::Digest digest = core::FieldHash("digest-space/1").field("machine", std::string_view(os::machine_id())).field("device", std::string_view(std::to_string(device))).finish();
    std::uint64_t space = 0;
    std::memcpy(&space, digest.bytes().data(), sizeof space);
    spaces_.emplace(device, space);
    return space;
}

bool DigestCache::is_network(const std::string& path, std::uint64_t device) {
    const auto known = networks_.find(device);
    if (known != networks_.end()) { return known->second; }
    auto system = os::file_system_of(path);
    const bool network = !system.ok() || system.value().network;
    networks_.emplace(device, network);
    return network;
}

std::optional<core::Digest> DigestCache::find(const os::Stamp& stamp) {
    if (!dir_) { return std::nullopt; }
    const std::size_t number = shard_of(stamp.inode);
    Shard& shard = shards_[number];
    if (!shard.loaded) {
        shard.entries = load(file_of(number));
        shard.loaded = true;
    }
    CachedDigest wanted;
    wanted.space = space_of(stamp.device);
    wanted.inode = stamp.inode;
    const auto found = std::lower_bound(shard.entries.begin(), shard.entries.end(), wanted, by_file);
    if (found == shard.entries.end() || !same_file(*found, wanted)) { return std::nullopt; }
    const bool same = found->size == stamp.size && found->mtime_ns == stamp.mtime_ns && found->ctime_ns == stamp.ctime_ns;
    if (!same || stamp.newest_ns() >= found->read_at_ns) { return std::nullopt; }
    shard.used.push_back(static_cast<std::size_t>(found - shard.entries.begin()));
    return core::Digest(found->digest);
}

void DigestCache::add(const std::string& path, const os::Stamp& stamp, std::int64_t read_at_ns, const core::Digest& digest) {
    if (!dir_) { return; }
    const std::int64_t margin = is_network(path, stamp.device) ? k_network_margin_ns : 0;
    if (stamp.newest_ns() >= read_at_ns - margin) { return; }
    CachedDigest entry;
    entry.space = space_of(stamp.device);
    entry.inode = stamp.inode;
    entry.size = stamp.size;
    entry.mtime_ns = stamp.mtime_ns;
    entry.ctime_ns = stamp.ctime_ns;
    entry.read_at_ns = read_at_ns;
    entry.digest = digest.bytes();
    shards_[shard_of(stamp.inode)].added.push_back(entry);
}

void DigestCache::save() {
    if (!dir_) { return; }
    const std::int64_t now = os::stamping_clock_ns() / 1'000'000'000;
    bool made = false;
    for (std::size_t number = 0; number < k_shards; ++number) {
        Shard& shard = shards_[number];
        if (shard.added.empty()) { continue; }
        if (!made) {
            if (!os::make_dirs(*dir_, 0777, os::point::digest_cache_write).ok()) { return; }
            made = true;
        }
        std::vector<CachedDigest> entries = std::move(shard.added);
        for (CachedDigest& entry : entries) { entry.used_at_s = now; }
        for (const std::size_t index : shard.used) {
            entries.push_back(shard.entries[index]);
            entries.back().used_at_s = now;
        }
        // What others have written since. Stable, so that ours stand before theirs and stay.
        const std::vector<CachedDigest> theirs = load(file_of(number));
        entries.insert(entries.end(), theirs.begin(), theirs.end());
        std::stable_sort(entries.begin(), entries.end(), by_file);
        entries.erase(std::unique(entries.begin(), entries.end(), same_file), entries.end());
        if (entries.size() > k_entries_a_shard) {
            std::vector<std::int64_t> ages;
            ages.reserve(entries.size());
            for (const CachedDigest& entry : entries) { ages.push_back(entry.used_at_s); }
            // A quarter more than need be goes, so that the next file does not cost this again.
            const std::size_t kept = k_entries_a_shard * 3 / 4;
            const auto oldest_kept = ages.begin() + static_cast<std::ptrdiff_t>(entries.size() - kept);
            std::nth_element(ages.begin(), oldest_kept, ages.end());
            const std::int64_t limit = *oldest_kept;
            std::erase_if(entries, [&](const CachedDigest& entry) { return entry.used_at_s < limit; });
            if (entries.size() > kept) { entries.resize(kept); }
        }
        static_cast<void>(os::publish_file(file_of(number), write_shard(entries), 0666, os::Existing::replace, os::Durability::process, os::point::digest_cache_write));
        shard = Shard{};
    }
}

}  // namespace runlake::fingerprint

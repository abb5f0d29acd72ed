// SPDX-License-Identifier: Apache-2.0
#include "ledger/view_cache.hpp"

#include <algorithm>
#include <charconv>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::ledger {
namespace {

using core::cat;

// The machine is part of it: inodes and times of another one's folders mean nothing here.
std::string head() { return cat("runlake.ledger-cache/1 ", os::machine_id(), '\n'); }
constexpr std::string_view k_tail = "end\n";

std::string path_of(const record::Store& store) { return store.cache() + "/ledger"; }

template <class N>
bool take_number(std::string_view& rest, N& number) {
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc() || end == rest.data() + rest.size() || (*end != ' ' && *end != '\n')) { return false; }
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()) + 1);
    return true;
}

bool take_word(std::string_view& rest, char end, std::string_view& word) {
    const std::size_t at = rest.find(end);
    if (at == std::string_view::npos) { return false; }
    word = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    return true;
}

bool take_file(std::string_view& rest, CachedFile& file) {
    std::size_t size = 0;
    if (!take_word(rest, ' ', file.name) || !take_number(rest, file.stamp.device) || !take_number(rest, file.stamp.inode) || !take_number(rest, file.stamp.size) ||
        !take_number(rest, file.stamp.mtime_ns) || !take_number(rest, file.stamp.ctime_ns) || !take_number(rest, file.stamp.mode) || !take_number(rest, size) ||
        size >= rest.size() || rest[size] != '\n') {
        return false;
    }
    file.text = rest.substr(0, size);
    rest.remove_prefix(size + 1);
    return true;
}

}  // namespace

ViewCache ViewCache::parse(std::string bytes) {
    ViewCache cache;
    cache.bytes_ = std::move(bytes);
    std::string_view rest = cache.bytes_;
    const std::string wanted = head();
    if (!rest.starts_with(wanted) || !rest.ends_with(k_tail)) { return cache; }
    rest.remove_prefix(wanted.size());
    rest.remove_suffix(k_tail.size());
    while (!rest.empty()) {
        std::string_view word;
        CachedFile file;
        const bool is_pack = rest.starts_with("P ");
        if (!is_pack && !rest.starts_with("F ")) { break; }
        rest.remove_prefix(2);
        if (is_pack ? !take_word(rest, '\n', word) : !take_file(rest, file)) { break; }
        if (is_pack) {
            cache.packs_.emplace(word);
        } else if (cache.files_.empty() || cache.files_.back().name < file.name) {
            cache.files_.push_back(file);
        }
    }
    return cache;
}

ViewCache ViewCache::load(const record::Store& store) {
    auto bytes = os::read_file(path_of(store));
    return bytes.ok() ? parse(std::move(bytes).take()) : ViewCache();
}

const CachedFile* ViewCache::find(std::string_view name) const {
    const auto at = std::ranges::lower_bound(files_, name, {}, &CachedFile::name);
    return at != files_.end() && at->name == name ? &*at : nullptr;
}

std::string ViewCache::text_of(const std::vector<CachedFile>& by_name, const std::set<std::string, std::less<>>& packs) {
    std::string out = head();
    for (const std::string& pack : packs) { out.append("P ").append(pack).append(1, '\n'); }
    for (const CachedFile& file : by_name) {
        out += cat("F ", file.name, ' ', file.stamp.device, ' ', file.stamp.inode, ' ', file.stamp.size, ' ', file.stamp.mtime_ns, ' ', file.stamp.ctime_ns, ' ', file.stamp.mode, ' ',
                   file.text.size(), '\n');
        out.append(file.text).append(1, '\n');
    }
    out += k_tail;
    return out;
}

void ViewCache::save(const record::Store& store, const std::vector<CachedFile>& by_name, const std::set<std::string, std::less<>>& packs) {
    // Where nothing is ignored yet (a fresh clone that holds a ledger alone) a cache would show in `git status`.
    if (!os::exists(store.dir + "/.gitignore")) { return; }
    if (!os::make_dirs(store.cache(), 0777, os::point::ledger_cache_write).ok()) { return; }
    static_cast<void>(os::publish_file(path_of(store), text_of(by_name, packs), 0666, os::Existing::replace, os::Durability::process, os::point::ledger_cache_write).ok());
}

}  // namespace runlake::ledger

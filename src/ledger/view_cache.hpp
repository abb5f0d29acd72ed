// SPDX-License-Identifier: Apache-2.0
// <store>/cache/ledger: the compact text of every entry that was read and found good, by the stamp of its file; and the packs that were. Derived: it may be deleted at any
// time, and is believed only as far as stamps agree. For sources of this module only.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "os/stamp.hpp"
#include "record/store.hpp"

namespace runlake::ledger {

struct CachedFile {
    std::string_view name;        // "<folder's number>/<file name>"
    os::Stamp stamp;
    std::string_view text;
};

class ViewCache {
  public:
    static ViewCache load(const record::Store& store);        // what can't be read is empty
    const CachedFile* find(std::string_view name) const;      // null: not there
    bool has_pack(std::string_view name) const { return packs_.contains(name); }
    std::size_t size() const { return files_.size(); }
    std::string take_bytes() && { return std::move(bytes_); }  // what the texts point into

    // Writes another in its place; whatever goes wrong is nobody's business.
    static void save(const record::Store& store, const std::vector<CachedFile>& by_name, const std::set<std::string, std::less<>>& packs);

    // For tests and the fuzzer: the form on disk.
    static std::string text_of(const std::vector<CachedFile>& by_name, const std::set<std::string, std::less<>>& packs);
    static ViewCache parse(std::string bytes);

  private:
    std::string bytes_;
    std::vector<CachedFile> files_;    // by name
    std::set<std::string, std::less<>> packs_;
};

}  // namespace runlake::ledger

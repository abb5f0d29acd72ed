// SPDX-License-Identifier: Apache-2.0
// What the manifests at a remote say together: the content of its files without reading them, and on what this side and it last agreed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sync/manifest.hpp"
#include "sync/tree.hpp"

namespace runlake::sync {

class Knowledge {
  public:
    // Segments of all writers; `writer` is this side.
    Knowledge(const std::vector<Manifest>& segments, const std::string& writer);

    // Entries of this side that came since.
    void add(const std::vector<Entry>& entries);
    // Digests of those files whose size and time an entry has. Where two entries have them and disagree, none is believed.
    void tell(Tree& there) const;

    // What both sides last had of it: from an entry of this side, or from a plan of its that the listing shows to be fulfilled.
    const Entry* agreed(const TreeFile& there) const;
    // This side began to send it and does not know whether it arrived.
    bool is_unfinished(const TreeFile& there) const;
    // This side's entry, whether the listing agrees or not.
    const Entry* own(std::string_view path) const;

  private:
    std::vector<Entry> all_;        // by path
    std::vector<Entry> own_;        // by path, kept ones
    std::vector<Entry> planned_;    // by path, of this side
};

}  // namespace runlake::sync

// SPDX-License-Identifier: Apache-2.0
#include "sync/knowledge.hpp"

#include <algorithm>

namespace runlake::sync {
namespace {

bool by_path(const Entry& a, const Entry& b) { return a.path < b.path; }

const Entry* find(const std::vector<Entry>& sorted, std::string_view path) {
    const auto found = std::lower_bound(sorted.begin(), sorted.end(), path, [](const Entry& a, std::string_view wanted) { return a.path < wanted; });
    return found != sorted.end() && found->path == path ? &*found : nullptr;
}

bool agrees(const Entry& entry, const TreeFile& file) { return entry.bytes == file.attributes.bytes && entry.mtime_ns == file.attributes.mtime_ns; }

}  // namespace

Knowledge::Knowledge(const std::vector<Manifest>& segments, const std::string& writer) {
    for (const Manifest& segment : segments) {
        all_.insert(all_.end(), segment.entries.begin(), segment.entries.end());
        if (segment.writer != writer) { continue; }
        for (const Entry& entry : segment.entries) { (entry.planned ? planned_ : own_).push_back(entry); }
    }
    std::stable_sort(all_.begin(), all_.end(), by_path);
    std::stable_sort(own_.begin(), own_.end(), by_path);
    std::stable_sort(planned_.begin(), planned_.end(), by_path);
}

// All at once: there may be as many as there are files.
void Knowledge::add(const std::vector<Entry>& entries) {
    if (entries.empty()) { return; }
    for (std::vector<Entry>* const sorted : {&all_, &own_}) {
        sorted->insert(sorted->end(), entries.begin(), entries.end());
        std::stable_sort(sorted->begin(), sorted->end(), by_path);
    }
    // Of this side's own the last of a path stands.
    const auto rest = std::unique(own_.rbegin(), own_.rend(), [](const Entry& a, const Entry& b) { return a.path == b.path; });
    own_.erase(own_.begin(), rest.base());
}

void Knowledge::tell(Tree& there) const {
    auto at = all_.begin();
    for (TreeFile& file : there.files) {
        while (at != all_.end() && at->path < file.path) { ++at; }
        bool disagree = false;
        for (auto entry = at; entry != all_.end() && entry->path == file.path; ++entry) {
            if (!agrees(*entry, file)) { continue; }
            disagree = disagree || (file.digest && *file.digest != entry->digest);
            file.digest = entry->digest;
        }
        if (disagree) { file.digest.reset(); }
    }
}

const Entry* Knowledge::agreed(const TreeFile& there) const {
    const Entry* plan = find(planned_, there.path);
    if (plan != nullptr && agrees(*plan, there)) { return plan; }
    return find(own_, there.path);
}

bool Knowledge::is_unfinished(const TreeFile& there) const {
    const Entry* plan = find(planned_, there.path);
    return plan != nullptr && !agrees(*plan, there);
}

const Entry* Knowledge::own(std::string_view path) const { return find(own_, path); }

}  // namespace runlake::sync

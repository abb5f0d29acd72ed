// SPDX-License-Identifier: Apache-2.0
#include "sync/drift.hpp"

#include <utility>

namespace runlake::sync {
namespace {

Difference difference(const TreeFile* here, const TreeFile* there, State state, Newer newer) {
    Difference found;
    found.path = here != nullptr ? here->path : there->path;
    found.state = state;
    found.newer = newer;
    if (here != nullptr) { found.here = here->attributes; }
    if (there != nullptr) { found.there = there->attributes; }
    return found;
}

std::optional<Difference> compare_file(const TreeFile& here, const TreeFile& there, const Knowledge& known) {
    if (here.digest && there.digest && *here.digest == *there.digest) { return std::nullopt; }
    const Entry* const agreed = known.agreed(there);
    if (agreed != nullptr && here.digest && there.digest) {
        if (*there.digest == agreed->digest) { return difference(&here, &there, State::newer, Newer::here); }
        if (*here.digest == agreed->digest) { return difference(&here, &there, State::newer, Newer::there); }
    }
    // Of other bytes, that much is known: a content that was agreed on and is here unchanged was replaced there.
    if (agreed != nullptr && here.digest && !there.digest && *here.digest == agreed->digest && !known.is_unfinished(there)) { return difference(&here, &there, State::newer, Newer::there); }
    // What stands there is what this side left when it was stopped.
    if (here.digest && !there.digest && known.is_unfinished(there)) { return difference(&here, &there, State::newer, Newer::here); }
    return difference(&here, &there, State::differing, Newer::unknown);
}

// Calls with the files of both trees that have one path, or one of them and null, by path.
template <class Visit>
void walk_both(const Tree& here, const Tree& there, Visit visit) {
    auto a = here.files.begin();
    auto b = there.files.begin();
    while (a != here.files.end() || b != there.files.end()) {
        if (b == there.files.end() || (a != here.files.end() && a->path < b->path)) {
            visit(&*a++, nullptr);
        } else if (a == here.files.end() || b->path < a->path) {
            visit(nullptr, &*b++);
        } else {
            visit(&*a++, &*b++);
        }
    }
}

}  // namespace

std::string_view state_name(State state) {
    switch (state) {
        case State::missing: return "missing";
        case State::extra: return "extra";
        case State::newer: return "newer";
        case State::differing: return "differing";
    }
    return "differing";
}

std::vector<Difference> compare(const Tree& here, const Tree& there, const Knowledge& known) {
    std::vector<Difference> found;
    walk_both(here, there, [&](const TreeFile* ours, const TreeFile* theirs) {
        if (theirs == nullptr) {
            found.push_back(difference(ours, nullptr, State::missing, Newer::here));
        } else if (ours == nullptr) {
            found.push_back(difference(nullptr, theirs, State::extra, Newer::there));
        } else if (auto one = compare_file(*ours, *theirs, known)) {
            found.push_back(std::move(*one));
        }
    });
    return found;
}

std::vector<std::size_t> unknown_files(const Tree& here, const Tree& there, const Knowledge& known) {
    std::vector<std::size_t> unknown;
    walk_both(here, there, [&](const TreeFile* ours, const TreeFile* theirs) {
        if (ours == nullptr || theirs == nullptr || theirs->digest) { return; }
        const Entry* const agreed = known.own(theirs->path);
        const bool could_be = theirs->attributes.bytes == ours->attributes.bytes || (agreed != nullptr ? agreed->bytes == theirs->attributes.bytes : theirs->attributes.bytes < ours->attributes.bytes);
        if (could_be) { unknown.push_back(static_cast<std::size_t>(theirs - there.files.data())); }
    });
    return unknown;
}

}  // namespace runlake::sync

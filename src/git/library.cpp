// SPDX-License-Identifier: Apache-2.0
// Loads libgit2 and says its errors in our words.
#include "git/library.hpp"

#include <cstring>
#include <span>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "os/shared_library.hpp"

namespace runlake::git {
namespace {

Library g_library;  // filled once by load_library(), before any handle exists

core::Result<const Library*> load_once() {
    RL_ASSIGN(const auto shared, os::SharedLibrary::load({"libgit2.so." LIBGIT2_SOVERSION}));
    Library loaded;
#define RUNLAKE_GIT_LOOKUP(name)                                            \
    {                                                                       \
        RL_ASSIGN(void* const address, shared.symbol("git_" #name));        \
        std::memcpy(&loaded.name, &address, sizeof address);                \
    }
    RUNLAKE_GIT_FUNCTIONS(RUNLAKE_GIT_LOOKUP)
#undef RUNLAKE_GIT_LOOKUP
    g_library = loaded;
    if (loaded.libgit2_init() < 0) { return core::Error(core::Errc::unsupported, "starting libgit2 failed"); }
    // Trees of other owners (a container's mount, a shared checkout) are looked at too: libgit2 runs no program that a configuration names, and here it
    // only reads. The caller says so in a note.
    loaded.libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    // Objects are found by their own name: hashing each again while it is read protects nothing here and costs as much as the reading.
    loaded.libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
    return &g_library;
}

}  // namespace

core::Result<const Library*> load_library() {
    static const core::Result<const Library*> loaded = load_once();
    return loaded;
}

const Library& library() { return g_library; }

core::Error last_error(std::string_view what) {
    const git_error* const error = g_library.error_last();
    return {core::Errc::io, core::cat(what, ": ", error == nullptr || error->message == nullptr ? "unknown reason" : error->message)};
}

std::string hex_of(const git_oid& id) { return core::to_hex(std::span(id.id, sizeof id.id)); }

}  // namespace runlake::git

// SPDX-License-Identifier: Apache-2.0
#include "sync/database.hpp"

#include <utility>

#include "os/files.hpp"

namespace runlake::sync {

DatabaseHold hold_database(const std::string& path) {
    if (!os::exists(path)) { return std::monostate(); }
    auto lease = os::Lease::take(path + ".lease", {.purpose = "sync"});
    if (!lease.ok()) { return lease.error().code() == core::Errc::busy ? std::string("another process of Runlake uses it") : lease.error().message(); }
    auto lock = os::ReadLock::try_take(path);
    if (!lock.ok()) { return lock.error().message(); }
    if (!lock.value()) { return std::string("another program has it open to write"); }
    // Looked for last: under the lock nobody makes one.
    if (os::exists(path + ".wal")) { return std::string("changes of it are still in its write-ahead log; `lake reconcile` takes them in"); }
    return HeldDatabase{std::move(lease).take(), std::move(*std::move(lock).take())};
}

}  // namespace runlake::sync

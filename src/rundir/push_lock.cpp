// SPDX-License-Identifier: Apache-2.0
#include "rundir/push_lock.hpp"

#include <algorithm>

#include "core/json.hpp"
#include "core/text.hpp"
#include "os/system.hpp"
#include "rundir/parts.hpp"

namespace runlake::rundir {
namespace {

constexpr std::size_t k_token_digits = 32;

}  // namespace

core::Result<PushLock> PushLock::take(const LockPlace& place) {
    const std::string name = core::cat(place.prefix, os::random_hex(k_token_digits));
    core::Json said = core::Json::object();
    said.set("version", 1).set("process", to_json(os::this_process())).set("host", os::host_name());
    RL_TRY(place.put(name, core::to_json(said) + "\n"));
    PushLock lock(place, name);
    RL_ASSIGN(const std::vector<std::string> locks, place.list());
    for (const std::string& other : locks) {
        if (other == name) { continue; }
        const core::Result<std::string> text = place.read(other);
        if (!text.ok()) {
            // Given back since, for which stores have many words.
            RL_ASSIGN(const std::vector<std::string> still, place.list());
            if (std::find(still.begin(), still.end(), other) == still.end()) { continue; }
            return text.error();
        }
        const core::Result<core::Json> holder = core::parse_json(text.value(), other);
        const core::Json nobody = core::Json::object();
        const core::Json& known = holder.ok() ? holder.value() : nobody;
        if (known.find("process") != nullptr && os::liveness(parse_process(known.find("process"))) == os::Liveness::dead) {
            RL_TRY(place.remove({other}));
            continue;
        }
        return core::Error(core::Errc::busy, core::cat(place.what, ": a process on ", known.string_at("host").value_or("an unknown host"), " pushes to it; if that is over for certain, remove the object ", place.shown(other)));
    }
    return lock;
}

PushLock::~PushLock() {
    if (!name_.empty()) { static_cast<void>(place_.remove({name_}).ok()); }
}

}  // namespace runlake::rundir

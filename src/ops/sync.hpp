// SPDX-License-Identifier: Apache-2.0
// `sync now`, `sync durability-status`, `sync durable-push`: the lake and the logs here, and their counterparts at the remote.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "lake/roots.hpp"
#include "record/store.hpp"
#include "sync/exchange.hpp"

namespace runlake::ops {

struct SyncRequest {
    record::Store store;
    sync::Mode mode = sync::Mode::look;
};

struct SyncResponse {
    sync::Mode mode = sync::Mode::look;
    std::optional<lake::Remote> remote;         // nothing: none is configured, and nothing was done
    std::vector<sync::PairReport> roots;
    std::vector<std::string> notes;

    bool has_failures() const;
    // What is not yet as it should be: for a push, what is only there does not count.
    std::size_t open() const;
};

// Errc::usage: variables of a wrong form, or one root in the other. Errc::not_found: the remote root is not there. Errc::busy: another sync works here, or holds the remote's lock.
// Errc::unsupported: no ssh or rclone here. Errc::io: the remote can't be reached.
core::Result<SyncResponse> sync_roots(const SyncRequest& request);
core::Json to_json(const SyncResponse& response);

}  // namespace runlake::ops

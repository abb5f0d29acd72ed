// SPDX-License-Identifier: Apache-2.0
// Any bytes as what an SFTP server says: every packet ends, every reader of one stays inside it.
#include <string>

#include "sync/sftp_packet.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace sftp = runlake::sync::sftp;

RUNLAKE_FUZZ {
    std::string received(text);
    for (bool first = true;; first = false) {
        const std::size_t before = received.size();
        const auto packet = sftp::next_packet(received, first);
        if (!packet.ok() || !packet.value()) { break; }
        DEMAND(received.size() < before);
        const std::string& body = packet.value()->second.body;
        const auto names = sftp::take_names(body);
        if (names.ok()) {
            for (const auto& name : names.value()) { DEMAND(name.name.size() <= body.size()); }
        }
        static_cast<void>(sftp::take_extensions(body).ok());
        DEMAND(sftp::take_status(body).message.size() <= 3 * body.size());
        sftp::Taker taker(body);
        static_cast<void>(sftp::take_attributes(taker));
    }
    const auto names = sftp::take_names(text);
    DEMAND(!names.ok() || names.value().size() * 12 <= text.size());
}

// SPDX-License-Identifier: Apache-2.0
// Files at the other end of `ssh -s HOST sftp`. One connection, on which several threads ask at once.
//
// Not scp, not rsync, no shell: the server's own file calls give names as bytes, creation and renaming that replace nothing, and a continued write, with nothing installed at the remote but its SSH
// server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "sync/files.hpp"

namespace runlake::sync {

struct SshAddress {
    std::string user;
    std::string host;
    std::int64_t port = 22;
};

// The words that start the connection. Nothing of an address is ever read by a shell.
std::vector<std::string> ssh_words(const SshAddress& address);

// unsupported: no ssh here, or a server that can't do what is needed; io: no connection, with what ssh said.
core::Result<std::unique_ptr<Files>> open_sftp(const std::vector<std::string>& words, const std::string& shown, const std::string& root);

}  // namespace runlake::sync

// SPDX-License-Identifier: Apache-2.0
// Packets of the SSH file transfer protocol, version 3 (draft-ietf-secsh-filexfer-02), as OpenSSH speaks it. What comes from the other side is read with care.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sync/files.hpp"

namespace runlake::sync::sftp {

enum Type : std::uint8_t {
    k_init = 1, k_version = 2, k_open = 3, k_close = 4, k_read = 5, k_write = 6, k_lstat = 7, k_fstat = 8, k_fsetstat = 10, k_opendir = 11, k_readdir = 12, k_remove = 13, k_mkdir = 14, k_rename = 18,
    k_status = 101, k_handle = 102, k_data = 103, k_name = 104, k_attrs = 105, k_extended = 200,
};
enum Code : std::uint32_t { k_ok = 0, k_eof = 1, k_no_such_file = 2, k_permission_denied = 3, k_failure = 4, k_unsupported = 8 };

inline constexpr std::size_t k_longest_packet = std::size_t{1} << 20U;

struct Packet {
    std::uint8_t type = 0;
    std::string body;            // after the id
};

class Builder {
  public:
    Builder& number(std::uint32_t value);
    Builder& large(std::uint64_t value);
    Builder& text(std::string_view value);
    std::string take() { return std::move(out_); }

  private:
    std::string out_;
};

// Takes what a packet says piece by piece; once something is missing nothing more is there, and ok() is false.
class Taker {
  public:
    explicit Taker(std::string_view bytes) : rest_(bytes) {}
    std::uint32_t number();
    std::uint64_t large();
    std::string_view text();
    bool ok() const { return ok_; }
    bool at_end() const { return rest_.empty(); }

  private:
    std::string_view take(std::size_t count);
    std::string_view rest_;
    bool ok_ = true;
};

// Attributes as they stand in a packet. A size or time that is not told is 0.
Attributes take_attributes(Taker& taker);
// Of a `name` packet. corrupt.
core::Result<std::vector<Named>> take_names(std::string_view body);
// Of a `version` packet: the names of its extensions. corrupt; unsupported: an older version than 3.
core::Result<std::vector<std::string>> take_extensions(std::string_view body);

struct Status {
    std::uint32_t code = k_failure;
    std::string message;
};
Status take_status(std::string_view body);

// Cuts what was received into packets: the next one, or nothing yet. corrupt: one longer than any server sends, or without an id.
core::Result<std::optional<std::pair<std::uint32_t, Packet>>> next_packet(std::string& received, bool is_first);

}  // namespace runlake::sync::sftp

// SPDX-License-Identifier: Apache-2.0
// Reading a file of a run: plain or packed, as one document or line by line, with the digest of its bytes taken on the way.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace runlake::lake {

struct InputLimits {
    std::uint64_t document_bytes = std::uint64_t{256} << 20U;  // of one JSON document when unpacked
    std::uint64_t line_bytes = std::uint64_t{16} << 20U;       // of one line of JSON lines
};

// A file as an extractor sees it. document(), lines() or digest_only() is called once.
class FileInput {
  public:
    FileInput(std::string path, bool is_packed, InputLimits limits = {}) : path_(std::move(path)), is_packed_(is_packed), limits_(limits) {}

    // The whole text. Errc::corrupt: larger than the limit, or damaged gzip. Errc::not_found, Errc::io: it can't be read.
    core::Result<std::string> document();

    // Each line without its end, in order, counted from 1; the last one may lack its end. Holds one line at a time, whatever the size of the file. A line that is larger than the limit is
    // visited as `too_long` with its beginning. The visitor's error ends the reading.
    struct Line {
        std::uint64_t number;
        std::string_view text;
        bool too_long;
    };
    core::Status lines(const std::function<core::Status(const Line&)>& visit);

    // The digest alone, of the bytes as they are on disk.
    core::Status digest_only();

    // Of the file's bytes as they are on disk, in hex; after document() or lines() has succeeded.
    const std::string& sha256() const { return sha256_; }
    std::uint64_t bytes() const { return bytes_; }
    const std::string& path() const { return path_; }  // for what another library reads

  private:
    // The text of a file that is small enough to be read and unpacked at one go; nothing for others.
    core::Result<std::optional<std::string>> whole();
    // Hands on what is unpacked, piece by piece.
    core::Status pieces(const std::function<core::Status(std::string_view)>& take);

    std::string path_;
    bool is_packed_;
    InputLimits limits_;
    std::string sha256_;
    std::uint64_t bytes_ = 0;
};

}  // namespace runlake::lake

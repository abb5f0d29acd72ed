// SPDX-License-Identifier: Apache-2.0
#include "lake/file_input.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "core/digest.hpp"
#include "core/gunzip_stream.hpp"
#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::lake {
namespace {

constexpr std::size_t k_piece = 256U * 1024U;

}  // namespace

core::Status FileInput::pieces(const std::function<core::Status(std::string_view)>& take) {
    RL_ASSIGN(const auto file, os::open_read(path_));
    static_cast<void>(::posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL));
    core::Sha256 hash;
    core::GunzipStream unpack;
    std::vector<char> buffer(k_piece);
    for (;;) {
        const auto got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) { return os::system_error(errno, "reading", path_); }
        if (got == 0) { break; }
        const std::string_view piece(buffer.data(), static_cast<std::size_t>(got));
        hash.update(piece);
        bytes_ += piece.size();
        RL_TRY(is_packed_ ? unpack.feed(piece, take) : take(piece));
    }
    if (is_packed_) { RL_TRY(unpack.finish()); }
    sha256_ = hash.finish().hex();
    return core::ok();
}

core::Status FileInput::digest_only() {
    is_packed_ = false;
    return pieces([](std::string_view) { return core::ok(); });
}

core::Result<std::string> FileInput::document() {
    std::string text;
    RL_TRY(pieces([&](std::string_view piece) -> core::Status {
        if (text.size() + piece.size() > limits_.document_bytes) {
            return core::Error(core::Errc::corrupt, core::cat("it is larger than a document may be: ", limits_.document_bytes, " bytes"));
        }
        text += piece;
        return core::ok();
    }));
    return text;
}

core::Status FileInput::lines(const std::function<core::Status(const Line&)>& visit) {
    std::string held;        // the beginning of a line whose end has not come yet
    bool too_long = false;
    bool open = false;       // something of a line was seen
    std::uint64_t number = 0;
    const auto end_line = [&](std::string_view rest) -> core::Status {
        ++number;
        if (too_long || held.size() + rest.size() > limits_.line_bytes) {
            held.append(rest.substr(0, held.size() < 200 ? 200 - held.size() : 0));
            RL_TRY(visit({number, core::cut_utf8(held, 200), true}));
        } else if (held.empty()) {
            RL_TRY(visit({number, rest, false}));
        } else {
            held += rest;
            RL_TRY(visit({number, held, false}));
        }
        held.clear();
        too_long = false;
        open = false;
        return core::ok();
    };
    const auto take = [&](std::string_view piece) -> core::Status {
        for (std::size_t at = piece.find('\n'); at != std::string_view::npos; at = piece.find('\n')) {
            RL_TRY(end_line(piece.substr(0, at)));
            piece.remove_prefix(at + 1);
        }
        if (piece.empty()) { return core::ok(); }
        open = true;
        if (too_long || held.size() + piece.size() > limits_.line_bytes) {
            too_long = true;
            held.append(piece.substr(0, held.size() < 200 ? 200 - held.size() : 0));
            held.resize(std::min<std::size_t>(held.size(), 200));
        } else {
            held += piece;
        }
        return core::ok();
    };
    RL_TRY(pieces(take));
    return open ? end_line({}) : core::ok();
}

}  // namespace runlake::lake

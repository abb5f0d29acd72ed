// SPDX-License-Identifier: Apache-2.0
#include "lake/file_input.hpp"

#include <fcntl.h>
#include <libdeflate.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>

#include "core/digest.hpp"
#include "core/gunzip_stream.hpp"
#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::lake {
namespace {

constexpr std::size_t k_piece = 256U * 1024U;
constexpr std::size_t k_whole_packed = std::size_t{32} << 20U;    // larger packed files are unpacked piece by piece
constexpr std::size_t k_whole_unpacked = std::size_t{64} << 20U;

// Fills the buffer as far as the file goes.
core::Result<std::size_t> read_some(int file, char* into, std::size_t room, const std::string& path) {
    std::size_t filled = 0;
    while (filled < room) {
        const auto got = ::read(file, into + filled, room - filled);
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) { return os::system_error(errno, "reading", path); }
        if (got == 0) { break; }
        filled += static_cast<std::size_t>(got);
    }
    return filled;
}

struct FreeDecompressor {
    void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
};

// A packed text of one member at one go. Nothing where it is large, of several members, or damaged: the stream reads those, and says what is wrong.
std::optional<std::string> unpacked_at_once(std::string_view packed, std::uint64_t limit) {
    constexpr std::size_t k_least = 18;  // of any gzip file
    if (packed.size() < k_least) { return std::nullopt; }
    std::uint32_t size = 0;  // the last four bytes, little-endian, say how large it is
    for (std::size_t i = 0; i < 4; ++i) { size |= static_cast<std::uint32_t>(static_cast<unsigned char>(packed[packed.size() - 4 + i])) << (8 * i); }
    if (size > k_whole_unpacked || size > limit) { return std::nullopt; }
    thread_local const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(libdeflate_alloc_decompressor());
    if (!decompressor) { return std::nullopt; }
    std::string text(size, '\0');
    std::size_t used = 0;
    std::size_t made = 0;
    const auto result = libdeflate_gzip_decompress_ex(decompressor.get(), packed.data(), packed.size(), text.data(), text.size(), &used, &made);
    if (result != LIBDEFLATE_SUCCESS || used != packed.size() || made != text.size()) { return std::nullopt; }
    return text;
}

}  // namespace

core::Status FileInput::pieces(const std::function<core::Status(std::string_view)>& take) {
    RL_ASSIGN(const auto file, os::open_read(path_));
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) { return os::system_error(errno, "looking at", path_); }
    // One byte more than there should be, so that a small file is known to have ended. A large buffer costs more than reading a small file does.
    const std::size_t room = std::min(k_piece, static_cast<std::size_t>(std::max<off_t>(info.st_size, 0)) + 1);
    if (room == k_piece) { static_cast<void>(::posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL)); }
    core::Sha256 hash;
    std::optional<core::GunzipStream> unpack;
    if (is_packed_) { unpack.emplace(); }
    const auto buffer = std::make_unique_for_overwrite<char[]>(room);
    for (;;) {
        RL_ASSIGN(const auto got, read_some(file.get(), buffer.get(), room, path_));
        const std::string_view piece(buffer.get(), got);
        hash.update(piece);
        bytes_ += got;
        if (got > 0) { RL_TRY(unpack ? unpack->feed(piece, take) : take(piece)); }
        if (got < room) { break; }
    }
    if (unpack) { RL_TRY(unpack->finish()); }
    sha256_ = hash.finish().hex();
    return core::ok();
}

// Small files in one piece.
core::Result<std::optional<std::string>> FileInput::whole() {
    RL_ASSIGN(const auto file, os::open_read(path_));
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) { return os::system_error(errno, "looking at", path_); }
    const auto size = static_cast<std::size_t>(std::max<off_t>(info.st_size, 0));
    if (size > k_whole_packed || size > limits_.document_bytes) { return std::optional<std::string>(); }
    // A byte more than it should have: a file that grows meanwhile is read piece by piece.
    std::string bytes(size + 1, '\0');
    RL_ASSIGN(const auto got, read_some(file.get(), bytes.data(), bytes.size(), path_));
    if (got > size) { return std::optional<std::string>(); }
    bytes.resize(got);
    std::optional<std::string> text;
    if (is_packed_) {
        text = unpacked_at_once(bytes, limits_.document_bytes);
        if (!text) { return text; }
    }
    bytes_ = got;
    sha256_ = core::sha256(bytes).hex();
    return is_packed_ ? std::move(text) : std::optional(std::move(bytes));
}

core::Status FileInput::digest_only() {
    is_packed_ = false;
    return pieces([](std::string_view) { return core::ok(); });
}

core::Result<std::string> FileInput::document() {
    RL_ASSIGN(auto small, whole());
    if (small) { return std::move(*small); }
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

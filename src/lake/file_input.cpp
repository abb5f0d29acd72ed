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
constexpr std::size_t k_small = 16U * 1024U;                      // fits on the stack
constexpr std::size_t k_whole_packed = std::size_t{32} << 20U;    // larger packed files are unpacked piece by piece
constexpr std::size_t k_whole_unpacked = std::size_t{64} << 20U;
constexpr std::size_t k_lines_packed = std::size_t{1} << 20U;     // and of JSON lines, which need not be in memory at once
constexpr std::size_t k_lines_unpacked = std::size_t{4} << 20U;

// Fills the buffer as far as the file goes. One that ends where it should, of which more was asked for, needs not be asked again.
core::Result<std::size_t> read_some(int file, char* into, std::size_t room, std::size_t expected, const std::string& path) {
    std::size_t filled = 0;
    while (filled < room && (filled == 0 || filled != expected)) {
        const auto got = ::read(file, into + filled, room - filled);
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) { return os::system_error(errno, "reading", path); }
        if (got == 0) { break; }
        filled += static_cast<std::size_t>(got);
    }
    return filled;
}

core::Result<std::size_t> size_of(int file, const std::string& path) {
    struct stat info {};
    if (::fstat(file, &info) != 0) { return os::system_error(errno, "looking at", path); }
    return static_cast<std::size_t>(std::max<off_t>(info.st_size, 0));
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
    if (size > limit) { return std::nullopt; }
    thread_local const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(libdeflate_alloc_decompressor());
    if (!decompressor) { return std::nullopt; }
    std::string text(size, '\0');
    std::size_t used = 0;
    std::size_t made = 0;
    const auto result = libdeflate_gzip_decompress_ex(decompressor.get(), packed.data(), packed.size(), text.data(), text.size(), &used, &made);
    if (result != LIBDEFLATE_SUCCESS || used != packed.size() || made != text.size()) { return std::nullopt; }
    return text;
}

struct WholeFile {
    std::string text;       // unpacked
    std::string sha256;     // of the bytes on disk
    std::uint64_t bytes = 0;
};

// A file that is small, read and unpacked at one go; nothing for others.
core::Result<std::optional<WholeFile>> read_whole(const std::string& path, bool is_packed, std::uint64_t most_on_disk, std::uint64_t most_unpacked) {
    RL_ASSIGN(const auto file, os::open_read(path));
    RL_ASSIGN(const auto size, size_of(file.get(), path));
    if (size > most_on_disk) { return std::optional<WholeFile>(); }
    // A byte more than it should have: a file that grows meanwhile is read piece by piece.
    std::string bytes(size + 1, '\0');
    RL_ASSIGN(const auto got, read_some(file.get(), bytes.data(), bytes.size(), size, path));
    if (got > size) { return std::optional<WholeFile>(); }
    bytes.resize(got);
    WholeFile whole;
    if (is_packed) {
        auto text = unpacked_at_once(bytes, most_unpacked);
        if (!text) { return std::optional<WholeFile>(); }
        whole.text = std::move(*text);
    }
    whole.bytes = got;
    whole.sha256 = core::sha256(bytes).hex();
    if (!is_packed) { whole.text = std::move(bytes); }
    return std::optional(std::move(whole));
}

}  // namespace

core::Status FileInput::pieces(const std::function<core::Status(std::string_view)>& take) {
    RL_ASSIGN(const auto file, os::open_read(path_));
    RL_ASSIGN(const auto expected, size_of(file.get(), path_));
    // One byte more than there should be, so that a small file is known to have ended. A large buffer costs more than reading a small file does.
    const std::size_t room = std::min(k_piece, expected + 1);
    if (room == k_piece) { static_cast<void>(::posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL)); }
    core::Sha256 hash;
    std::optional<core::GunzipStream> unpack;
    if (is_packed_) { unpack.emplace(); }
    char small[k_small];
    const auto large = room > k_small ? std::make_unique_for_overwrite<char[]>(room) : nullptr;
    char* const buffer = large ? large.get() : &small[0];
    for (;;) {
        RL_ASSIGN(const auto got, read_some(file.get(), buffer, room, expected, path_));
        const std::string_view piece(buffer, got);
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
    RL_ASSIGN(auto read, read_whole(path_, is_packed_, std::min<std::uint64_t>(k_whole_packed, limits_.document_bytes), std::min<std::uint64_t>(k_whole_unpacked, limits_.document_bytes)));
    if (!read) { return std::optional<std::string>(); }
    bytes_ = read->bytes;
    sha256_ = std::move(read->sha256);
    return std::optional(std::move(read->text));
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
    // To set up the stream costs more than a small file does.
    std::optional<WholeFile> small;
    if (is_packed_) {
        RL_ASSIGN(small, read_whole(path_, true, k_lines_packed, k_lines_unpacked));
    }
    if (small) {
        bytes_ = small->bytes;
        sha256_ = std::move(small->sha256);
        RL_TRY(take(small->text));
    } else {
        RL_TRY(pieces(take));
    }
    return open ? end_line({}) : core::ok();
}

}  // namespace runlake::lake

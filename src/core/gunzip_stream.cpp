// SPDX-License-Identifier: Apache-2.0
#include "core/gunzip_stream.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

namespace runlake::core {
namespace {

constexpr int k_gzip_window = 15 + 16;  // the largest window, and a gzip header

}  // namespace

struct GunzipStream::State {
    State() { usable = inflateInit2(&stream, k_gzip_window) == Z_OK; }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        if (usable) { inflateEnd(&stream); }
    }

    z_stream stream{};
    std::array<char, 64 * 1024> out{};
    bool usable = false;
    bool in_member = false;   // a member was begun and has not ended
    bool any_member = false;  // one has ended
    bool in_padding = false;  // zero bytes after the last member, as tapes have them
};

GunzipStream::GunzipStream() : state_(std::make_unique<State>()) {}
GunzipStream::GunzipStream(GunzipStream&&) noexcept = default;
GunzipStream& GunzipStream::operator=(GunzipStream&&) noexcept = default;
GunzipStream::~GunzipStream() = default;

Status GunzipStream::feed(std::string_view packed, const Sink& sink) {
    State& state = *state_;
    if (!state.usable) { return Error(Errc::internal, "unpacking: zlib can't be used"); }
    while (!packed.empty()) {
        if (!state.in_member) {
            if (state.any_member && packed.front() == '\0') { state.in_padding = true; }
            if (state.in_padding) {
                if (packed.find_first_not_of('\0') != std::string_view::npos) { return Error(Errc::corrupt, "something follows its compressed bytes"); }
                return ok();
            }
            if (state.any_member && inflateReset(&state.stream) != Z_OK) { return Error(Errc::internal, "unpacking: zlib can't be used again"); }
            state.in_member = true;
        }
        const std::size_t piece = std::min<std::size_t>(packed.size(), std::numeric_limits<uInt>::max());
        // zlib does not write to what it reads.
        state.stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
        state.stream.avail_in = static_cast<uInt>(piece);
        int answer = Z_OK;
        do {
            state.stream.next_out = reinterpret_cast<Bytef*>(state.out.data());
            state.stream.avail_out = static_cast<uInt>(state.out.size());
            answer = inflate(&state.stream, Z_NO_FLUSH);
            if (answer != Z_OK && answer != Z_STREAM_END && answer != Z_BUF_ERROR) {
                return Error(Errc::corrupt, "its compressed bytes are damaged");
            }
            const std::size_t made = state.out.size() - state.stream.avail_out;
            if (made > 0) { RL_TRY(sink({state.out.data(), made})); }
        } while (answer != Z_STREAM_END && (state.stream.avail_in > 0 || state.stream.avail_out == 0));
        packed.remove_prefix(piece - state.stream.avail_in);
        if (answer == Z_STREAM_END) {
            state.in_member = false;
            state.any_member = true;
        }
    }
    return ok();
}

Status GunzipStream::finish() {
    if (state_->in_member) { return Error(Errc::corrupt, "its compressed bytes are cut off"); }
    if (!state_->any_member) { return Error(Errc::corrupt, "it is empty, and no gzip"); }
    return ok();
}

}  // namespace runlake::core
